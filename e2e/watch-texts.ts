import type { BrowserContext, Page } from '@playwright/test';

/** What a tour left behind in places where no text of the user belongs. */
export interface TextWatch {
  /** Each request as text: address, headers and body. */
  readonly requests: () => Promise<readonly string[]>;
  /** Messages of consoles, of pages and workers, and uncaught errors. */
  readonly logs: readonly string[];
  /** Addresses of pages without their fragments, and titles. */
  readonly places: readonly string[];
  /** Notes where a page is now, and what it is called. */
  readonly look: (page: Page) => Promise<void>;
}

/** Watches every request of a context: its pages', their workers' and the service worker's. */
export function watchTexts(context: BrowserContext): TextWatch {
  const sent: Promise<string>[] = [];
  const logs: string[] = [];
  const places: string[] = [];
  context.on('request', (request) => {
    sent.push(
      request
        .allHeaders()
        // Gone with its page or worker.
        .catch(() => request.headers())
        .then((headers) =>
          JSON.stringify([request.method(), request.url(), headers, request.postData()]),
        ),
    );
  });
  context.on('console', (message) => logs.push(message.text()));
  context.on('weberror', (error) => {
    const thrown = error.error();
    logs.push(thrown instanceof Error ? `${thrown.message}\n${thrown.stack}` : String(thrown));
  });
  return {
    requests: () => Promise.all(sent),
    logs,
    places,
    look: async (page) => {
      const { origin, pathname, search } = new URL(page.url());
      places.push(origin + pathname + search, await page.title());
    },
  };
}

/** Names and values of what a page's `localStorage` holds. */
export function localValues(page: Page): Promise<readonly (readonly [string, string])[]> {
  return page.evaluate(() =>
    Object.entries({ ...localStorage }).map(([key, value]) => [key, value]),
  );
}

/** Texts of the small files that this origin keeps, which describe its models. */
export function keptTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const texts: string[] = [];
    const read = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      // TypeScript's DOM library does not know that these are iterable.
      const entries = (
        folder as unknown as { values(): AsyncIterable<FileSystemDirectoryHandle> }
      ).values();
      for await (const entry of entries) {
        if (entry.kind === 'directory') {
          await read(entry);
          continue;
        }
        const file = await (await folder.getFileHandle(entry.name)).getFile();
        if (file.size < 1_000_000) texts.push(`${entry.name}\n${await file.text()}`);
      }
    };
    await read(await navigator.storage.getDirectory());
    return texts;
  });
}
