import { expect, openRanked, rerank, rowsOf, stampOf, test } from './fixtures.ts';

test('an empty query says what to do and keeps documents and result', async ({ page }) => {
  await openRanked(page);
  const before = await rowsOf(page).count();
  await rerank(page, '  ', 'one\ntwo');
  await expect(page.getByRole('alert')).toContainText('The query is empty.');
  await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue('one\ntwo');
  await expect(rowsOf(page)).toHaveCount(before);
});

test('no documents, or only white space, says what to do', async ({ page }) => {
  await openRanked(page);
  for (const documents of ['', ' \n\t\n ']) {
    await rerank(page, 'a question', documents);
    await expect(page.getByRole('alert')).toContainText('There are no documents.');
    await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue('a question');
  }
});

test('broken JSON names line and column and loses nothing', async ({ page }) => {
  await openRanked(page);
  const broken = '["one",\n "two"\n "three"]';
  await rerank(page, 'a question', broken);
  await expect(page.getByText('not valid JSON (line 3, column 2)')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('could not be read as JSON');
  await expect(page.getByRole('textbox', { name: 'Documents' })).toHaveValue(broken);
});

test('one document is a ranking of one', async ({ page }) => {
  await openRanked(page);
  await rerank(page, 'a question', 'the only one');
  await expect(stampOf(page)).toContainText('1 pair in');
  await expect(rowsOf(page)).toHaveCount(1);
});

test('equal documents keep the order in which they were given', async ({ page }) => {
  await page.goto('./');
  const documents = [
    'same text',
    'something else, much longer than that',
    'same text',
    'same text',
  ];
  const { ranking } = await page.evaluate(
    (texts) => window.crossrank.rerank({ query: 'same', documents: texts }),
    documents,
  );
  const same = ranking.filter(({ index }) => index !== 1);
  expect(same.map(({ index }) => index)).toEqual([0, 2, 3]);
  expect(new Set(same.map(({ logit }) => logit)).size).toBe(1);
});

test('markup is shown as text and never runs', async ({ page }) => {
  await openRanked(page);
  const hostile = [
    '<img src=x onerror="window.pwned = true">',
    '<script>window.pwned = true</script>',
    '"><svg onload=alert(1)>',
  ];
  await rerank(page, '<b>script</b> img', hostile.join('\n'));
  await expect(stampOf(page)).toContainText('3 pairs');
  for (const text of hostile) await expect(rowsOf(page).filter({ hasText: text })).toHaveCount(1);
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
});

test('surrogates, emoji, right-to-left text and blanks each get a score', async ({ page }) => {
  await page.goto('./');
  const documents = [
    'lone \ud800 half',
    '😀 👨‍👩‍👧 🇫🇷',
    'مرحبا بالعالم',
    'שלום',
    ' ',
    '',
    '\0\u0007',
  ];
  const { ranking } = await page.evaluate(
    (texts) => window.crossrank.rerank({ query: 'hello \udc00 😀', documents: texts }),
    documents,
  );
  expect(ranking.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(ranking.every(({ logit }) => Number.isFinite(logit))).toBe(true);
});

test('a query longer than the model is cut, said so, and leaves room for the document', async ({
  page,
}) => {
  await openRanked(page);
  await rerank(page, 'long question '.repeat(600), 'a short answer\nanother answer');
  await expect(stampOf(page)).toContainText('2 pairs');
  await expect(rowsOf(page).first()).toContainText('truncated');
});

test('of a document of 5 MB 32 passages are read, and it is marked as truncated', async ({
  page,
}) => {
  await openRanked(page);
  const text = 'a very long document about rivers and stones. '.repeat(110_000);
  await rerank(page, 'rivers', [text, 'a short one about rivers']);
  await expect(stampOf(page)).toContainText('33 pairs', { timeout: 90_000 });
  await expect(rowsOf(page).filter({ hasText: 'truncated' })).toHaveCount(1);
  await page.reload();
  await expect(stampOf(page)).toContainText('33 pairs');
  const kept = await page.getByRole('textbox', { name: 'Documents' }).inputValue();
  expect(kept.length).toBe(text.length + 1 + 'a short one about rivers'.length);
});

test('10,000 documents are ranked, and the page draws only what can be read', async ({ page }) => {
  test.setTimeout(300_000);
  await openRanked(page);
  const documents = Array.from({ length: 10_000 }, (_, number) => `note ${number} on loans`);
  await rerank(page, 'loans', documents);
  await expect(page.getByText('10,000 documents · one per line')).toBeVisible();
  await expect(stampOf(page)).toContainText('10,000 pairs', { timeout: 240_000 });
  await expect(page.getByText('10,000 rows')).toBeAttached();
  expect(await rowsOf(page).count()).toBeLessThan(60);
  await expect(rowsOf(page).first()).toHaveAttribute('aria-setsize', '10000');
  // The last row is there as soon as one scrolls to it, and the first one has gone.
  await page.keyboard.press('End');
  await expect(page.locator('[aria-posinset="10000"]')).toBeVisible();
  await expect(page.locator('[aria-posinset="1"]')).toHaveCount(0);
  expect(await rowsOf(page).count()).toBeLessThan(60);
});

test('wrong arguments of the console API are named', async ({ page }) => {
  await page.goto('./');
  const failures = await page.evaluate(async () => {
    const codeOf = async (request: unknown): Promise<unknown> => {
      try {
        await window.crossrank.rerank(
          // @ts-expect-error: what a developer in the console may type
          request,
        );
        return 'no error';
      } catch (error) {
        return error instanceof Error && 'code' in error ? [error.code, error.message] : error;
      }
    };
    return [
      await codeOf({ query: '', documents: ['a'] }),
      await codeOf({ query: 'a', documents: [] }),
      await codeOf({ query: 'a', documents: ['a', 7] }),
      await codeOf({ query: 'a', documents: ['a'], topK: 0 }),
    ];
  });
  expect(failures.map((failure) => (Array.isArray(failure) ? failure[0] : failure))).toEqual([
    'empty-query',
    'no-documents',
    'invalid-request',
    'invalid-request',
  ]);
  expect(String(failures[2])).toContain('1');
});
