import { readFile } from 'node:fs/promises';
import { beirFiles, corpus, fileOf, importAs, jsonLines, pickFiles } from './collections.ts';
import { expect, test } from './fixtures.ts';

test('BEIR files become a collection that survives a reload', async ({ page }) => {
  await importAs(page, 'Small', beirFiles());
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Small', exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Queries', exact: true }).click();
  await expect(page.getByText('when is a student loan paid back')).toBeVisible();
  await page.goto('./#/collections');
  const row = page.getByRole('listitem', { name: 'Small' });
  await expect(row).toContainText('3');
  await expect(row).toContainText('by BM25');
});

test('all queries are reranked and measured, and a second run takes no model time', async ({
  page,
}) => {
  await importAs(page, 'Measured', beirFiles());
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(page.getByText(/^Done: 2 queries/)).toBeVisible();
  const runs = page.getByRole('region', { name: 'Runs' });
  await expect(runs.getByRole('listitem')).toHaveCount(1);
  await expect(runs).toContainText('6 scored');
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(runs.getByRole('listitem')).toHaveCount(2);
  await expect(runs.getByRole('listitem').first()).toContainText('6 known before');
  await page.getByRole('link', { name: '← All collections' }).click();
  await page.getByRole('button', { name: 'Forget them' }).click();
  await expect(page.getByText('of earlier runs')).toHaveCount(0);
  await page.getByRole('link', { name: 'Measured' }).click();

  // One query, side by side, with its grades.
  await page.getByRole('link', { name: 'Queries', exact: true }).click();
  await page.getByText('where does river water go').click();
  await expect(page.getByRole('heading', { name: 'where does river water go' })).toBeVisible();
  await page.getByText('Side by side').click();
  const model = page.getByRole('list', { name: 'Cross-encoder order' });
  await expect(model.getByRole('listitem')).toHaveCount(3);
  await expect(model.getByText('grade')).toHaveCount(1);
});

test('how a file is understood is shown, and changed before it is taken in', async ({ page }) => {
  await page.goto('./#/collections');
  const table = 'nr;body;kind\n7;A text about loans;x\n8;A text about rivers;y\n';
  await pickFiles(page, [fileOf('table.csv', table)]);
  const files = page.getByRole('list', { name: 'Files' });
  await expect(files.getByRole('listitem').first()).toContainText('2 documents');
  await page.getByRole('combobox', { name: 'text', exact: true }).selectOption('kind');
  const sample = page.getByRole('region', { name: 'First records of table.csv' });
  await expect(sample.getByRole('cell', { name: 'y', exact: true })).toBeVisible();
  await page.getByRole('combobox', { name: 'text', exact: true }).selectOption('body');
  await expect(sample).toContainText('A text about rivers');
});

