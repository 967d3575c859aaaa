import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

test.setTimeout(240_000);

test('WebGPU fetches the smaller build of the runtime where the browser can suspend WebAssembly', async ({
  page,
}) => {
  expect(await runtimesFetchedBy(page)).toEqual(['jspi']);
});

test('WebGPU fetches the larger build where the browser cannot', async ({ page }) => {
  await page.route('**/assets/reranker.worker-*.js', async (route) => {
    const response = await route.fetch();
    const body = `delete WebAssembly.Suspending;\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  expect(await runtimesFetchedBy(page)).toEqual(['asyncify']);
});

/** Builds for WebGPU whose wasm was fetched by the time that two documents are ranked. */
async function runtimesFetchedBy(page: Page): Promise<string[]> {
  const fetched = new Set<string>();
  page.context().on('request', (request) => {
    const build = /\.(jspi|asyncify)-[\w-]+\.wasm$/.exec(request.url())?.[1];
    if (build !== undefined) fetched.add(build);
  });
  await page.goto('./');
  const { device, selfTest, ranking } = await page.evaluate(() => {
    const documents = ['A loan is paid back.', 'Bread is baked in an oven.'];
    return window.crossrank.rerank({ query: 'oven', documents, device: 'webgpu' });
  });
  expect(device).toBe('webgpu');
  expect(selfTest?.verdict).toBe('passed');
  expect(ranking.map(({ index }) => index)).toEqual([1, 0]);
  return [...fetched];
}
