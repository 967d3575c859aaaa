import type { Page } from '@playwright/test';
import { expect, passages, rerank, stampOf } from './fixtures.ts';
import {
  downloadsOf,
  dropNetworkErrors,
  expectInUse,
  inUse,
  load,
  loadModel,
  logitsOf,
  lookUp,
  openModelsView,
  openPage,
  progressOf,
  readReferenceLogits,
  scoringWorkers,
  test,
} from './hub.ts';

const reference = readReferenceLogits();
/** As in src/engine/families.test.ts; WebGPU as the self-test accepts it. */
const tolerances = { fp32: 1e-3, int8: 0.02, webgpu: 0.01 } as const;

const families = [
  { name: 'bert', model: 'test/bert-tiny', int8: 'q8' },
  { name: 'xlm-roberta', model: 'test/xlm-r-tiny', int8: 'int8' },
  { name: 'modernbert', model: 'test/modernbert-tiny', int8: 'int8' },
] as const;

function expectedLogits(family: string, weights: 'fp32' | 'int8'): readonly number[] {
  const model = reference.models.find(({ options }) => options.includes(`--family ${family} `));
  return (model?.rows ?? []).map((row) => row[weights]);
}

function largestDifference(logits: readonly number[], expected: readonly number[]): number {
  expect(logits.length).toBeGreaterThan(0);
  return Math.max(...logits.map((logit, at) => Math.abs(logit - (expected[at] ?? Number.NaN))));
}

for (const { name, model, int8 } of families) {
  test(`${name} loads from the hub and gives the reference logits on WASM`, async ({
    page,
    hub,
  }) => {
    await openPage(page);
    for (const dtype of ['fp32', int8] as const) {
      const loaded = await loadModel(page, { model, dtype, host: hub.url, device: 'wasm' });
      expect(loaded).toMatchObject({ model, dtype, device: 'wasm', maxLength: 128, stepDowns: [] });
      expect(loaded.revision).toMatch(/^[0-9a-f]{40}$/);
      const logits = await logitsOf(page, reference.pairs);
      const weights = dtype === 'fp32' ? 'fp32' : 'int8';
      const difference = largestDifference(logits, expectedLogits(name, weights));
      expect(difference, dtype).toBeLessThanOrEqual(tolerances[weights]);
    }
  });
}

test('all families give the reference logits on WebGPU', async ({ page, hub }) => {
  test.setTimeout(600_000);
  await openPage(page);
  const pairs = reference.pairs.slice(0, 2);
  for (const { name, model } of families) {
    const loaded = await loadModel(page, { model, dtype: 'fp32', host: hub.url, device: 'webgpu' });
    expect(loaded).toMatchObject({ model, dtype: 'fp32', device: 'webgpu' });
    expect(loaded.selfTest).toMatchObject({ verdict: 'passed' });
    const logits = await logitsOf(page, pairs);
    const difference = largestDifference(logits, expectedLogits(name, 'fp32'));
    expect(difference, name).toBeLessThanOrEqual(tolerances.webgpu);
  }
});

test('weights outside the graph file are fetched with it', async ({ page, hub }) => {
  await openPage(page);
  await loadModel(page, { model: 'test/xlm-r-tiny', dtype: 'fp32', host: hub.url, device: 'wasm' });
  expect(downloadsOf(hub, 'onnx/model.onnx')).toHaveLength(1);
  expect(downloadsOf(hub, 'onnx/model.onnx_data')).toHaveLength(1);
  expect(downloadsOf(hub, 'onnx/model_int8.onnx')).toHaveLength(0);
});

