import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, type Page } from '@playwright/test';

/** A file of the labelled collections beside the project; they are not part of it. */
export function sharedFile(path: string): string {
  return fileURLToPath(new URL(`../../shared/eval/${path}`, import.meta.url));
}

/** Why a test on the labelled collections is skipped; false where they are. */
export const withoutShared = !existsSync(sharedFile('README.md'));

/** A file made up for a test, as a file picker gives it. */
export function fileOf(
  name: string,
  content: string | Buffer,
): {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
} {
  const buffer = typeof content === 'string' ? Buffer.from(content) : content;
  return { name, mimeType: 'application/octet-stream', buffer };
}

type Picked = string | ReturnType<typeof fileOf>;

/** Opens the Collections view and gives files to the picker; the import panel is then open. */
export async function pickFiles(page: Page, files: readonly Picked[]): Promise<void> {
  const picker = page.getByLabel(/^(Import|Add) files…/).first();
  // One call takes paths or contents, not both.
  const paths = files.filter((file) => typeof file === 'string');
  if (paths.length === files.length) await picker.setInputFiles(paths);
  else await picker.setInputFiles(files.filter((file) => typeof file !== 'string'));
}

/** Imports files as a new collection and opens it. */
export async function importAs(page: Page, name: string, files: readonly Picked[]): Promise<void> {
  await page.goto('./#/collections');
  await pickFiles(page, files);
  const goal = page.getByRole('form', { name: 'Import these files' });
  await goal.getByRole('textbox', { name: 'Name' }).fill(name);
  await goal.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('button', { name: 'Open the collection' }).click();
  await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
}

/** Small, made up: three documents and two judged queries. */
export const corpus = [
  { _id: 'd1', title: 'Loans', text: 'Students pay a loan back after their studies.' },
  { _id: 'd2', title: '', text: 'Rivers carry water from the hills to the sea.' },
  { _id: 'd3', title: '', text: 'The library lends books to students for a month.' },
];
const queries = [
  { _id: 'q1', text: 'when is a student loan paid back' },
  { _id: 'q2', text: 'where does river water go' },
];
const qrels = 'query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n';

export function jsonLines(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** The small collection as BEIR files. */
export function beirFiles(): readonly ReturnType<typeof fileOf>[] {
  return [
    fileOf('corpus.jsonl', jsonLines(corpus)),
    fileOf('queries.jsonl', jsonLines(queries)),
    fileOf('qrels.tsv', qrels),
  ];
}
