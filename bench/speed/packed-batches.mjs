// Batches as tight as they get, for the ceiling: made before any clock starts. Not the project's
// planner, which is what is measured.

/** @typedef {{ readonly ids: readonly number[], readonly types: readonly number[] }} TokenRow */
/** @typedef {{ readonly tokenBudget: number, readonly slackTokens: number }} Packing */
/** @typedef {{ readonly rows: readonly number[], readonly width: number }} PackedBatch */
/**
 * The part of a runtime, in the browser or native, that is needed to fill and run batches.
 * @typedef {object} Runtime
 * @property {import('../../src/engine/onnx-session.ts').OnnxRuntime['Tensor']} Tensor
 */
/** @typedef {import('onnxruntime-web').InferenceSession} Session */
/** @typedef {{ feeds: Record<string, import('onnxruntime-web').Tensor>, rows: readonly number[] }} FilledBatch */

/** What is tried to find the fastest packing of a device; the second number is no matter of much. */
const budgets = {
  cpu: [256, 384, 512, 768, 1024, 2048],
  gpu: [2048, 4096, 8192, 16_384, 32_768, 65_536],
};
const usualSlack = 16;
const otherSlacks = [4, 64];

/**
 * Longest pairs first; a batch ends where the next pair would go over the budget, or where padding
 * it would waste more than the slack.
 * @param {readonly number[]} lengths
 * @param {Packing} packing
 * @returns {PackedBatch[]}
 */
export function packBatches(lengths, { tokenBudget, slackTokens }) {
  const order = lengths.map((_, row) => row).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0));
  /** @type {{ rows: number[], width: number }[]} */
  const batches = [];
  let wasted = 0;
  for (const row of order) {
    const length = lengths[row] ?? 0;
    const batch = batches.at(-1);
    if (batch !== undefined) {
      wasted += batch.width - length;
      const fits = (batch.rows.length + 1) * batch.width <= tokenBudget;
      if (fits && wasted <= slackTokens) {
        batch.rows.push(row);
        continue;
      }
    }
    batches.push({ rows: [row], width: length });
    wasted = 0;
  }
  return batches;
}

/**
 * @param {readonly PackedBatch[]} batches
 * @param {readonly number[]} lengths
 */
export function paddedShareOf(batches, lengths) {
  const used = lengths.reduce((sum, length) => sum + length, 0);
  const all = batches.reduce((sum, { rows, width }) => sum + rows.length * width, 0);
  return all === 0 ? 0 : (all - used) / all;
}

/**
 * Pairs that packings are tried on: on a CPU some, evenly taken, are enough.
 * @param {readonly TokenRow[]} pairs
 * @param {'cpu' | 'gpu'} kind
 */
export function samplePairs(pairs, kind) {
  const step = kind === 'cpu' ? Math.max(1, Math.floor(pairs.length / 50)) : 1;
  return pairs.filter((_, at) => at % step === 0);
}

/**
 * The packing that a session is fastest with, measured once each after one run that counts for
 * nothing.
 * @param {readonly number[]} lengths
 * @param {'cpu' | 'gpu'} kind
 * @param {(packing: Packing) => Promise<number>} measure milliseconds
 * @returns {Promise<Packing>}
 */
export async function findPacking(lengths, kind, measure) {
  const longest = Math.max(...lengths);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const sizes = budgets[kind].filter((size) => size >= longest && size / 2 < total);
  let best = { tokenBudget: sizes[0] ?? total, slackTokens: usualSlack };
  let bestMs = Number.POSITIVE_INFINITY;
  const attempt = async (/** @type {Packing} */ packing) => {
    // A GPU compiles each new shape once, and that is no part of the ceiling.
    if (kind === 'gpu') await measure(packing);
    const ms = await measure(packing);
    if (ms < bestMs) [best, bestMs] = [packing, ms];
  };
  await measure(best);
  for (const tokenBudget of sizes) await attempt({ tokenBudget, slackTokens: usualSlack });
  for (const slackTokens of otherSlacks) {
    await attempt({ tokenBudget: best.tokenBudget, slackTokens });
  }
  return best;
}

/**
 * Batches as the session's inputs, complete.
 * @param {Runtime} runtime
 * @param {Session} session
 * @param {readonly TokenRow[]} pairs
 * @param {readonly PackedBatch[]} batches
 * @returns {FilledBatch[]}
 */
export function fillBatches({ Tensor }, session, pairs, batches) {
  return batches.map(({ rows, width }) => {
    /** @type {FilledBatch['feeds']} */
    const feeds = {};
    for (const name of session.inputNames) {
      const values = new Int32Array(rows.length * width);
      rows.forEach((row, line) => {
        const { ids = [], types = [] } = pairs[row] ?? {};
        const source = name === 'input_ids' ? ids : name === 'token_type_ids' ? types : null;
        if (source === null && name !== 'attention_mask') throw new Error(`What is ${name}?`);
        for (const column of ids.keys()) values[line * width + column] = source?.[column] ?? 1;
      });
      const input = session.inputMetadata.find((one) => one.name === name);
      const type = input?.isTensor ? input.type : 'int64';
      const dims = [rows.length, width];
      feeds[name] =
        type === 'int32'
          ? new Tensor('int32', values, dims)
          : new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
    }
    return { feeds, rows };
  });
}

/**
 * The ceiling itself: nothing but `session.run`, batch after batch. Logits are read when the clock
 * has stopped.
 * @param {Session} session
 * @param {readonly FilledBatch[]} filled
 * @param {number} count pairs
 */
export async function runBatches(session, filled, count) {
  const outputs = [];
  const startedAt = performance.now();
  for (const { feeds } of filled) outputs.push(await session.run(feeds));
  const ms = performance.now() - startedAt;
  const logits = new Array(count).fill(Number.NaN);
  for (const [index, { rows }] of filled.entries()) {
    const values = outputs[index]?.logits?.data ?? [];
    for (const [line, row] of rows.entries()) logits[row] = Number(values[line]);
  }
  return { ms, logits };
}
