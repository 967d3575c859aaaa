import type { Page } from '@playwright/test';
import type { CascadeEvent, CascadeResult, CrossrankCascade } from '../src/index.ts';
import { seriousFindings } from './axe.ts';
import { expect, openRanked, passages, rowsOf, stampOf, test } from './fixtures.ts';
import { expectInUse, openModelsView, openPage, readModelFile } from './hub.ts';

const embedded = 'crossrank-tiny-en-zh';
/** A model with random weights, imported from disk: what it says means nothing, but is stable. */
const other = 'my-reranker';
const query = 'loan for an office by the river';
const documents = passages(40);

interface Report {
  readonly result: CascadeResult | null;
  readonly code: string | null;
  readonly events: readonly CascadeEvent[];
}

test('two models in one run: the fast one ranks all, the strong one the best of them', async ({
  page,
}) => {
  await openPage(page);
  await importModel(page);
  const { result, events, code } = await cascade(page, { fast: other, strong: embedded, depth: 5 });
  expect(code).toBeNull();
  expect(result?.fast).toMatchObject({ model: other });
  expect(result?.strong).toMatchObject({ model: embedded });
  expect(result?.strongFailure).toBeNull();

  const ranking = result?.ranking ?? [];
  expect(ranking.map(({ rank }) => rank)).toEqual(documents.map((_, index) => index + 1));
  expect(ranking.map(({ stage }) => stage)).toEqual([
    ...new Array(5).fill('strong'),
    ...new Array(35).fill('fast'),
  ]);
  const byFast = (result?.fast.ranking ?? []).map(({ index }) => index);
  const best = ranking.slice(0, 5).map(({ index }) => index);
  expect(best.toSorted((a, b) => a - b)).toEqual(byFast.slice(0, 5).toSorted((a, b) => a - b));
  expect(ranking.slice(5).map(({ index }) => index)).toEqual(byFast.slice(5));

  // The strong model's order is its own, as if it had been asked for these documents alone.
  const alone = await page.evaluate(
    (request) => window.crossrank.rerank({ ...request, remember: false }),
    { query, documents: byFast.slice(0, 5).map((index) => documents[index] ?? '') },
  );
  expect(alone.model).toBe(embedded);
  expect(best).toEqual(alone.ranking.map(({ index }) => byFast[index]));

  const scoring = events.filter((event) => event.type === 'scoring');
  const done = scoring.map((event) => event.done);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(scoring.every(({ total }) => total === 45)).toBe(true);
  expect(scoring.at(-1)).toMatchObject({ stage: 'strong', done: 45 });

  const workers = page.workers().filter((worker) => worker.url().includes('/reranker.worker'));
  expect(workers).toHaveLength(2);
});

test('a second run is answered from memory, until that is forgotten', async ({ page }) => {
  await openPage(page);
  await importModel(page);
  const models = { fast: other, strong: embedded, depth: 3 };
  const first = await cascade(page, models);
  const second = await cascade(page, models);
  expect(second.result?.ranking).toEqual(first.result?.ranking);
  expect(second.result?.fast.timings).toMatchObject({ remembered: 40, pairs: 0 });
  expect(second.result?.strong?.timings).toMatchObject({ remembered: 3, pairs: 0 });
  await page.evaluate(() => window.crossrank.forgetScores());
  const third = await cascade(page, models);
  const { pairs = 0 } = first.result?.fast.timings ?? {};
  expect(pairs).toBeGreaterThanOrEqual(40);
  expect(third.result?.fast.timings).toMatchObject({ remembered: 0, pairs });
});

test('a cancelled run stops both models, and the next one goes on where it stopped', async ({
  page,
}) => {
  await openPage(page);
  await importModel(page);
  const models = { fast: embedded, strong: other, depth: 10 };
  const cancelled = await cascade(page, models, 'fast');
  expect(cancelled.code).toBe('aborted');
  const scored = cancelled.events.filter((event) => event.type === 'scoring');
  expect(scored).toHaveLength(1);
  const again = await cascade(page, models);
  expect(again.code).toBeNull();
  expect(again.result?.fast.timings.remembered).toBeGreaterThan(0);
  expect(again.result?.strong?.ranking).toHaveLength(10);
});

