import { expect, openRanked, passages, rerank, rowsOf, stampOf, test } from './fixtures.ts';

test('cancel in mid-run keeps what is scored, and the next run works', async ({ page }) => {
  await openRanked(page);
  const documents = passages(400);
  await rerank(page, 'loan office', documents.join('\n'));
  await expect(page.getByText(/^[1-9]\d* of 400 scored/)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(/^Cancelled: [1-9]\d* of 400 documents are scored/)).toBeVisible();
  await expect(rowsOf(page).first()).toContainText(/relevance 0\.\d\d/);
  await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue(documents.join('\n'));

  await rerank(page, 'loan office', documents.slice(0, 5).join('\n'));
  await expect(stampOf(page)).toContainText('5 pairs');
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

test('a worker killed in mid-run rejects the call and is started again by the next', async ({
  page,
}) => {
  await openRanked(page);
  const documents = passages(400).join('\n');
  await rerank(page, 'loan office', documents);
  await expect(page.getByText(/of 400 scored/)).toBeVisible();
  const worker = page.workers().find((candidate) => candidate.url().includes('reranker.worker'));
  // Closing itself fires no event in the page: the hardest death to notice.
  await worker?.evaluate(() => self.close()).catch(() => undefined);
  await expect(page.getByRole('alert')).toContainText('The scoring worker stopped.');
  await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue(documents);

  await rerank(page, 'river', 'a river\na stone');
  await expect(stampOf(page)).toContainText('2 pairs');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a killed worker rejects every pending console call, and the next one works', async ({
  page,
}) => {
  await openRanked(page);
  const pending = page.evaluate(async (documents) => {
    const calls = ['loan', 'river', 'stone'].map((query) =>
      window.crossrank.rerank({
        query,
        documents,
        onEvent: () => document.body.setAttribute('data-scoring', query),
      }),
    );
    const outcomes = await Promise.allSettled(calls);
    return outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'ok'));
  }, passages(300));
  await page.locator('body[data-scoring="loan"]').waitFor();
  const worker = page.workers().find((candidate) => candidate.url().includes('reranker.worker'));
  await worker?.evaluate(() => self.close()).catch(() => undefined);
  expect(await pending).toEqual(['worker-crashed', 'worker-crashed', 'worker-crashed']);
  const next = await page.evaluate(() =>
    window.crossrank.rerank({ query: 'river', documents: ['a river', 'a stone'] }),
  );
  expect(next.ranking).toHaveLength(2);
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
  await page.getByRole('alert').getByText('Detail').click();
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