/** Loads that must fail, what they fail with, and what the message names. */
const refusals: readonly {
  readonly what: string;
  readonly model: string;
  readonly revision?: string;
  readonly code: string;
  readonly says: readonly string[];
}[] = [
  {
    what: 'an id with odd characters',
    model: 'test/../bert tiny?<b>',
    code: 'invalid-request',
    says: ['test/../bert tiny?<b>', 'owner/name'],
  },
  {
    what: 'an id that is a path',
    model: '../../etc/passwd',
    code: 'invalid-request',
    says: ['../../etc/passwd'],
  },
  {
    what: 'an id that no repository has (401)',
    model: 'test/nobody',
    code: 'access-denied',
    says: ['test/nobody', 'no model of this name'],
  },
  {
    what: 'a revision that there is not (404)',
    model: 'test/bert-tiny',
    revision: 'v9',
    code: 'model-not-found',
    says: ['test/bert-tiny', 'v9'],
  },
  {
    what: 'a model for another task',
    model: 'test/wrong-task',
    code: 'model-unsupported',
    says: ['test/wrong-task', 'BertForMaskedLM'],
  },
  {
    what: 'a classifier with two labels',
    model: 'test/two-labels',
    code: 'model-unsupported',
    says: ['test/two-labels', '2 labels'],
  },
  {
    what: 'a model without a tokenizer',
    model: 'test/no-tokenizer',
    code: 'model-unsupported',
    says: ['tokenizer.json', 'test/no-tokenizer'],
  },
  {
    what: 'weights that are text',
    model: 'test/not-a-model',
    code: 'model-unsupported',
    says: ['onnx/model.onnx', 'test/not-a-model'],
  },
];

test('what is no model of a hub is refused by code and name, and the model before goes on working', async ({
  page,
  hub,
  watch,
}) => {
  await openPage(page);
  const before = await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  for (const { what, code, says, ...options } of refusals) {
    await test.step(what, async () => {
      const refused = await load(page, { ...options, host: hub.url });
      expect(refused.code).toBe(code);
      for (const words of says) expect(refused.message).toContain(words);
      await expectUnchanged(page, before.model);
    });
  }
  dropNetworkErrors(watch.pageErrors);
});

test('weights that break in the worker are refused, and the model before comes back by itself', async ({
  page,
  hub,
}) => {
  await openPage(page);
  const before = await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  hub.clearRequests();
  const refused = await load(page, { model: 'test/truncated', host: hub.url });
  expect(refused.code).toBe('model-corrupt');
  expect(refused.message).toContain('test/truncated/model_quantized.onnx is cut off');
  await expectUnchanged(page, before.model);
  expect(hub.requests.filter(({ path }) => path.includes('bert-tiny'))).toEqual([]);
});

test.describe('a gated repository', () => {
  test.use({ hubOptions: { gated: { 'test/modernbert-tiny': 'secret' } } });

  test('is refused with access-denied and its name', async ({ page, hub, watch }) => {
    await openPage(page);
    const refused = await load(page, { model: 'test/modernbert-tiny', host: hub.url });
    expect(refused.code).toBe('access-denied');
    expect(refused.message).toContain('test/modernbert-tiny');
    expect(refused.message).toContain('HTTP 401');
    await expectUnchanged(page, 'crossrank-tiny-en-zh');
    dropNetworkErrors(watch.pageErrors);
  });
});