test('what is wrong is said with its place, and the rest is taken in', async ({ page }) => {
  const lines = [
    JSON.stringify(corpus[0]),
    '{"_id": "broken", "text": ',
    JSON.stringify(corpus[1]),
    JSON.stringify({ _id: 'd1', text: 'another text under the same id' }),
    JSON.stringify({ _id: 'd9', text: '   ' }),
  ];
  await page.goto('./#/collections');
  await pickFiles(page, [
    fileOf('corpus.jsonl', `${lines.join('\n')}\n`),
    fileOf('queries.jsonl', jsonLines([{ _id: 'q1', text: 'rivers' }])),
    fileOf('qrels.tsv', 'query-id\tcorpus-id\tscore\nq1\td2\t1\nq7\td2\t1\nq1\tgone\t2\n'),
    fileOf('picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0])),
  ]);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const report = page.getByRole('region', { name: 'Import report' });
  await expect(report).toContainText('1 file is not text');
  await expect(report).toContainText('picture.png');
  await expect(report).toContainText('1 line does not have the form');
  await expect(report).toContainText('line 2');
  await expect(report).toContainText('1 document has the id of an earlier one');
  await expect(report).toContainText('1 record has an empty text');
  await expect(report).toContainText('1 record names a query that is not here');
  await expect(report).toContainText('1 judged document is not among the documents');
  await expect(report).toContainText('2 documents');
});

test('broken JSON is named by line and column, and nothing else is lost', async ({ page }) => {
  await importAs(page, 'Earlier', beirFiles());
  await page.goto('./#/collections');
  await pickFiles(page, [fileOf('broken.json', '[\n  {"text": "a"},\n  {"text": oops}\n]\n')]);
  await expect(page.getByText(/line 3, column 12/)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('listitem', { name: 'Earlier' })).toBeVisible();
});

test('a collection is renamed, duplicated, deleted and brought back', async ({ page }) => {
  await importAs(page, 'First name', beirFiles());
  await page.goto('./#/collections');
  await page.getByRole('button', { name: 'Rename First name' }).click();
  await page.getByRole('textbox', { name: 'New name of First name' }).fill('Second name');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listitem', { name: 'Second name' })).toBeVisible();
  await page.getByRole('button', { name: 'Duplicate Second name' }).click();
  const list = page.getByRole('list', { name: 'Collections on this machine' });
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await page.getByRole('button', { name: 'Delete Second name', exact: true }).click();
  await expect(list.getByRole('listitem')).toHaveCount(1);
  await page.getByRole('button', { name: 'Bring back Second name' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(2);
});

test('a collection goes out as a file and comes back whole, with its run', async ({ page }) => {
  await importAs(page, 'Travels', beirFiles());
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(page.getByText(/^Done: 2 queries/)).toBeVisible();
  await page.goto('./#/collections');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export Travels as a file' }).click(),
  ]);
  const saved = await readFile(await download.path());
  await page.getByRole('button', { name: 'Delete Travels', exact: true }).click();
  await importAs(page, 'Back', [fileOf('travels.jsonl', saved)]);
  const runs = page.getByRole('region', { name: 'Runs' });
  await expect(runs.getByRole('listitem')).toHaveCount(1);
  await expect(runs).toContainText('2 of 2 queries');
});

test('a cancelled run keeps what is done and goes on later, also after a reload', async ({
  page,
}) => {
  const many = Array.from({ length: 300 }, (_, number) => ({
    _id: `d${number}`,
    text: `note ${number} about loans, rivers and the water of the hills `.repeat(4),
  }));
  const asked = Array.from({ length: 4 }, (_, number) => ({
    _id: `q${number}`,
    text: `rivers ${number}`,
  }));
  await importAs(page, 'Long', [
    fileOf('corpus.jsonl', jsonLines(many)),
    fileOf('queries.jsonl', jsonLines(asked)),
  ]);
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(page.getByText(/[1-3] of 4 queries/).first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText(/^Cancelled: [1-3] of 4 queries/)).toBeVisible();
  await page.reload();
  const runs = page.getByRole('region', { name: 'Runs' });
  await expect(runs).toContainText('unfinished');
  await runs.getByRole('button', { name: /^Resume/ }).click();
  await expect(page.getByText(/^Done: 4 queries/)).toBeVisible();
  await expect(runs).toContainText('4 of 4 queries');
});

test('a rerank request and Chinese text in GB18030 are recognised by their content', async ({
  page,
}) => {
  await page.goto('./#/collections');
  const request = { model: 'm', query: 'rivers', documents: ['a river', 'a loan'], top_n: 2 };
  // "中文文档" twice, with different endings, as GB18030.
  const chinese = Buffer.from('d6d0cec4cec4b5b5d2bb0ad6d0cec4cec4b5b5b6fe0a', 'hex');
  await pickFiles(page, [
    fileOf('body.json', JSON.stringify(request)),
    fileOf('chinese.txt', chinese),
  ]);
  const files = page.getByRole('list', { name: 'Files' });
  await expect(files.getByRole('listitem').filter({ hasText: 'body.json' })).toContainText(
    '1 query',
  );
  await page.getByTitle('Change how chinese.txt is understood').click();
  await expect(page.getByText('中文文档一')).toBeVisible();
});

test('a query is typed for documents that came without one, and reranked', async ({ page }) => {
  await importAs(page, 'Documents only', [fileOf('corpus.jsonl', jsonLines(corpus))]);
  await page.getByRole('link', { name: 'Queries', exact: true }).click();
  await page.getByRole('textbox', { name: 'Add a query' }).fill('where does river water go');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'where does river water go' }).click();
  await page.getByRole('button', { name: 'Rerank this query' }).click();
  await expect(page.getByText('Logits of crossrank-tiny-en-zh, depth 3')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Rerank this query' })).toHaveCount(0);
  await expect(page.getByRole('list', { name: 'Ranking' }).getByText('relevance')).toHaveCount(3);
});

test('whoever has nothing at hand takes the keyword traps, and sees what they are worth', async ({
  page,
}) => {
  await page.goto('./#/collections');
  await page.getByRole('button', { name: 'Take the keyword traps as a sample' }).click();
  await expect(page.getByRole('heading', { name: 'Keyword traps', exact: true })).toBeVisible();
  await expect(page.getByText('32 of 32 queries judged')).toBeVisible();
  await expect(page.getByText('32 queries count')).toBeVisible();
});
