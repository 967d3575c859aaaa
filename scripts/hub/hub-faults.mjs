// What can go wrong between a hub and a browser, to be switched on while the hub runs.

/** @typedef {'hub' | 'cdn'} HostName */
/**
 * @typedef {object} FaultScope
 * @property {RegExp | string} match on the path of the URL as it was asked for, the same on hub and
 *   CDN; a string is found anywhere in it
 * @property {number} [times] answers to spoil; default: for ever. What spoils bytes alone counts
 *   answers with bytes: no redirect to the CDN, no HEAD
 * @property {HostName} [host] default: both
 */
/**
 * In place of the answer:
 * - `status`: this one, for example 429 with `headers: { 'Retry-After': '1' }`
 * - `html`: 200 and a page, as a captive portal or a wrong address gives
 * - `redirect-loop`: 302 to the same URL
 * @typedef {{ kind: 'status', status: number, headers?: Record<string, string>, body?: string }
 *   | { kind: 'html' }
 *   | { kind: 'redirect-loop' }} AnswerFault
 */
/**
 * In the answer's bytes; several of them may come together:
 * - `cut`: the socket is destroyed after so many bytes of this answer, if it is longer
 * - `stall`: nothing after so many bytes of this answer, until the client leaves
 * - `slow`: at most so many bytes per second
 * - `wrong-bytes`: the byte in the middle of the file is inverted; size and ETag say nothing
 * - `short`: the file ends early (default: in its middle), and every length agrees with that
 * - `no-range`: ranges are unknown here, the answer is 200 with everything
 * - `no-length`: no Content-Length
 * @typedef {{ kind: 'cut', afterBytes: number }
 *   | { kind: 'stall', afterBytes: number }
 *   | { kind: 'slow', bytesPerSecond: number }
 *   | { kind: 'wrong-bytes' }
 *   | { kind: 'short', bytes?: number }
 *   | { kind: 'no-range' }
 *   | { kind: 'no-length' }} BytesFault
 */
/**
 * From now on the file is another one, with another ETag and commit, as after a new upload;
 * `content` is the new text (default: every byte inverted). Where `match` also fits the address with
 * the old commit, the file changes there, too, which the real hub never does. Holds on both hosts,
 * and until it is removed: `host` and `times` mean nothing here.
 * @typedef {{ kind: 'changed', content?: string }} ChangedFault
 */
/** @typedef {FaultScope & (AnswerFault | BytesFault | ChangedFault)} Fault */
/** @typedef {Fault['kind']} FaultKind */
/**
 * @typedef {object} Faults
 * @property {(fault: Fault) => () => void} add answers from now on; returns what removes it
 * @property {() => void} clear removes all
 */
/**
 * What one answer does wrong with its bytes.
 * @typedef {object} BytesPlan
 * @property {number} cutAfter Infinity where it does not
 * @property {number} stallAfter Infinity where it does not
 * @property {number} bytesPerSecond Infinity where it does not
 * @property {boolean} invertMiddle
 * @property {(bytes: number) => number} sizeOf how long a file of this size is said to be
 * @property {boolean} ignoreRange
 * @property {boolean} hideLength
 */

/** @typedef {ReturnType<typeof createFaults>} FaultList */

/** The faults of one hub, and which of them an answer meets. */
export function createFaults() {
  /** @type {{ fault: Fault, left: number }[]} */
  let active = [];

  /**
   * @template {FaultKind} K
   * @param {readonly K[]} kinds
   * @param {HostName} host
   * @param {string} pathname
   */
  const find = (kinds, host, pathname) =>
    active.flatMap((entry) => {
      const { fault, left } = entry;
      if (left <= 0 || (fault.host ?? host) !== host || !matches(fault.match, pathname)) return [];
      return isOneOf(fault, kinds) ? [{ entry, fault }] : [];
    });

  return {
    /** @type {Faults['add']} */
    add(fault) {
      const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      active.push(entry);
      return () => {
        active = active.filter((other) => other !== entry);
      };
    },

    clear() {
      active = [];
    },

    /**
     * The first one that replaces the answer, counted.
     * @param {HostName} host
     * @param {string} pathname
     */
    takeAnswer(host, pathname) {
      const [first] = find(answerKinds, host, pathname);
      if (first === undefined) return null;
      first.entry.left -= 1;
      return first.fault;
    },

    /**
     * All that spoil the bytes, together.
     * @param {HostName} host
     * @param {string} pathname
     * @param {boolean} counted false for HEAD
     * @returns {BytesPlan}
     */
    takeBytes(host, pathname, counted) {
      const found = find(bytesKinds, host, pathname);
      if (counted) for (const { entry } of found) entry.left -= 1;
      return planOf(found.map(({ fault }) => fault));
    },

    /**
     * The newest upload of a file; null where it is as it was.
     * @param {string} pathname
     */
    changeOf(pathname) {
      return find(changedKinds, 'hub', pathname).at(-1)?.fault ?? null;
    },
  };
}

/** @satisfies {readonly FaultKind[]} */
const answerKinds = /** @type {const} */ (['status', 'html', 'redirect-loop']);
/** @satisfies {readonly FaultKind[]} */
const bytesKinds = /** @type {const} */ ([
  'cut',
  'stall',
  'slow',
  'wrong-bytes',
  'short',
  'no-range',
  'no-length',
]);
/** @satisfies {readonly FaultKind[]} */
const changedKinds = /** @type {const} */ (['changed']);

/**
 * @template {FaultKind} K
 * @param {Fault} fault
 * @param {readonly K[]} kinds
 * @returns {fault is Extract<Fault, { kind: K }>}
 */
function isOneOf(fault, kinds) {
  return kinds.some((kind) => kind === fault.kind);
}

/**
 * @param {RegExp | string} match
 * @param {string} pathname
 */
function matches(match, pathname) {
  // `search`, because `test` remembers where it was in an expression with the flag g.
  return typeof match === 'string' ? pathname.includes(match) : pathname.search(match) >= 0;
}

/**
 * @param {readonly BytesFault[]} faults
 * @returns {BytesPlan}
 */
function planOf(faults) {
  /** @type {BytesPlan} */
  const plan = {
    cutAfter: Number.POSITIVE_INFINITY,
    stallAfter: Number.POSITIVE_INFINITY,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    invertMiddle: false,
    sizeOf: (bytes) => bytes,
    ignoreRange: false,
    hideLength: false,
  };
  for (const fault of faults) {
    switch (fault.kind) {
      case 'cut':
        plan.cutAfter = fault.afterBytes;
        break;
      case 'stall':
        plan.stallAfter = fault.afterBytes;
        break;
      case 'slow':
        plan.bytesPerSecond = fault.bytesPerSecond;
        break;
      case 'wrong-bytes':
        plan.invertMiddle = true;
        break;
      case 'short':
        plan.sizeOf = (bytes) => Math.min(bytes, fault.bytes ?? Math.floor(bytes / 2));
        break;
      case 'no-range':
        plan.ignoreRange = true;
        break;
      case 'no-length':
        plan.hideLength = true;
        break;
      default:
        /** @type {never} */ (fault);
    }
  }
  return plan;
}
