// The native ONNX Runtime on perfectly packed batches: a process that bench/speed starts and sends
// its orders to. `open` makes a session of a graph, `prepare` finds the fastest packing of pairs,
// `run` does what bare.worker.mjs does in the browser: session.run, batch after batch, and nothing
// else.

import { createRequire } from 'node:module';
import {
  fillBatches,
  findPacking,
  packBatches,
  paddedShareOf,
  runBatches,
  samplePairs,
} from '../speed/packed-batches.mjs';

/**
 * As in reference-logits.mjs: installed in this folder only, with the web runtime's interface.
 * @type {typeof import('onnxruntime-web')}
 */
const ort = createRequire(import.meta.url)('onnxruntime-node');

/** @typedef {import('../speed/packed-batches.mjs').TokenRow} TokenRow */
/**
 * @typedef {{ open: { file: string, threads: number } } | { prepare: { pairs: TokenRow[] } } |
 *   { run: true }} Order
 */

/** @type {import('onnxruntime-web').InferenceSession | null} */
let session = null;
/** @type {{ filled: import('../speed/packed-batches.mjs').FilledBatch[], count: number } | null} */
let prepared = null;

process.on('message', async (/** @type {Order} */ order) => {
  try {
    process.send?.(await answer(order));
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});

/** @param {Order} order */
async function answer(order) {
  if ('open' in order) {
    const { file, threads } = order.open;
    session = await ort.InferenceSession.create(file, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
    return {};
  }
  if (session === null) throw new Error('No model is open.');
  if ('prepare' in order) return prepare(session, order.prepare.pairs);
  if (prepared === null) throw new Error('Nothing was prepared.');
  return runBatches(session, prepared.filled, prepared.count);
}

/**
 * @param {import('onnxruntime-web').InferenceSession} on
 * @param {TokenRow[]} pairs
 */
async function prepare(on, pairs) {
  const fill = (
    /** @type {readonly TokenRow[]} */ some,
    /** @type {import('../speed/packed-batches.mjs').Packing} */ how,
  ) => fillBatches(ort, on, some, packBatches(lengthsOf(some), how));
  const sample = samplePairs(pairs, 'cpu');
  const packing = await findPacking(lengthsOf(sample), 'cpu', async (tried) => {
    const { ms } = await runBatches(on, fill(sample, tried), sample.length);
    return ms;
  });
  const lengths = lengthsOf(pairs);
  prepared = { filled: fill(pairs, packing), count: pairs.length };
  return { paddedShare: paddedShareOf(packBatches(lengths, packing), lengths), packing };
}

/** @param {readonly TokenRow[]} pairs */
function lengthsOf(pairs) {
  return pairs.map(({ ids }) => ids.length);
}
