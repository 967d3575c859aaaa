import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page, Worker } from '@playwright/test';
import { writeFixtureModels } from '../scripts/hub/fixture-models.mjs';
import { type Hub, type HubOptions, startHub } from '../scripts/hub/serve-hub.mjs';
import type { LoadEvent, LoadedModel, LoadOptions, RerankErrorCode } from '../src/index.ts';
import { test as base, expect, openRanked } from './fixtures.ts';

/** How a call ended that may fail. */
export type Ending<Value> =
  | { readonly code: null; readonly value: Value; readonly message: '' }
  | { readonly code: RerankErrorCode | 'other'; readonly value: null; readonly message: string };

/** How a load ended, and what was said of it meanwhile. */
export type LoadReport = Ending<LoadedModel> & { readonly events: readonly LoadEvent[] };

export interface ReferenceLogits {
  readonly pairs: readonly (readonly [query: string, document: string])[];
  readonly models: readonly {
    readonly options: string;
    readonly rows: readonly { readonly fp32: number; readonly int8: number }[];
  }[];
}

/** Weights of several megabytes: a download of them can be stopped in the middle. */
export const wideModel = 'test/bert-wide';
export const weightsPath = 'onnx/model.onnx';

/** BERT with one layer and 40,000 words: ten megabytes of weights that are run in no time. */
const wideOptions =
  '--family=bert --layers=1 --vocab=40000 --hidden=64 --max-length=128 --dtype=fp32'.split(' ');

/** Reaches the inside of the wide model's weights; what is stored is written in whole megabytes. */
export const middleBytes = 3_500_000;

/**
 * Each test has a hub of its own, so that it can spoil or close it. The pages may ask that hub and
 * nobody else.
 */
export const test = base.extend<{ hubOptions: Omit<HubOptions, 'models'>; hub: Hub }>({
  hubOptions: [{}, { option: true }],
  hub: async ({ watch, hubOptions }, use) => {
    const hub = await startHub({ ...hubOptions, models: modelFolders() });
    await use(hub);
    await hub.close();
    const ofHub = (url: string): boolean =>
      url.startsWith(`${hub.url}/`) || url.startsWith(`${hub.cdnUrl}/`);
    const others = watch.foreignRequests.filter((url) => !ofHub(url));
    watch.foreignRequests.splice(0, watch.foreignRequests.length, ...others);
  },
});

let folders: Readonly<Record<string, string>> | undefined;

/** The folder of each test model; they are made once for all runs. */
export function modelFolders(): Readonly<Record<string, string>> {
  if (folders !== undefined) return folders;
  const fixtures = writeFixtureModels(cacheFolder);
  // Beside the others, under the key that changes with what they are made from.
  const key = path.dirname(path.dirname(fixtures['test/bert-tiny'] ?? ''));
  folders = { ...fixtures, [wideModel]: makeWideModel(`${key}${wideOptions.join('')}`) };
  return folders;
}

/** A file of a test model. */
export function readModelFile(model: string, file: string): Buffer {
  return readFileSync(path.join(modelFolders()[model] ?? '', file));
}

/** Logits of the native runtime; bench/native/reference-logits.mjs says what the file holds. */
export function readReferenceLogits(): ReferenceLogits {
  return JSON.parse(readFileSync(`${scriptsFolder}models/reference-logits.json`, 'utf8'));
}

/** Opens the page and waits until it does nothing more by itself. */
export async function openPage(page: Page): Promise<void> {
  await openRanked(page);
}

/** Calls `crossrank.load`; the page's root says which event came last, and how many bytes. */
export function load(page: Page, options: LoadOptions): Promise<LoadReport> {
  return page.evaluate(async (given) => {
    const events: LoadEvent[] = [];
    const { dataset } = document.documentElement;
    try {
      const value = await window.crossrank.load({
        ...given,
        onEvent: (event) => {
          if (event.type === 'scoring' || event.type === 'recovering') return;
          events.push(event);
          dataset.event = event.type;
          if (event.type === 'downloading') dataset.loadedBytes = String(event.loadedBytes);
        },
      });
      return { code: null, value, message: '', events };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'other';
      // The console API rejects with RerankErrors alone.
      return { code: code as RerankErrorCode, value: null, message: String(error), events };
    }
  }, options);
}

/** Loads with a signal that is aborted when so many bytes are here. */
export function loadAndAbort(
  page: Page,
  options: LoadOptions,
  atBytes: number,
): Promise<Ending<LoadedModel>> {
  return page.evaluate(
    async ([given, bytes]) => {
      const controller = new AbortController();
      try {
        const value = await window.crossrank.load({
          ...given,
          signal: controller.signal,
          onEvent: (event) => {
            if (event.type === 'downloading' && event.loadedBytes >= bytes) controller.abort();
          },
        });
        return { code: null, value, message: '' };
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'other';
        // The console API rejects with RerankErrors alone.
        return { code: code as RerankErrorCode, value: null, message: String(error) };
      }
    },
    [options, atBytes] as const,
  );
}

