import type { Page } from '@playwright/test';
import { expect, openRanked, rerank, rowsOf, stampOf, test } from './fixtures.ts';

const query = 'what is the capital of France?';
const answer = 'The capital of France is Paris, on the river Seine.';
const filler =
  'The garden behind the old library has a small pond, three benches and a row of apple trees. ';
/** About six times as long as what the model can read; the answer is in the middle. */
const long = `${filler.repeat(60)}${answer} ${filler.repeat(60)}`.trim();
const documents = [
  'Berlin is a large city in Germany.',
  long,
  'Bread is baked in an oven.',
  'The Seine flows through the city.',
];

test('a long document with its answer in the middle comes first, and the passage that decided is shown', async ({
  page,
}) => {
  await openRanked(page);
  await rerankFour(page);
  const first = rowsOf(page).first();
  await expect(first).toHaveAttribute('data-document', '1');
  await expect(first).toContainText(/passage \d+ of \d+ decided/);
  const note = await first.locator('.passage-note').textContent();
  const [which, count] = (note?.match(/\d+/g) ?? []).map(Number);
  expect(which).toBeGreaterThan(1);
  expect(which).toBeLessThan(count ?? 0);
  await expect(first.locator('.truncated')).toHaveCount(0);
  // Short documents are one passage, which is not worth a word.
  await expect(rowsOf(page).filter({ hasText: 'decided' })).toHaveCount(1);
});

test('opening the document shows it whole, with the passage that decided marked in it', async ({
  page,
}) => {
  await openRanked(page);
  await rerankFour(page);
  const first = rowsOf(page).first();
  await first.getByRole('button', { name: 'Show all' }).click();
  const passage = first.locator('.deciding-passage');
  await expect(passage).toContainText(answer);
  await expect(passage).toBeInViewport();
  const [marked, whole] = [
    await passage.textContent(),
    await first.locator('.document').textContent(),
  ];
  expect(whole).toContain(long);
  expect(marked?.length).toBeLessThan(long.length / 2);
  expect(long).toContain(marked?.trim());
});

test('truncating instead leaves the answer unread, and says so', async ({ page }) => {
  await openRanked(page);
  await rerankFour(page);
  await page.getByRole('combobox', { name: 'Long documents' }).selectOption('truncate');
  await page.getByRole('button', { name: 'Rerank' }).click();
  const row = rowsOf(page).filter({ hasText: 'garden behind' });
  await expect(row.locator('.truncated')).toBeVisible();
  await expect(row).not.toContainText('decided');
  await expect(rowsOf(page).first()).not.toContainText('garden behind');
});

test('how long a pair may be decides how many passages there are', async ({ page }) => {
  await openRanked(page);
  await rerankFour(page);
  await expect.poll(() => passageCount(page)).toBeGreaterThan(1);
  const atFullLength = await passageCount(page);
  await page.getByRole('combobox', { name: 'Pair length' }).selectOption('128');
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect.poll(() => passageCount(page)).toBeGreaterThan(2 * atFullLength);
});

test('the choice outlives a reload, and is there from the next run on', async ({ page }) => {
  await openRanked(page);
  await page.getByRole('combobox', { name: 'Long documents' }).selectOption('first');
  await page.getByRole('combobox', { name: 'Pair length' }).selectOption('256');
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Long documents' })).toHaveValue('first');
  await expect(page.getByRole('combobox', { name: 'Pair length' })).toHaveValue('256');
});

test('the console API folds passages as it is asked to, and names the one that decided', async ({
  page,
}) => {
  await openRanked(page);
  const results = await page.evaluate(
    async ([asked, texts]) => {
      const folds = ['max', 'mean-of-top-3', 'first', 'truncate'] as const;
      const scored = [];
      for (const longDocuments of folds) {
        const request = { query: asked, documents: texts, longDocuments };
        const { ranking } = await window.crossrank.rerank(request);
        const found = ranking.find(({ index }) => index === 1);
        if (found !== undefined) scored.push(found);
      }
      return scored;
    },
    [query, documents] as const,
  );
  const [max, mean, first, truncated] = results;
  expect(max?.logit).toBeGreaterThan(mean?.logit ?? 0);
  expect(mean?.logit).toBeGreaterThan(first?.logit ?? 0);
  expect(max).toMatchObject({ rank: 1, truncated: false });
  const { start = 0, end = 0 } = max?.passage ?? {};
  expect(long.slice(start, end)).toContain(answer);
  expect(first).toMatchObject({ truncated: true, passage: { index: 0, start: 0 } });
  expect(truncated).toMatchObject({ truncated: true, tokens: 512 });
  expect(truncated?.passage).toBe(undefined);
});

test('of a document of 5 MB the beginning is read in passages, and that is marked', async ({
  page,
}) => {
  await openRanked(page);
  const { ranking, timings } = await page.evaluate(
    (sentence) =>
      window.crossrank.rerank({
        query: 'a pond with benches',
        documents: [sentence.repeat(55_000), 'Bread is baked in an oven.'],
      }),
    filler,
  );
  const huge = ranking.find(({ index }) => index === 0);
  expect(huge).toMatchObject({ truncated: true });
  expect(huge?.passage?.count).toBeGreaterThan(10);
  expect(huge?.tokens).toBeGreaterThan(5_000);
  expect(timings.pairs).toBe((huge?.passage?.count ?? 0) + 1);
  expect(ranking.find(({ index }) => index === 1)).toMatchObject({ truncated: false });
});

async function rerankFour(page: Page): Promise<void> {
  await rerank(page, query, documents);
  await expect(page.getByText(`Ranked for ${query}`)).toBeVisible();
  await expect(stampOf(page)).toBeVisible();
  await expect(page.getByRole('progressbar')).toHaveCount(0);
}

/** Passages of the one document that has several; 0 while there is none. */
async function passageCount(page: Page): Promise<number> {
  const [note = ''] = await rowsOf(page).locator('.passage-note').allTextContents();
  return Number(/of (\d+)/.exec(note)?.[1] ?? 0);
}