test('a web page in place of the weights is refused, named, and not kept', async ({
  page,
  hub,
}) => {
  await openPage(page);
  hub.faults.add({ match: 'model_quantized.onnx', kind: 'html' });
  const refused = await load(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  expect(refused.code).toBe('model-corrupt');
  expect(refused.message).toContain('a web page instead of the file onnx/model_quantized.onnx');
  await expectUnchanged(page, 'crossrank-tiny-en-zh');
  hub.faults.clear();
  await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
});

test('a host that answers every address with a web page is refused', async ({ page, hub }) => {
  await openPage(page);
  hub.faults.add({ match: '', kind: 'html' });
  const refused = await load(page, { model: 'test/bert-tiny', host: hub.url });
  expect(refused.code).toBe('model-corrupt');
  expect(refused.message).toContain(`${new URL(hub.url).host} answered a web page`);
  await expectUnchanged(page, 'crossrank-tiny-en-zh');
});

test('a redirect that leads to itself is refused', async ({ page, hub, watch }) => {
  await openPage(page);
  hub.faults.add({ match: 'model_quantized.onnx', kind: 'redirect-loop' });
  const refused = await load(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  expect(refused.code).toBe('download-failed');
  expect(refused.message).toContain('model_quantized.onnx');
  dropNetworkErrors(watch.pageErrors);
});

for (const where of ['/api/models/', 'model_quantized.onnx']) {
  test(`"too many requests" is waited for as the hub says, then goes on: ${where}`, async ({
    page,
    hub,
    watch,
  }) => {
    await openPage(page);
    const headers = { 'Retry-After': '1' };
    hub.faults.add({ match: where, kind: 'status', status: 429, headers, times: 1 });
    await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
    const asked = hub.requests.filter(({ path }) => path.includes(where));
    expect(asked[0]?.status).toBe(429);
    expect(asked.filter(({ status }) => status === 429)).toHaveLength(1);
    dropNetworkErrors(watch.pageErrors);
  });
}

test.describe('a mirror that has files and no API', () => {
  test.use({ hubOptions: { redirect: false } });

  test('serves a model all the same', async ({ page, hub, watch }) => {
    await openPage(page);
    hub.faults.add({ match: '/api/', kind: 'status', status: 404, body: 'Not found' });
    const options = { model: 'test/bert-tiny', host: hub.url, device: 'wasm' } as const;
    const report = await load(page, options);
    expect(report.value).toMatchObject({ model: 'test/bert-tiny', dtype: 'q8' });
    const { loaded, totals } = progressOf(report);
    expect(new Set(totals).size).toBe(1);
    expect(loaded.at(-1)).toBe(totals[0]);
    const logits = await logitsOf(page, reference.pairs);
    const difference = largestDifference(logits, expectedLogits('bert', 'int8'));
    expect(difference).toBeLessThanOrEqual(tolerances.int8);
    dropNetworkErrors(watch.pageErrors);
  });
});

test('the catalog begins with bge-reranker-v2-m3, and each row says what it is', async ({
  page,
}) => {
  await page.goto('./');
  const cards = await page.evaluate(() => window.crossrank.catalog());
  expect(cards[0]?.id).toBe('onnx-community/bge-reranker-v2-m3-ONNX');
  expect(cards[0]?.aliases).toContain('BAAI/bge-reranker-v2-m3');
  expect(cards.length).toBeGreaterThan(10);
  expect(new Set(cards.map(({ id }) => id)).size).toBe(cards.length);
  for (const { id, licence, builds, maxLength, languages } of cards) {
    expect(id, id).not.toBe('');
    expect(licence, id).toHaveProperty('commercialUse');
    expect(builds.length, id).toBeGreaterThan(0);
    for (const { bytes, path } of builds) {
      expect(bytes, `${id} ${path}`).toBeGreaterThan(0);
    }
    expect(maxLength, id).toBeGreaterThanOrEqual(128);
    expect(languages.length, id).toBeGreaterThan(0);
  }
});

test('a self-test that fails steps down visibly, is remembered, and is not tried again', async ({
  page,
  hub,
  context,
}) => {
  const model = 'test/wrong-reference';
  await openPage(page);
  const report = await load(page, { model, host: hub.url, device: 'wasm' });
  const step = {
    from: { device: 'wasm', dtype: 'q8' },
    to: { device: 'wasm', dtype: 'fp32' },
    code: 'self-test-failed',
  };
  // Nothing is left below fp32: it is loaded, with its verdict.
  expect(report.value).toMatchObject({ dtype: 'fp32', selfTest: { verdict: 'differs' } });
  expect(report.value?.stepDowns).toMatchObject([step]);
  expect(report.value?.fallbackReason).toContain('Pair 1');
  const steps = report.events.filter((event) => event.type === 'stepping-down');
  expect(steps.map((event) => event.step)).toMatchObject([step]);
  expect(report.events.map(({ type }) => type).filter((type) => type === 'testing')).toHaveLength(
    2,
  );
  expect(report.events.at(-1)?.type).toBe('ready');

  const selfTests = await page.evaluate(async () => {
    const [kept] = await window.crossrank.models();
    return kept?.selfTests ?? [];
  });
  expect(selfTests).toMatchObject([
    { dtype: 'q8', verdict: 'differs', against: 'model-files' },
    { dtype: 'fp32', verdict: 'differs', against: 'model-files' },
  ]);

  await page.close();
  const next = await context.newPage();
  await openPage(next);
  hub.clearRequests();
  const again = await load(next, { model, device: 'wasm' });
  expect(again.value).toMatchObject({ dtype: 'fp32', stepDowns: [] });
  expect(again.events.some(({ type }) => type === 'stepping-down')).toBe(false);
  expect(hub.requests).toEqual([]);
});

test('the dtype that is asked for is the one that is fetched and loaded', async ({ page, hub }) => {
  await openPage(page);
  const options = { model: 'test/bert-tiny', host: hub.url, device: 'wasm' } as const;
  expect(await loadModel(page, { ...options, dtype: 'fp32' })).toMatchObject({ dtype: 'fp32' });
  expect(downloadsOf(hub, 'onnx/model_quantized.onnx')).toHaveLength(0);
  expect(await loadModel(page, { ...options, dtype: 'q8' })).toMatchObject({ dtype: 'q8' });
});

test('weights that cannot run on the chosen device are refused before any download', async ({
  page,
  hub,
}) => {
  await openPage(page);
  const options = { model: 'test/bert-tiny', host: hub.url } as const;
  const onGpu = await load(page, { ...options, device: 'webgpu', dtype: 'fp16' });
  expect(onGpu.code).toBe('device-unsuitable');
  expect(onGpu.message).toContain('test/bert-tiny');
  const missing = await load(page, { ...options, dtype: 'q4' });
  expect(missing.code).toBe('device-unsuitable');
  expect(missing.message).toContain('It has: fp32, int8, q8');
  expect(hub.requests.filter(({ path }) => path.includes('.onnx'))).toEqual([]);
  await expectUnchanged(page, 'crossrank-tiny-en-zh');
});

test('unloading gives the worker back, and the next rerank loads the model again', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  await expect.poll(() => scoringWorkers(page).length).toBe(1);
  await page.evaluate(() => window.crossrank.unload());
  await expect.poll(() => scoringWorkers(page).length).toBe(0);
  expect(await page.evaluate(() => window.crossrank.model)).toBe(null);
  hub.clearRequests();
  const result = await page.evaluate(() =>
    window.crossrank.rerank({ query: 'what is panda?', documents: ['a bear', 'a road'] }),
  );
  expect(result).toMatchObject({ model: 'test/bert-tiny', device: 'wasm' });
  await expect.poll(() => scoringWorkers(page).length).toBe(1);
  expect(hub.requests).toEqual([]);
});

test('another model replaces the worker of the one before', async ({ page, hub }) => {
  await openPage(page);
  const [before] = scoringWorkers(page);
  await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  await expect.poll(() => scoringWorkers(page).length).toBe(1);
  expect(scoringWorkers(page)[0]).not.toBe(before);
});

test('switching models while scoring cancels cleanly, and the new model answers', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  const [scoring, result] = await page.evaluate(
    async ({ documents, host }) => {
      const { crossrank } = window;
      const controller = new AbortController();
      let begun = (): void => undefined;
      const underWay = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const pending = crossrank.rerank({
        query: 'loan office',
        documents,
        signal: controller.signal,
        onEvent: ({ type }) => type === 'scoring' && begun(),
      });
      const ending = pending.then(
        () => 'done',
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : 'other'),
      );
      await underWay;
      controller.abort();
      await crossrank.load({ model: 'test/modernbert-tiny', host });
      return [
        await ending,
        await crossrank.rerank({ query: 'what is panda?', documents: ['a bear', 'a road'] }),
      ] as const;
    },
    { documents: passages(2000), host: hub.url },
  );
  expect(scoring).toBe('aborted');
  expect(result).toMatchObject({ model: 'test/modernbert-tiny' });
  expect(result.ranking).toHaveLength(2);
});