test('a strong model that is not to be had leaves the ranking of the fast one', async ({
  page,
}) => {
  await openPage(page);
  const { result } = await cascade(page, { fast: embedded, strong: 'Wrong Name!', depth: 3 });
  expect(result?.strong).toBeNull();
  expect(result?.strongFailure?.message).toContain('Wrong Name!');
  expect(result?.ranking.map(({ stage }) => stage)).toEqual(new Array(40).fill('fast'));
  expect(result?.ranking.map(({ index }) => index)).toEqual(
    result?.fast.ranking.map(({ index }) => index),
  );
});

test('what cannot be run is refused with what to pass instead', async ({ page }) => {
  await openPage(page);
  const refused = await cascade(page, { fast: embedded, strong: embedded, depth: 0 });
  expect(refused.code).toBe('invalid-request');
  const nothing = await page.evaluate(
    async (request) => {
      try {
        // What somebody may type in a console.
        await window.crossrank.cascade(request as unknown as CrossrankCascade);
        return 'no error';
      } catch (error) {
        return String(error);
      }
    },
    { query, documents },
  );
  expect(nothing).toContain('fast: { model:');
});

test('unloading ends both workers', async ({ page }) => {
  await openPage(page);
  await importModel(page);
  await cascade(page, { fast: other, strong: embedded, depth: 3 });
  await page.evaluate(() => window.crossrank.unload());
  await expect
    .poll(() => page.workers().filter((worker) => worker.url().includes('/reranker.worker')).length)
    .toBe(0);
});

