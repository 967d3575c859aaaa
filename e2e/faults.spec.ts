import type { Page } from '@playwright/test';
import { expect, openRanked, passages, rerank, rowsOf, stampOf, test } from './fixtures.ts';
import { inScoringWorker } from './worker-faults.ts';

// What a service worker fetches goes past the routes that faults are injected with.
test.use({ serviceWorkers: 'block' });

test('cancel in mid-run keeps what is scored, and the next run works', async ({ page }) => {
  await openRanked(page);
  const documents = passages(400);
  await rerank(page, 'loan office', documents.join('\n'));
  await expect(page.getByText(/^[1-9]\d* of 400 scored/)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(/^Cancelled: [1-9]\d* of 400 documents are scored/)).toBeVisible();
  await expect(rowsOf(page).first()).toContainText(/relevance 0\.\d\d/);
  await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue(documents.join('\n'));

  await rerank(page, 'river bank', documents.slice(0, 5).join('\n'));
  await expect(stampOf(page)).toContainText('5 pairs');
  // What was scored before the cancel is not scored again.
  await rerank(page, 'loan office', documents.join('\n'));
  await expect(stampOf(page)).toContainText(/· [1-9]\d* of 400 remembered/, { timeout: 90_000 });
});

test('escape cancels too', async ({ page }) => {
  await openRanked(page);
  await rerank(page, 'loan office', passages(400).join('\n'));
  await expect(page.getByText(/of 400 scored/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Query' }).press('Escape');
  await expect(page.getByText(/^Cancelled/)).toBeVisible();
});

test('a run started while another runs replaces it', async ({ page }) => {
  await openRanked(page);
  await rerank(page, 'loan office', passages(400).join('\n'));
  await expect(page.getByText(/of 400 scored/)).toBeVisible();
  await rerank(page, 'river', 'a river\na stone');
  await expect(stampOf(page)).toContainText('2 pairs');
  await expect(rowsOf(page)).toHaveCount(2);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a worker killed in mid-run is started again and the run goes on, once', async ({ page }) => {
  await openRanked(page);
  const documents = passages(400).join('\n');
  await rerank(page, 'loan office', documents);
  await expect(page.getByText(/of 400 scored/)).toBeVisible();
  await killWorker(page);
  await expect(page.getByText(/^The scoring worker stopped during this run/)).toBeVisible({
    timeout: 90_000,
  });
  await expect(stampOf(page)).toContainText(/· [1-9]\d* of 400 remembered/);
  await expect(rowsOf(page).first()).toContainText(/relevance 0\.\d\d/);
  await expect(page.getByRole('alert')).toHaveCount(0);

  await rerank(page, 'river stone', documents);
  await expect(page.getByText(/^[1-9]\d* of 400 scored/)).toBeVisible();
  await killWorker(page);
  await expect(page.getByRole('alert')).toContainText('The scoring worker stopped.');
  await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue(documents);

  await rerank(page, 'river', 'a river\na stone');
  await expect(stampOf(page)).toContainText('2 pairs');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a killed worker is survived by the console calls that wait, the second by none', async ({
  page,
}) => {
  await openRanked(page);
  const call = (queries: readonly string[]) =>
    page.evaluate(
      async ([asked, documents]) => {
        const calls = asked.map((query) =>
          window.crossrank.rerank({
            query,
            documents,
            onEvent: () => document.body.setAttribute('data-scoring', query),
          }),
        );
        const outcomes = await Promise.allSettled(calls);
        return outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : 'ok'));
      },
      [queries, passages(120)] as const,
    );
  const survivors = call(['loan', 'river', 'stone']);
  await page.locator('body[data-scoring="loan"]').waitFor();
  await killWorker(page);
  expect(await survivors).toEqual(['ok', 'ok', 'ok']);

  const pending = call(['paper', 'water', 'night']);
  await page.locator('body[data-scoring="paper"]').waitFor();
  await killWorker(page);
  expect(await pending).toEqual(['worker-crashed', 'worker-crashed', 'worker-crashed']);
  const next = await page.evaluate(() =>
    window.crossrank.rerank({ query: 'river', documents: ['a river', 'a stone'] }),
  );
  expect(next.ranking).toHaveLength(2);
});

test('a worker that dies while it loads is told of, and does not loop', async ({ page, watch }) => {
  let started = 0;
  await page.route('**/assets/reranker.worker-*.js', (route) => {
    started += 1;
    return route.fulfill({ contentType: 'text/javascript', body: 'self.close();' });
  });
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText(/worker stopped|could not be/);
  expect(started).toBe(1);
  await page.unroute('**/assets/reranker.worker-*.js');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toBeVisible();
  watch.pageErrors.length = 0;
});

test('a worker that never says a word is given up, and the next one works', async ({ page }) => {
  let started = 0;
  await page.route('**/assets/reranker.worker-*.js', (route) => {
    started += 1;
    // As one that was killed before its script ran: it fires no event, and holds no lock yet.
    return route.fulfill({ contentType: 'text/javascript', body: '/* nothing is said */' });
  });
  await page.clock.install();
  await page.goto('./');
  await expect.poll(() => started).toBe(1);
  await page.unroute('**/assets/reranker.worker-*.js');
  await page.clock.fastForward(31_000);
  await expect(page.getByRole('alert')).toContainText('The scoring worker stopped.');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toBeVisible();
});

