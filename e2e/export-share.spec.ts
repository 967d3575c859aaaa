import { readFile } from 'node:fs/promises';
import { expect, openRanked, rerank, rowsOf, stampOf, test } from './fixtures.ts';

const documents = [
  'A loan for students is paid back after the studies.',
  'Rivers carry water to the sea.',
  'Students borrow books in the library.',
];

test('a ranking goes out as a TREC run, as JSON and as Markdown', async ({ page }) => {
  await openRanked(page);
  await rerank(page, 'loan for students', documents);
  await expect(stampOf(page)).toContainText('3 pairs');
  await page.getByRole('button', { name: 'Export…' }).click();
  const panel = page.getByRole('region', { name: 'Export the ranking' });
  const preview = panel.getByRole('textbox', { name: 'Preview' });
  await expect(preview).toHaveValue(/^q1 Q0 d\d 1 \S+ cross-encoder\n/);

  await panel.getByRole('combobox', { name: 'Format' }).selectOption('cohere');
  await expect(preview).toHaveValue(/"relevance_score"/);

  await panel.getByRole('combobox', { name: 'Format' }).selectOption('json');
  await panel.getByRole('spinbutton', { name: 'Documents per query' }).fill('2');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    panel.getByRole('button', { name: 'Download' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('loan-for-students.cross-encoder.json');
  const saved = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(saved.provenance.model).toBe('crossrank-tiny-en-zh');
  const [ranking] = saved.rankings;
  expect(ranking.query).toBe('loan for students');
  expect(ranking.documents).toHaveLength(2);
  const shown = await rowsOf(page).first().getAttribute('data-document');
  expect(ranking.documents[0].index).toBe(Number(shown));
  expect(documents).toContain(ranking.documents[0].text);
});

test('a link brings query, documents and settings to another page, and nothing is sent', async ({
  page,
  context,
}) => {
  const requested: string[] = [];
  context.on('request', (request) => requested.push(request.url() + (request.postData() ?? '')));
  await openRanked(page);
  await rerank(page, 'loan for students', documents);
  await expect(stampOf(page)).toContainText('3 pairs');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText(/^Link copied: \d+ characters/)).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const { hash } = new URL(link);
  expect(hash).toMatch(/^#\/share\/1\.[\w-]+$/);

  const other = await context.newPage();
  await other.goto(link);
  await expect(stampOf(other)).toContainText('3 pairs');
  await expect(other.getByRole('textbox', { name: 'Query' })).toHaveValue('loan for students');
  await expect(other.getByRole('textbox', { name: 'Documents' })).toHaveValue(documents.join('\n'));
  await expect(other.getByText('Opened from a link.')).toBeVisible();
  // A reload keeps what is in the boxes rather than opening the link again.
  expect(new URL(other.url()).hash).toBe('#/');
  expect(requested.filter((url) => url.includes(hash.slice(10, 40)))).toEqual([]);
});

test("a link leaves the user's own text to be brought back, and a damaged one changes nothing", async ({
  page,
}) => {
  await openRanked(page);
  await rerank(page, 'my own query', ['mine', 'and mine']);
  await expect(stampOf(page)).toContainText('2 pairs');
  await page.evaluate(() => {
    location.hash = '#/share/1.ZGFtYWdlZA';
  });
  await expect(page.getByText('This link is damaged')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue('my own query');

  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText(/^Link copied/)).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('textbox', { name: 'Query' }).fill('another query');
  await page.evaluate((hash) => {
    location.hash = hash;
  }, new URL(link).hash);
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue('my own query');
  await page.getByRole('button', { name: 'Restore my text' }).click();
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue('another query');
});

test('more than a link may carry is said, with the way out', async ({ page }) => {
  await openRanked(page);
  const random = Array.from({ length: 400 }, (_, line) =>
    Array.from({ length: 30 }, (_, word) =>
      ((line * 7919 + word * 104_729) % 99_991).toString(36),
    ).join(' '),
  );
  await rerank(page, 'numbers', random);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText(/Too much for a link.*Export a file instead/)).toBeVisible();
});

test('a list of more than fifty rows scrolls while it is scored', async ({ page }) => {
  await openRanked(page);
  const many = Array.from({ length: 120 }, (_, number) => `note ${number} about loans and rivers`);
  await rerank(page, 'loans', many);
  await expect(stampOf(page)).toContainText('120 pairs');
  await expect(rowsOf(page).first()).toHaveAttribute('aria-setsize', '120');
  const first = await rowsOf(page).first().getAttribute('data-document');
  await rowsOf(page).last().scrollIntoViewIfNeeded();
  await page.keyboard.press('End');
  await expect(page.locator('[aria-posinset="120"]')).toBeVisible();
  await page.keyboard.press('Home');
  await expect(page.locator('[aria-posinset="1"]')).toHaveAttribute('data-document', first ?? '');
});

test('a text that is more than documents is offered to the import, and files dropped here go there', async ({
  page,
}) => {
  await openRanked(page);
  const lines = documents.map((text, number) => JSON.stringify({ _id: `d${number}`, text }));
  await page.getByRole('textbox', { name: 'Documents' }).fill(`${lines.join('\n')}\n`);
  await page.getByRole('button', { name: 'Import it as a collection…' }).click();
  const files = page.getByRole('list', { name: 'Files' });
  await expect(files.getByRole('listitem').first()).toContainText('3 documents');

  await page.getByRole('link', { name: 'Rerank', exact: true }).click();
  const dropped = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], 'dropped.txt', { type: 'text/plain' }));
    return transfer;
  }, documents.join('\n'));
  await page.dispatchEvent('body', 'dragover', { dataTransfer: dropped });
  await expect(page.getByText('Drop to import')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
  // Beside what was being chosen already.
  await expect(files.getByRole('listitem').filter({ hasText: 'dropped.txt' })).toBeVisible();
});