test('the page offers a cascade once there is a second model, and tells what both stages did', async ({
  page,
}) => {
  await openPage(page);
  await expect(page.getByLabel('Cascade')).toHaveCount(0);
  await useImported(page);
  await page.getByRole('link', { name: 'Rerank', exact: true }).click();
  await page.getByLabel('Cascade').selectOption({ label: `${embedded} first` });
  await page.getByLabel('Scored again').selectOption('10');
  await rank(page, documents);
  await expect(stampOf(page)).toContainText(`then ${other}`, { timeout: 60_000 });
  await expect(stampOf(page)).toContainText(/for 40 documents, my-reranker .* for 10/);
  await expect(stampOf(page)).toContainText('my-reranker for all would take about');

  // The list is what the library says, with a mark over each model's part.
  const { result } = await cascade(page, { fast: embedded, strong: other, depth: 10 });
  const expected = result?.ranking.map(({ index }) => String(index));
  expect(await shownDocuments(page)).toEqual(expected);
  const marks = page.locator('.stage-mark');
  await expect(marks).toHaveText([/^Best 10, scored again by my-reranker$/, /^By crossrank-tiny/]);
  await expect(rowsOf(page).nth(0)).toContainText('Best 10');
  await expect(rowsOf(page).nth(10)).toContainText('alone');

  // Both has two parts as well; BM25 has none.
  await page.getByRole('radio', { name: 'Both' }).check();
  await expect(marks).toHaveCount(2);
  const again = (await shownDocuments(page)).slice(0, 10);
  expect(again.toSorted()).toEqual(expected?.slice(0, 10).toSorted());
  await page.getByRole('radio', { name: 'BM25' }).check();
  await expect(marks).toHaveCount(0);
  await page.getByRole('radio', { name: 'Cross-encoder' }).check();

  // What goes out has the order that is shown, and the scores of one model.
  await page.getByRole('button', { name: 'Export…' }).click();
  const preview = page.getByRole('textbox', { name: 'Preview' });
  await expect(preview).toHaveValue(/ cascade\n/);
  // The preview may be cut off.
  const lines = (await preview.inputValue()).split('\n').slice(0, 20);
  expect(lines.map((line) => line.split(' ')[2])).toEqual(
    expected?.slice(0, 20).map((index) => `d${Number(index) + 1}`),
  );
  await page.keyboard.press('Escape');

  await page.locator('summary', { hasText: 'How fast' }).click();
  const panel = page.getByRole('region', { name: 'How fast, and where the time went' });
  await expect(panel.getByRole('row', { name: /^1\. crossrank-tiny-en-zh .* 40 / })).toBeVisible();
  await expect(panel.getByRole('row', { name: /^2\. my-reranker .* 10 / })).toBeVisible();
  await expect(panel).toContainText('my-reranker for all documents would take about');
  await expect(panel).toContainText('0 of 10');
  await panel.getByRole('radio', { name: embedded }).check();
  await expect(panel).toContainText('0 of 40');
  expect(await seriousFindings(page)).toEqual([]);

  // Choice and ranking survive a reload; what is scored afterwards adds up over both models.
  await page.reload();
  await expect(page.getByLabel('Cascade')).toHaveValue(embedded);
  await expect(stampOf(page)).toContainText(`then ${other}`, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(stampOf(page)).not.toContainText('remembered', { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(stampOf(page)).toContainText('50 of 50 scores remembered');
});

test('a run that is cancelled in the second stage keeps what both models said', async ({
  page,
}) => {
  await openPage(page);
  await importModel(page);
  await page.reload();
  await expect(stampOf(page)).toBeVisible();
  await page.getByLabel('Cascade').selectOption(other);
  await page.getByLabel('Scored again').selectOption('100');
  const long = passages(220).map((text) => `${text} ${text} ${text} ${text}`);
  await rank(page, long);
  await expect(page.locator('.run-numbers')).toContainText(
    /Stage 2 of 2: best 100 again with crossrank-tiny-en-zh · [1-9]\d* of 100 scored/,
    { timeout: 60_000 },
  );
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(/^Cancelled: my-reranker has scored all/)).toBeVisible();
  await expect(page.locator('.stage-mark').first()).toContainText('scored again by crossrank-tiny');
  await expect(stampOf(page)).toHaveCount(0);
  // It goes on where it stopped.
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(stampOf(page)).toContainText(/\d+ of 320 scores remembered/, { timeout: 90_000 });
});

test('a fast model that is gone ends the cascade, which is said once', async ({ page }) => {
  await openPage(page);
  await importModel(page);
  await page.reload();
  await expect(stampOf(page)).toBeVisible();
  await page.getByLabel('Cascade').selectOption(other);
  await page.getByLabel('Scored again').selectOption('10');
  await page.evaluate(async () => {
    for (const { key } of await window.crossrank.models()) await window.crossrank.removeModel(key);
  });
  await rank(page, documents);
  await expect(page.getByText(`${other} is no longer on this machine`)).toBeVisible();
  await expect(stampOf(page)).toContainText('40 pairs', { timeout: 60_000 });
  await expect(page.locator('.stage-mark')).toHaveCount(0);
  await page.reload();
  await expect(stampOf(page)).toBeVisible();
  await expect(page.getByText('no longer on this machine')).toHaveCount(0);
});

test('a strong model that cannot be had leaves the ranking of the fast one, and says why', async ({
  page,
}) => {
  await openPage(page);
  await useImported(page);
  await page.getByRole('link', { name: 'Rerank', exact: true }).click();
  await page.getByLabel('Cascade').selectOption(embedded);
  await page.getByLabel('Scored again').selectOption('10');
  await page.evaluate(async () => {
    await window.crossrank.unload();
    const [model] = await window.crossrank.models();
    let folder = await navigator.storage.getDirectory();
    for (const name of ['crossrank-models', model?.key ?? '', 'files', 'onnx']) {
      folder = await folder.getDirectoryHandle(name);
    }
    await folder.removeEntry('model_quantized.onnx');
  });
  await rank(page, documents);
  await expect(
    page.getByText(`${other} could not score the best again; this is the ranking of ${embedded}.`),
  ).toBeVisible({ timeout: 60_000 });
  await expect(stampOf(page)).toContainText(`${embedded} `);
  await expect(stampOf(page)).toContainText('40 pairs');
  await expect(page.locator('.stage-mark')).toHaveCount(0);
});

for (const [locale, colorScheme, width] of [
  ['en-US', 'light', 320],
  ['zh-CN', 'dark', 320],
] as const) {
  test.describe(`in ${locale}, ${colorScheme}, on a narrow screen`, () => {
    test.use({ locale, colorScheme, viewport: { width, height: 800 } });

    test('axe finds nothing serious, and nothing is wider than the screen', async ({ page }) => {
      await openRanked(page);
      await importModel(page);
      await page.reload();
      await expect(stampOf(page)).toBeVisible();
      await page.getByLabel(/^(Cascade|级联)$/).selectOption(other);
      await page.getByLabel(/^(Scored again|重新评分)$/).selectOption('10');
      // Short ones: axe misjudges rows out of sight, which are not drawn.
      await rank(
        page,
        documents.slice(0, 14).map((text) => text.slice(0, 60)),
      );
      await expect(page.locator('.stage-mark')).toHaveCount(2, { timeout: 60_000 });
      await expect(stampOf(page)).toContainText(other);
      await page.locator('.run-truth > summary').click();
      await expect(page.locator('.truth-stages')).toBeVisible();
      expect(await seriousFindings(page)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    });
  });
}

/** Brings the test model, and makes it the one in use in the page's own way. */
async function useImported(page: Page): Promise<void> {
  await importModel(page);
  await openModelsView(page);
  await page.getByRole('button', { name: `Load ${other}` }).click();
  await expectInUse(page, other);
}

/** Types a query and documents in either language, and ranks them; does not wait for the result. */
async function rank(page: Page, texts: readonly string[]): Promise<void> {
  await page.getByRole('textbox', { name: /^(Query|查询)$/ }).fill(query);
  await page.getByRole('textbox', { name: /^(Documents|文档)$/ }).fill(texts.join('\n'));
  await page.keyboard.press('ControlOrMeta+Enter');
}

function shownDocuments(page: Page): Promise<string[]> {
  return rowsOf(page).evaluateAll((rows) =>
    rows.map((row) => row.getAttribute('data-document') ?? ''),
  );
}

/** Calls `crossrank.cascade` on WASM; cancels at the first scores of a stage. */
function cascade(
  page: Page,
  models: { readonly fast: string; readonly strong: string; readonly depth: number },
  cancelIn: 'fast' | 'strong' | null = null,
): Promise<Report> {
  return page.evaluate(
    async ({ fast, strong, depth, request, stage }) => {
      const events: CascadeEvent[] = [];
      const controller = new AbortController();
      try {
        const result = await window.crossrank.cascade({
          ...request,
          fast: { model: fast, device: 'wasm' },
          strong: { model: strong, device: 'wasm' },
          depth,
          signal: controller.signal,
          onEvent: (event) => {
            events.push(event);
            if (event.type === 'scoring' && event.stage === stage) controller.abort();
          },
        });
        return { result, code: null, events };
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'other';
        return { result: null, code, events };
      }
    },
    { ...models, request: { query, documents }, stage: cancelIn },
  );
}

/** Brings the BERT test model from disk. */
async function importModel(page: Page): Promise<void> {
  const paths = [
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'reference-logits.json',
    'onnx/model_quantized.onnx',
  ];
  const files = paths.map(
    (path) => [path, readModelFile('test/bert-tiny', path).toString('base64')] as const,
  );
  await page.evaluate(
    async ([name, encoded]) => {
      await window.crossrank.importModel({
        name,
        files: encoded.map(([path, base64]) => ({
          path,
          blob: new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]),
        })),
      });
    },
    [other, files] as const,
  );
}