test('a model that is looked up in the page replaces the one that is scoring, and the run is cancelled', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await rerank(page, 'loan office', passages(1500));
  await expect(page.getByText(/of 1,500 scored/)).toBeVisible();
  await openModelsView(page);
  await lookUp(page, hub.url, 'test/bert-tiny');
  await page.getByRole('button', { name: /^Download .+ and load: .*bert-tiny$/ }).click();
  await expectInUse(page, 'bert-tiny');
  await expect(inUse(page)).toContainText('Self-test passed');
  await page.getByRole('link', { name: 'Rerank', exact: true }).click();
  await expect(page.getByText(/^Cancelled: [\d,]+ of 1,500 documents are scored/)).toBeVisible();
  await rerank(page, 'what is panda?', ['a bear', 'a road']);
  await expect(stampOf(page)).toContainText('test/bert-tiny');
});

test('the page refuses a repository by its name and says why', async ({ page, hub, watch }) => {
  await openPage(page);
  await openModelsView(page);
  await lookUp(page, hub.url, 'test/two-labels');
  await expect(page.getByRole('alert')).toContainText('test/two-labels');
  await lookUp(page, hub.url, 'test/nobody');
  await expect(page.getByRole('alert')).toContainText('test/nobody');
  await expectInUse(page, 'crossrank-tiny-en-zh');
  dropNetworkErrors(watch.pageErrors);
});

