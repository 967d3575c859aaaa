import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { load, logitsOf, openPage, readModelFile, readReferenceLogits } from './hub.ts';

const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model_int8.onnx'];
const { pairs, models } = readReferenceLogits();
const rows = models.find(({ options }) => options.includes('xlm-roberta'))?.rows ?? [];
/** A handful of short ones: a software adapter takes its time. */
const short = pairs.slice(0, 5);
const exact = rows.slice(0, 5).map(({ fp32 }) => fp32);

test('a dynamically quantised model gives its logits on WASM and on WebGPU', async ({ page }) => {
  test.setTimeout(300_000);
  await openPage(page);
  await importInt8(page, 'my-reranker');
  for (const device of ['wasm', 'webgpu'] as const) {
    await test.step(device, async () => {
      const options = { model: 'my-reranker', dtype: 'int8', device } as const;
      const { value, message } = await load(page, options);
      expect(value, message).toMatchObject({ model: 'my-reranker', dtype: 'int8', device });
      expect(['passed', 'unchecked']).toContain(value?.selfTest?.verdict);
      const logits = await logitsOf(page, short);
      expect(logits).toHaveLength(exact.length);
      expect(farthest(logits, exact)).toBeLessThanOrEqual(0.1);
    });
  }
});

test('the logits of a dynamically quantised model do not depend on the other documents', async ({
  page,
}) => {
  await openPage(page);
  await importInt8(page, 'my-reranker');
  const { message } = await load(page, { model: 'my-reranker', dtype: 'int8', device: 'wasm' });
  expect(message).toBe('');
  const query = 'what is panda?';
  const documents = pairs.map(([, document]) => document);
  const alone = await logitsOf(
    page,
    documents.map((document) => [query, document] as const),
  );
  const together = await page.evaluate(
    async (request) => {
      const { ranking } = await window.crossrank.rerank(request);
      return ranking.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
    },
    { query, documents },
  );
  // Each pair is run by itself: bit by bit the same.
  expect(together).toEqual(alone);
});

/** Brings the int8 build of the XLM-R test model, and no other, as a folder from disk. */
function importInt8(page: Page, name: string): Promise<void> {
  const encoded = files.map((file) => ({
    path: file,
    base64: readModelFile('test/xlm-r-tiny', file).toString('base64'),
  }));
  return page.evaluate(
    async ([folder, brought]) => {
      const parts = brought.map(({ path, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        return { path, blob: new Blob([bytes]) };
      });
      await window.crossrank.importModel({ name: folder, files: parts });
    },
    [name, encoded] as const,
  );
}

function farthest(some: readonly number[], others: readonly number[]): number {
  return Math.max(...some.map((value, at) => Math.abs(value - (others[at] ?? Number.NaN))));
}
