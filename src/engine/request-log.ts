/** Which part of the app asked. */
export type RequestOrigin =
  | 'page'
  | 'scoring'
  | 'keywords'
  | 'models'
  | 'collections'
  | 'service-worker';

/** One request over the network or to the browser's cache, as the browser itself recorded it. */
export interface SeenRequest {
  readonly url: string;
  readonly from: RequestOrigin;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds until the answer was complete. */
  readonly ms: number;
  /** Bytes of the answer; null where the other host does not tell. */
  readonly bytes: number | null;
  /** HTTP status; null where the other host does not tell, or there was no answer. */
  readonly status: number | null;
  /**
   * Where the answer came from: only `network` left this machine. `service-worker` answers from
   * what it keeps, or asks the network itself, which is a request of its own. Default `network`.
   */
  readonly via?: 'network' | 'cache' | 'service-worker';
}

/** What a worker tells the page beside its calls: those have an id, this has none. */
export interface RequestsMessage {
  readonly type: 'crossrank-requests';
  readonly requests: readonly Omit<SeenRequest, 'from'>[];
}

/** The fields that are read of the browser's record of a request. */
export type RequestRecord = Pick<
  PerformanceResourceTiming,
  | 'name'
  | 'startTime'
  | 'duration'
  | 'transferSize'
  | 'encodedBodySize'
  | 'workerStart'
  | 'nextHopProtocol'
> &
  // Not every browser has these.
  Partial<Pick<PerformanceResourceTiming, 'responseStatus'>> & { readonly deliveryType?: string };

/** The page or worker whose record it is. */
export interface RequestClock {
  /** When its clock began, milliseconds since 1970. */
  readonly timeOrigin: number;
  /** The origin that it comes from. */
  readonly origin: string;
}

/**
 * A request out of the browser's own record; null for what is no request to a host, such as a
 * `blob:` of this page. In doubt it counts as one over the network.
 * Source: https://w3c.github.io/resource-timing/
 */
export function requestOfRecord(
  record: RequestRecord,
  { timeOrigin, origin }: RequestClock,
): Omit<SeenRequest, 'from'> | null {
  const { name, startTime, duration, transferSize, encodedBodySize, responseStatus = 0 } = record;
  if (!/^(?:https?|wss?):/iu.test(name)) return null;
  const isOwn = name.startsWith(`${origin}/`);
  const isCached =
    record.deliveryType === 'cache' || (isOwn && transferSize === 0 && encodedBodySize > 0);
  // The service worker is told of every request; it answers those to its own site, and the others
  // go on over a protocol of the network (which hosts that may not be timed hide, too).
  const isAnsweredHere = record.workerStart > 0 && isOwn && record.nextHopProtocol === '';
  return {
    url: name,
    startedAt: timeOrigin + startTime,
    ms: duration,
    // Hosts that do not allow it to be timed are recorded with zeros.
    bytes: encodedBodySize > 0 ? encodedBodySize : transferSize > 0 ? 0 : null,
    status: responseStatus > 0 ? responseStatus : null,
    via: isAnsweredHere ? 'service-worker' : isCached ? 'cache' : 'network',
  };
}

/** Whether a worker's message may tell of requests; cheap, since every message is asked. */
export function isRequestsMessage(message: unknown): boolean {
  return fieldsOf(message).type === 'crossrank-requests';
}

/** The requests that a worker's message tells of; whatever is not one of them is left out. */
export function requestsIn(message: unknown, from: RequestOrigin): readonly SeenRequest[] {
  const { type, requests } = fieldsOf(message);
  if (type !== 'crossrank-requests' || !Array.isArray(requests)) return [];
  return requests.flatMap((told: unknown) => {
    const { url, startedAt, ms, bytes, status, via } = fieldsOf(told);
    if (typeof url !== 'string' || !isAmount(startedAt) || !isAmount(ms)) return [];
    const request: SeenRequest = {
      url,
      from,
      startedAt,
      ms,
      bytes: isAmount(bytes) ? bytes : null,
      status: isAmount(status) ? status : null,
      via: via === 'cache' || via === 'service-worker' ? via : 'network',
    };
    return [request];
  });
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return {};
  // Any object has every field, if only as undefined.
  return value as Readonly<Record<string, unknown>>;
}