test('the host may be typed without a slash too many, and other addresses are refused', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await loadModel(page, { model: 'test/bert-tiny', host: `${hub.url}/`, device: 'wasm' });
  for (const host of ['http://example.com', 'ftp://example.com', 'https://u:p@example.com', ' ']) {
    const refused = await load(page, { model: 'test/modernbert-tiny', host });
    expect(refused.code, host).toBe('invalid-request');
  }
});

/** The model in use answers at once: nothing is loaded, and nothing is said of a load. */
async function expectUnchanged(page: Page, model: string): Promise<void> {
  const { result, types } = await page.evaluate(async () => {
    const seen: string[] = [];
    const answer = await window.crossrank.rerank({
      query: 'what is panda?',
      documents: ['The panda is a bear.', 'Paris is the capital of France.'],
      onEvent: ({ type }) => seen.push(type),
    });
    return { result: answer, types: seen };
  });
  expect(result.model).toBe(model);
  expect(result.ranking).toHaveLength(2);
  expect([...new Set(types)]).toEqual(['scoring']);
}

test('another device takes the weights that are here, int8 too, and asks nobody', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await loadModel(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  await page.evaluate((host) => {
    const common = { version: 1, language: 'en', theme: 'auto', device: 'auto' };
    const settings = JSON.stringify({ ...common, model: 'test/bert-tiny', host });
    localStorage.setItem('crossrank.settings', settings);
  }, hub.url);
  await page.reload();
  await openPage(page);
  expect(await page.evaluate(() => window.crossrank.model?.dtype)).toBe('q8');

  hub.clearRequests();
  await page.getByRole('button', { name: /Model and device/ }).click();
  await page.getByRole('radio', { name: /^WebGPU/ }).check();
  await expect(page.getByRole('button', { name: /Model and device/ })).toContainText('WebGPU · q8');
  expect(await rerankOne(page)).toMatchObject({ dtype: 'q8', device: 'webgpu' });
  expect(hub.requests.filter(({ path }) => path.endsWith('.onnx'))).toEqual([]);
});

function rerankOne(page: Page) {
  return page.evaluate(() => window.crossrank.rerank({ query: 'a', documents: ['b'] }));
}