test('an abort signal ends a console call between two batches', async ({ page }) => {
  await openRanked(page);
  const outcome = await page.evaluate(async (documents) => {
    const controller = new AbortController();
    try {
      await window.crossrank.rerank({
        query: 'loan office',
        documents,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === 'scoring') controller.abort();
        },
      });
      return 'resolved';
    } catch (error) {
      return error instanceof Error && 'code' in error ? [error.name, error.code] : 'other';
    }
  }, passages(200));
  expect(outcome).toEqual(['AbortError', 'aborted']);
});

test('a model file that is missing is named, and the page stays usable', async ({
  page,
  watch,
}) => {
  await page.route('**/model_quantized.onnx', (route) => route.fulfill({ status: 404 }));
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('The model could not be fetched');
  await expect(page.getByRole('alert')).toContainText('HTTP 404');
  // Keyword order needs no model and is there all the same.
  await page.getByRole('radio', { name: 'BM25' }).check();
  await expect(rowsOf(page).first()).toBeVisible();

  await page.unroute('**/model_quantized.onnx');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toBeVisible();
  watch.pageErrors.length = 0;
});

test('a model file with wrong bytes is refused before it is run', async ({ page }) => {
  await page.route('**/model_quantized.onnx', async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length - 1000] = (body[body.length - 1000] ?? 0) ^ 0xff;
    await route.fulfill({ response, body });
  });
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('A model file is damaged');
});

test('cancel before the first score shows BM25 order for the new documents', async ({ page }) => {
  await openRanked(page);
  // A console call holds the model, so that the page's run waits.
  const busy = page.evaluate(
    (documents) => window.crossrank.rerank({ query: 'loan', documents }).then(() => 'done'),
    passages(150),
  );
  await rerank(page, 'river stone', ['a river of stone', 'a loan', 'a stone']);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(/^Cancelled: 0 of 3/)).toBeVisible();
  await expect(page.getByText('Ranked for river stone')).toBeVisible();
  await expect(rowsOf(page).first()).toContainText('a river of stone');
  expect(await busy).toBe('done');
  // What is loaded is what the badge says, also after a call that was cancelled.
  await expect(page.getByRole('button', { name: /Model and device/ })).toContainText('WASM');
});

test('without the BM25 worker the model still ranks, and nothing poses as BM25', async ({
  page,
  watch,
}) => {
  await page.route('**/lexical.worker*', (route) => route.fulfill({ status: 404 }));
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('BM25 could not be computed');
  await expect(stampOf(page)).toBeVisible();
  await expect(page.getByRole('radio', { name: 'BM25' })).toBeDisabled();
  await expect(page.getByRole('radio', { name: 'Side by side' })).toBeDisabled();
  await expect(rowsOf(page).first()).toContainText(/relevance 0\.\d\d/);
  watch.pageErrors.length = 0;
});

test('a gallery that is not there is called that, on both views', async ({ page, watch }) => {
  await page.route('**/keyword-traps.json', (route) => route.fulfill({ status: 503 }));
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('The gallery could not be loaded');
  await page.getByRole('link', { name: 'Keyword traps' }).click();
  await expect(page.getByRole('alert')).toContainText('The gallery could not be loaded');
  await page.unroute('**/keyword-traps.json');
  await page.getByRole('button', { name: 'Run all again' }).click();
  await expect(page.getByText('Measured in this tab')).toBeVisible();
  watch.pageErrors.length = 0;
});

test('where WebGPU does not start, the model goes on where it was, and that is said', async ({
  page,
  watch,
}) => {
  await openRanked(page);
  await page.route(/asyncify|jspi/, (route) => route.fulfill({ status: 404 }));
  await page.getByRole('button', { name: /Model and device/ }).click();
  await page.getByRole('radio', { name: /^WebGPU/ }).click();
  await expect(page.getByRole('alert')).toContainText('could not be started on this device');
  await expect(page.getByRole('radio', { name: /^Automatic/ })).toBeChecked();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toContainText('WASM');
  watch.pageErrors.length = 0;
});

test('where WebGPU was chosen and does not start any more, one press goes on with WASM', async ({
  page,
  watch,
}) => {
  await page.addInitScript(() => {
    if (localStorage.getItem('crossrank.settings') !== null) return;
    const settings = { version: 1, language: 'en', theme: 'auto', device: 'webgpu' };
    localStorage.setItem('crossrank.settings', JSON.stringify(settings));
  });
  await page.route(/asyncify|jspi/, (route) => route.fulfill({ status: 404 }));
  await page.goto('./');
  await expect(page.getByRole('alert')).toContainText('could not be started on this device');
  await page.getByRole('button', { name: 'Use WASM' }).click();
  await expect(stampOf(page)).toContainText('WASM');
  await expect(page.getByRole('alert')).toHaveCount(0);
  watch.pageErrors.length = 0;
});

test('a mistake in the input does not stop the run under way', async ({ page }) => {
  await openRanked(page);
  await rerank(page, 'loan office', passages(120));
  await expect(page.getByText(/of 120 scored/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Query' }).fill('');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(page.getByRole('alert')).toContainText('The query is empty.');
  await expect(stampOf(page)).toContainText('120 pairs');
});

/** Closing itself fires no event in the page: the hardest death to notice. */
async function killWorker(page: Page): Promise<void> {
  await inScoringWorker(page, () => self.close());
}
