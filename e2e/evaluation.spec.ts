import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import {
  beirFiles,
  fileOf,
  importAs,
  pickFiles,
  sharedFile,
  withoutShared,
} from './collections.ts';
import { expect, test } from './fixtures.ts';

function systemRow(page: Page, name: string): Locator {
  const header = page.locator('.evaluation-system', { hasText: new RegExp(`^${name}$`) });
  return page.locator('.evaluation-table tbody tr', { has: header });
}

/** Means of a system as the table shows them, one per metric. */
async function meansOf(page: Page, name: string): Promise<readonly string[]> {
  const row = systemRow(page, name);
  await expect(row).toBeVisible();
  const cells = await row.getByRole('cell').allInnerTexts();
  return cells.map((text) => text.split('\n')[0] ?? '');
}

test('DL19: reranked, evaluated, exported as a TREC run and imported again with the same numbers', async ({
  page,
}) => {
  // biome-ignore lint/suspicious/noSkippedTests: the labelled collections are not part of the project.
  test.skip(withoutShared, 'the labelled collections are not beside this project');
  test.setTimeout(240_000);
  await importAs(page, 'DL19', [
    sharedFile('trec-dl19/first-stage-bm25.json'),
    sharedFile('trec-dl19/qrels.txt'),
  ]);
  await expect(page.getByText('43 queries', { exact: false }).first()).toBeVisible();
  expect((await meansOf(page, 'First stage'))[0]).toBe('0.5058');

  await page.getByRole('textbox', { name: 'Depth' }).fill('20');
  await page.getByRole('textbox', { name: 'Queries' }).fill('5');
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(page.getByText(/^Done: 5 queries/)).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText('5 queries count')).toBeVisible();
  const measured = await meansOf(page, 'crossrank-tiny-en-zh');
  expect(measured).toHaveLength(4);

  await page.getByRole('link', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download', exact: true }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('DL19.cross-encoder.run');
  const run = await readFile(await download.path(), 'utf8');
  expect(run.trim().split('\n')).toHaveLength(500);

  await pickFiles(page, [fileOf('mine.run', run)]);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('Taken in as systems of their own: cross-encoder.')).toBeVisible();
  await page.getByRole('button', { name: 'Open the collection' }).click();
  await page.getByRole('link', { name: 'Evaluation', exact: true }).click();
  expect(await meansOf(page, 'cross-encoder')).toEqual(measured);
});

test('xquad: Chinese questions are paired with English paragraphs', async ({ page }) => {
  // biome-ignore lint/suspicious/noSkippedTests: the labelled collections are not part of the project.
  test.skip(withoutShared, 'the labelled collections are not beside this project');
  await page.goto('./#/collections');
  await pickFiles(page, [sharedFile('xquad/xquad.zh.json'), sharedFile('xquad/xquad.en.json')]);
  const files = page.getByRole('list', { name: 'Files' });
  await expect(files.getByRole('listitem').filter({ hasText: 'xquad.zh.json' })).toContainText(
    '1,190 queries',
  );
  await expect(files.getByRole('listitem').filter({ hasText: 'xquad.en.json' })).toContainText(
    '240 documents',
  );
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(
    page.getByText(/240 documents, 1,190 queries, 1,190 judgements/).first(),
  ).toBeVisible();
});

test('the verdict, the pictures and the report say what was measured', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await importAs(page, 'Judged', beirFiles());
  await page.getByRole('button', { name: 'Rerank', exact: true }).click();
  await expect(page.getByText(/^Done: 2 queries/)).toBeVisible();
  await expect(systemRow(page, 'crossrank-tiny-en-zh')).toBeVisible();
  for (const value of [
    ...(await meansOf(page, 'BM25')),
    ...(await meansOf(page, 'crossrank-tiny-en-zh')),
  ]) {
    expect(Number(value)).toBeGreaterThanOrEqual(0);
    expect(Number(value)).toBeLessThanOrEqual(1);
  }
  // Both queries have one relevant document, and BM25 puts it first.
  expect((await meansOf(page, 'BM25'))[0]).toBe('1.0000');

  await page.getByRole('button', { name: 'Copy SVG: Metrics by system' }).click();
  const svg = await page.evaluate(() => navigator.clipboard.readText());
  expect(svg).toMatch(/^<\?xml|^<svg/);
  expect(svg).toContain('nDCG@10');

  await page.getByRole('button', { name: 'Copy as Markdown' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(report).toContain('crossrank-tiny-en-zh');
  expect(report).toContain('nDCG@10');
  expect(report).toContain('wasm');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save JSON' }).click(),
  ]);
  const json = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(json.version).toBe(1);
});

test('without judgements the page says how to bring them', async ({ page }) => {
  await importAs(page, 'Unjudged', beirFiles().slice(0, 2));
  await page.getByRole('link', { name: 'Evaluation', exact: true }).click();
  await expect(page.getByText('Nobody has said yet which documents are relevant')).toBeVisible();
});

test('what scripts call evaluates files without the page', async ({ page }) => {
  await page.goto('./');
  const report = await page.evaluate(
    async (files) => {
      const brought = files.map(({ name, text }) => ({ path: name, blob: new Blob([text]) }));
      const events: string[] = [];
      const { evaluation, run, model } = await window.crossrankEvaluate(
        brought,
        { depth: 2, device: 'wasm', metrics: ['nDCG@10', 'Success@1'] },
        (event) => events.push(event.type),
      );
      const left = await (await window.crossrankCollections()).list();
      return { evaluation, run, model: model.model, events, left: left.length };
    },
    beirFiles().map(({ name, buffer }) => ({ name, text: buffer.toString() })),
  );
  expect(report.model).toBe('crossrank-tiny-en-zh');
  expect(report.evaluation.systems.map(({ kind }) => kind)).toEqual([
    'bm25',
    'model',
    'fusion',
    'fusion',
  ]);
  expect(report.run.scoredPairs).toBe(4);
  expect(report.events).toContain('imported');
  expect(report.left).toBe(0);
});

test('npm run evaluate prints the same as JSON, and says what is wrong with its arguments', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-evaluate-'));
  try {
    for (const { name, buffer } of beirFiles()) writeFileSync(path.join(folder, name), buffer);
    const script = ['scripts/evaluate.mjs', '--no-build'];
    const given = [
      ...['--corpus', path.join(folder, 'corpus.jsonl')],
      ...['--first-stage', path.join(folder, 'queries.jsonl')],
      ...['--qrels', path.join(folder, 'qrels.tsv')],
    ];
    const { stdout, status } = await run([...script, ...given, '--device', 'wasm', '--json']);
    expect(status).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ model: 'crossrank-tiny-en-zh', device: 'wasm', queries: 2 });
    const names = report.systems.map(({ name }: { readonly name: string }) => name);
    expect(names).toEqual(['bm25', 'cross-encoder', 'fusion']);
    expect(report.systems[0].metrics['nDCG@10']).toBe(1);

    const wrong = await run([...script, '--first-stage', 'nowhere.json', '--qrels', 'x']);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('There is no file nowhere.json');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Runs a script of the project as a program. */
function run(args: readonly string[]): Promise<{
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += String(text);
    });
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    child.on('close', (status) => resolve({ stdout, stderr, status }));
  });
}
