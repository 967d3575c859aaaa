import { test as base, expect, type Page } from '@playwright/test';
import type { collections } from '../src/app/collections-service.ts';
import type { evaluateFiles } from '../src/app/evaluate-files.ts';
import type { Crossrank } from '../src/index.ts';

declare global {
  interface Window {
    /** The console API, as the page offers it. */
    readonly crossrank: Crossrank;
    /** What `npm run evaluate` calls. */
    readonly crossrankEvaluate: typeof evaluateFiles;
    /** The collections on this machine. */
    readonly crossrankCollections: () => Promise<typeof collections>;
  }
}

export interface Watch {
  /** Requests that left for any other origin than the page's own. */
  readonly foreignRequests: string[];
  /** Uncaught errors and console errors, policy violations among them. */
  readonly pageErrors: string[];
}

/**
 * Every test watches the whole browser context: no request may go to another origin, and nothing
 * may fail unseen. A test that provokes an error empties `pageErrors` itself.
 */
export const test = base.extend<{ watch: Watch }>({
  watch: [
    async ({ context, baseURL }, use) => {
      const watch: Watch = { foreignRequests: [], pageErrors: [] };
      const own = new URL(baseURL ?? '').origin;
      context.on('request', (request) => {
        const url = new URL(request.url());
        if (url.protocol.startsWith('http') && url.origin !== own) {
          watch.foreignRequests.push(request.url());
        }
      });
      context.on('weberror', (error) => watch.pageErrors.push(String(error.error())));
      context.on('console', (message) => {
        if (message.type() === 'error') watch.pageErrors.push(message.text());
      });
      await use(watch);
      expect(watch.foreignRequests).toEqual([]);
      expect(watch.pageErrors).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Opens the page and waits until the first trap has been ranked. */
export async function openRanked(page: Page, path = './'): Promise<void> {
  await page.goto(path);
  await expect(stampOf(page)).toBeVisible();
}

/** A query and documents of one's own; the last one answers it. */
export const capitalsQuery = 'what is the capital of France?';
export const capitals: readonly string[] = [
  'Berlin is the capital of Germany.',
  'The Seine flows through the city.',
  'Paris is the capital of France.',
];

/** The boxes that a query and documents are typed into. */
export function queryBox(page: Page) {
  return page.getByRole('textbox', { name: 'Query' });
}

export function documentsBox(page: Page) {
  return page.getByRole('textbox', { name: 'Documents' });
}

/** The line below a ranking that names the model; it is there when the run is complete. */
export function stampOf(page: Page) {
  return page.getByTestId('stamp');
}

/** The rows of the list "Ranking". */
export function rowsOf(page: Page) {
  return page.getByRole('list', { name: 'Ranking' }).getByRole('listitem');
}

/**
 * Puts a text into the "Documents" box through the clipboard, as a user does. Chromium takes a
 * paste of any size at once, while text that is typed costs time quadratic in its lines.
 */
async function pasteDocuments(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await documentsBox(page).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('ControlOrMeta+v');
}

/** Types a query, pastes documents and presses "Rerank"; does not wait for the result. */
export async function rerank(
  page: Page,
  query: string,
  documents: string | readonly string[],
): Promise<void> {
  await queryBox(page).fill(query);
  await pasteDocuments(page, typeof documents === 'string' ? documents : documents.join('\n'));
  await page.getByRole('button', { name: 'Rerank' }).click();
}

/** Passages of mixed length, all different; long enough to be interrupted. */
export function passages(count: number): string[] {
  const words = 'the loan fund water river stone apply office night paper green long answer'.split(
    ' ',
  );
  return Array.from({ length: count }, (_, number) => {
    const length = 20 + ((number * 37) % 90);
    const text = Array.from({ length }, (_, at) => words[(number * 7 + at * 3) % words.length]);
    return `${number + 1} ${text.join(' ')}`;
  });
}
