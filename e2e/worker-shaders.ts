import type { Page, Worker } from '@playwright/test';
import { expect } from './fixtures.ts';

/**
 * Makes the model's workers count the shader pipelines that they create. Not an init script:
 * those run in pages only.
 */
export async function countPipelines(page: Page): Promise<void> {
  await page.route('**/assets/reranker.worker-*.js', async (route) => {
    const response = await route.fetch();
    const body = `(${countInWorker})();\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
}

/** Pipelines created so far by the worker that computes on the GPU. */
export async function pipelinesOf(page: Page): Promise<number> {
  const counts = await Promise.all(page.workers().map(countIn));
  const [most = 0] = counts.sort((a, b) => b - a);
  expect(most).toBeGreaterThan(0);
  return most;
}

async function countIn(worker: Worker): Promise<number> {
  if (!worker.url().includes('/reranker.worker-')) return 0;
  return worker.evaluate(() => Number(Reflect.get(globalThis, 'pipelineCount') ?? 0));
}

function countInWorker(): void {
  const device: Partial<GPUDevice> = GPUDevice.prototype;
  let count = 0;
  for (const name of ['createComputePipeline', 'createComputePipelineAsync'] as const) {
    const create = device[name];
    Reflect.set(device, name, function (this: GPUDevice, ...parameters: unknown[]): unknown {
      count++;
      Reflect.set(globalThis, 'pipelineCount', count);
      return Reflect.apply(create ?? (() => undefined), this, parameters);
    });
  }
}
