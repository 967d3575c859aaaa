import {
  capitals,
  expect,
  openRanked,
  passages,
  capitalsQuery as query,
  rerank,
  rowsOf,
  stampOf,
  test,
} from './fixtures.ts';

test('own query and documents come back ranked, marked and measured', async ({ page }) => {
  await openRanked(page);
  await rerank(page, query, capitals.join('\n'));
  await expect(page.getByText('Ranked for what is the capital of France?')).toBeVisible();
  await expect(stampOf(page)).toContainText('3 pairs');
  const rows = rowsOf(page);
  await expect(rows).toHaveCount(3);
  const first = rows.first();
  await expect(first).toContainText('Paris is the capital of France.');
  await expect(first.locator('mark').filter({ hasText: /^capital$/ })).toHaveCount(1);
  await expect(first).toContainText('up 2 against the given order');
  await expect(first).toContainText('17 tokens');
});

test('switching the order and showing logits scores nothing again', async ({ page }) => {
  await openRanked(page);
  await rerank(page, query, capitals.join('\n'));
  await expect(stampOf(page)).toContainText('3 pairs');
  const stamp = await stampOf(page).textContent();
  for (const order of ['BM25', 'Both', 'Cross-encoder']) {
    await page.getByRole('radio', { name: order }).check();
    await expect(rowsOf(page)).toHaveCount(3);
    await expect(page.getByRole('progressbar')).toHaveCount(0);
  }
  await page.getByRole('checkbox', { name: 'Logits' }).check();
  await expect(rowsOf(page).first()).toContainText(/logit -?\d+\.\d{3}/);
  expect(await stampOf(page).textContent()).toBe(stamp);
});

test('side by side joins the same document in both orders', async ({ page }) => {
  await openRanked(page);
  await rerank(page, query, capitals.join('\n'));
  await expect(stampOf(page)).toContainText('3 pairs');
  await page.getByRole('radio', { name: 'Side by side' }).check();
  const left = page.getByRole('list', { name: 'BM25 order' }).getByRole('listitem');
  const right = page.getByRole('list', { name: 'Cross-encoder order' }).getByRole('listitem');
  await expect(left).toHaveCount(3);
  await expect(right).toHaveCount(3);
  await expect(page.locator('.lines path')).toHaveCount(3);
  await left.filter({ hasText: 'Berlin' }).hover();
  await expect(right.filter({ hasText: 'Berlin' })).toHaveAttribute('data-followed', 'true');
});

test('the interpretation is shown and can be changed', async ({ page }) => {
  await openRanked(page);
  const documents = page.getByRole('textbox', { name: 'Documents' });
  await documents.fill('one\ntwo\nthree');
  await expect(page.getByText('3 documents · one per line')).toBeVisible();
  await documents.fill('first line\nof the first\n\nsecond');
  await expect(page.getByText('2 documents · blocks between blank lines')).toBeVisible();
  await page.getByRole('radio', { name: 'Lines' }).check();
  await expect(page.getByText('3 documents · one per line · 1 blank skipped')).toBeVisible();
  await page.getByRole('radio', { name: 'Auto' }).check();
  await documents.fill(JSON.stringify(capitals));
  await expect(page.getByText('3 documents · JSON array')).toBeVisible();
});

test('editing keeps the result and says that it is older', async ({ page }) => {
  await openRanked(page);
  await rerank(page, query, capitals.join('\n'));
  await expect(stampOf(page)).toContainText('3 pairs');
  await page.getByRole('textbox', { name: 'Documents' }).press('End');
  await page.getByRole('textbox', { name: 'Documents' }).pressSequentially(' more');
  await expect(page.getByText('The input has changed since.')).toBeVisible();
  await expect(rowsOf(page)).toHaveCount(3);
});

test('scores appear while others are still missing', async ({ page }) => {
  await openRanked(page);
  const partial = await page.evaluate(async (documents) => {
    const counts: number[] = [];
    const { ranking } = await window.crossrank.rerank({
      query: 'loan office',
      documents,
      onEvent: (event) => {
        if (event.type === 'scoring') counts.push(event.done);
      },
    });
    return { counts, ranked: ranking.length };
  }, passages(60));
  expect(partial.ranked).toBe(60);
  expect(partial.counts.length).toBeGreaterThan(3);
  expect(partial.counts.at(-1)).toBe(60);
  expect(partial.counts).toEqual([...partial.counts].sort((a, b) => a - b));
});

test('the console API keeps its promise', async ({ page }) => {
  await page.goto('./');
  const result = await page.evaluate((documents) => {
    return window.crossrank.rerank({ query: 'what is the capital of France?', documents, topK: 2 });
  }, capitals);
  expect(result.ranking.map(({ rank, index }) => ({ rank, index }))).toEqual([
    { rank: 1, index: 2 },
    { rank: 2, index: 0 },
  ]);
  for (const { logit, relevance, tokens, truncated } of result.ranking) {
    expect(relevance).toBeCloseTo(1 / (1 + Math.exp(-logit)), 9);
    expect(tokens).toBe(17);
    expect(truncated).toBe(false);
  }
  expect(result).toMatchObject({
    model: 'crossrank-tiny-en-zh',
    dtype: 'q8',
    device: 'wasm',
    adapter: null,
  });
  expect(result.revision).not.toBe('');
  expect(result.timings.totalMs).toBeGreaterThan(0);
});

test('a reload brings back what was typed', async ({ page }) => {
  await openRanked(page);
  await rerank(page, query, capitals.join('\n'));
  await expect(stampOf(page)).toContainText('3 pairs');
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Query' })).toHaveValue(query);
  await expect(stampOf(page)).toContainText('3 pairs');
});

test('text that Clear or a keyword trap replaced can be brought back', async ({ page }) => {
  await openRanked(page);
  const queryBox = page.getByRole('textbox', { name: 'Query' });
  const documents = page.getByRole('textbox', { name: 'Documents' });
  const restore = page.getByRole('button', { name: 'Restore my text' });
  await expect(restore).toHaveCount(0);
  await queryBox.fill(query);
  await documents.fill(capitals.join('\n'));
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(documents).toHaveValue('');
  await restore.click();
  await expect(documents).toHaveValue(capitals.join('\n'));

  // One press of an arrow key is enough to choose a trap.
  const picker = page.getByRole('combobox', { name: 'Load a keyword trap' });
  await picker.selectOption({ index: 3 });
  await expect(queryBox).not.toHaveValue(query);
  await picker.selectOption({ index: 5 });
  // The user's own text is what a reload brings back, not the trap.
  await expect(stampOf(page)).toBeVisible();
  await restore.click();
  await expect(queryBox).toHaveValue(query);
  await picker.selectOption({ index: 2 });
  await expect(page.getByRole('button', { name: 'Restore my text' })).toBeVisible();
  await page.reload();
  await expect(queryBox).toHaveValue(query);
  await expect(documents).toHaveValue(capitals.join('\n'));
});
