import { readFileSync } from 'node:fs';
import { expect, rowsOf, stampOf, test } from './fixtures.ts';

const {
  traps,
}: { traps: { id: string; favours: string; query: string; title: { en: string } }[] } = JSON.parse(
  readFileSync('public/demos/keyword-traps.json', 'utf8'),
);

test('the gallery runs every trap on the loaded model and keeps an honest scoreboard', async ({
  page,
}) => {
  await page.goto('./#/traps');
  await expect(page.getByText('Measured in this tab: crossrank-tiny-en-zh')).toBeVisible();
  const board = page.getByRole('region', { name: 'Right document first' });
  const keywordsWin = traps.filter((trap) => trap.favours === 'keywords').length;
  // BM25's score follows from the proof in the unit tests; the model's is whatever it is.
  await expect(board).toContainText(`${keywordsWin} of ${traps.length}`);

  const entries = page.getByRole('list', { name: 'Scenarios' }).getByRole('listitem');
  await expect(entries).toHaveCount(traps.length);
  for (const [name, row] of [
    ['BM25', 0],
    ['Cross-encoder', 1],
    ['Both', 2],
  ] as const) {
    const hits = await entries.locator(`.verdict:nth-child(${row + 1})[data-right="true"]`).count();
    const misses = await entries
      .locator(`.verdict:nth-child(${row + 1})[data-right="false"]`)
      .count();
    expect(hits + misses, name).toBe(traps.length);
    await expect(board.locator('.board-row').nth(row)).toContainText(`${hits} of ${traps.length}`);
  }
});

test('a trap is looked at side by side and opened in the reranker', async ({ page }) => {
  await page.goto('./#/traps');
  await expect(page.getByText('Measured in this tab')).toBeVisible();
  const trap = traps[3];
  await page.getByRole('button', { name: new RegExp(`^${trap?.title.en}`) }).click();
  const detail = page.getByRole('region', { name: trap?.title.en ?? '', exact: true });
  await expect(detail.getByRole('list', { name: 'BM25 order' })).toBeVisible();
  await expect(detail.getByRole('list', { name: 'Cross-encoder order' })).toBeVisible();
  await detail.getByRole('button', { name: 'Open in Rerank' }).click();
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue(trap?.query ?? '');
  await expect(stampOf(page)).toBeVisible();
  await expect(rowsOf(page).filter({ hasText: 'answers' })).toHaveCount(1);
});