/** Loads and expects that it works. */
export async function loadModel(page: Page, options: LoadOptions): Promise<LoadedModel> {
  const { value, code, message } = await load(page, options);
  if (value === null) throw new Error(`The load failed: ${code}: ${message}`);
  return value;
}

/** Waits until a load of this page has so many bytes. */
export async function untilLoaded(page: Page, bytes: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => Number(document.documentElement.dataset.loadedBytes ?? 0) >= wanted,
    bytes,
  );
}

/** Bytes so far and in all, as they were said. */
export function progressOf({ events }: LoadReport): { loaded: number[]; totals: number[] } {
  const downloads = events.filter((event) => event.type === 'downloading');
  return {
    loaded: downloads.map(({ loadedBytes }) => loadedBytes),
    totals: downloads.map(({ totalBytes }) => totalBytes),
  };
}

/** Logits of documents scored one by one with the model in use: int8 scales are per batch. */
export function logitsOf(
  page: Page,
  pairs: readonly (readonly [query: string, document: string])[],
): Promise<number[]> {
  return page.evaluate(async (given) => {
    const logits: number[] = [];
    for (const [query, text] of given) {
      const { ranking } = await window.crossrank.rerank({ query, documents: [text] });
      logits.push(ranking[0]?.logit ?? Number.NaN);
    }
    return logits;
  }, pairs);
}

/** Shows the view of the models. */
export async function openModelsView(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Models' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible();
}

/** The part of the models view that tells of the model in memory. */
export function inUse(page: Page): Locator {
  return page.getByRole('region', { name: 'In use' });
}

/** Waits until the page says that this model works, and not that it is on its way. */
export async function expectInUse(page: Page, name: string): Promise<void> {
  await expect(inUse(page).locator('.in-use-model')).toContainText(name);
  await expect(inUse(page).locator('.in-use-loading')).toHaveCount(0);
}

/** Types a host and a repository into the models view and looks the repository up. */
export async function lookUp(page: Page, host: string, model: string): Promise<void> {
  await page.getByRole('radio', { name: 'Other…' }).check();
  const address = page.getByRole('textbox', { name: 'Address of the host' });
  await address.fill(host);
  await address.press('Enter');
  await page.getByRole('textbox', { name: 'Repository' }).fill(model);
  await page.getByRole('button', { name: 'Look up' }).click();
}

/** The workers that hold models and see texts. */
export function scoringWorkers(page: Page): readonly Worker[] {
  return page.workers().filter((worker) => worker.url().includes('/reranker.worker'));
}

/** What the hub was asked for of a file's bytes, redirects and preflights left out. */
export function downloadsOf(hub: Hub, file: string): readonly Hub['requests'][number][] {
  return hub.requests.filter(
    ({ method, path: asked, status }) =>
      method === 'GET' && asked.endsWith(`/${file}`) && (status === 200 || status === 206),
  );
}

/** Takes the browser's own words about answers that are no success out of what went wrong. */
export function dropNetworkErrors(pageErrors: string[]): void {
  const others = pageErrors.filter((text) => !text.startsWith('Failed to load resource'));
  pageErrors.splice(0, pageErrors.length, ...others);
}

/** Paths and sizes of all that the page's origin keeps in its private file system. */
export function keptFiles(
  page: Page,
): Promise<{ readonly path: string; readonly bytes: number }[]> {
  return page.evaluate(async () => {
    // Answers when the notes about a load are written, so that no file comes or goes meanwhile.
    await window.crossrank.models();
    const found: { path: string; bytes: number }[] = [];
    const list = async (folder: FileSystemDirectoryHandle, above: string): Promise<void> => {
      // TypeScript's DOM library does not know that these are iterable.
      const entries = (
        folder as unknown as { values(): AsyncIterable<FileSystemDirectoryHandle> }
      ).values();
      for await (const entry of entries) {
        const at = `${above}/${entry.name}`;
        if (entry.kind === 'directory') await list(entry, at);
        else {
          const handle = await folder.getFileHandle(entry.name);
          found.push({ path: at, bytes: (await handle.getFile()).size });
        }
      }
    };
    await list(await navigator.storage.getDirectory(), '');
    return found;
  });
}

const scriptsFolder = fileURLToPath(new URL('../scripts/', import.meta.url));
const cacheFolder = fileURLToPath(
  new URL('../node_modules/.cache/crossrank-fixtures', import.meta.url),
);

function makeWideModel(folder: string): string {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const generator = `${scriptsFolder}models/generate.mjs`;
  const args = [generator, ...wideOptions, unfinished];
  execFileSync(process.execPath, args, { stdio: 'pipe' });
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another process was faster, and its files are the same.
    rmSync(unfinished, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
