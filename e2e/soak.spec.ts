import { countWorkerMemory, rerankAgain, workerMemory } from '../bench/speed/worker-memory.mjs';
import { expect, openRanked, test } from './fixtures.ts';

// `npm run bench:soak` does this a thousand times, and looks at heaps and processes as well.

test('reranking again and again takes no more WebAssembly memory', async ({ page }) => {
  await countWorkerMemory(page);
  await openRanked(page);
  const plan = { device: 'wasm', documents: 8, words: 60 } as const;
  await rerankAgain(page, { ...plan, runs: 20 });
  const before = await workerMemory(page);
  expect(before.wasmBytes).toBeGreaterThan(0);
  await rerankAgain(page, { ...plan, runs: 60 }, 20);
  const after = await workerMemory(page);
  expect(after.wasmBytes).toBe(before.wasmBytes);
});

test('reranking again and again leaves no buffer on the GPU', async ({ page }) => {
  test.setTimeout(300_000);
  await countWorkerMemory(page);
  await openRanked(page);
  // On the software adapter each short pair takes a good part of a second.
  const plan = { device: 'webgpu', documents: 2, words: 3 } as const;
  await rerankAgain(page, { ...plan, runs: 4 });
  const before = await workerMemory(page);
  expect(before.gpuBuffersMade).toBeGreaterThan(0);
  await rerankAgain(page, { ...plan, runs: 12 }, 4);
  const after = await workerMemory(page);
  expect(after.gpuBuffers).toBeLessThanOrEqual(before.gpuBuffers);
  expect(after.gpuBufferBytes).toBeLessThanOrEqual(before.gpuBufferBytes);
});
