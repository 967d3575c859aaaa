// Collections: how fast 100 MB of JSON Lines come in, and how fast BM25 indexes 100,000 documents.

import { mixedPassages } from './passages.mjs';

/** @typedef {import('@playwright/test').Page} Page */

const importBytes = 100_000_000;
const documentCount = 100_000;

/**
 * @param {Page} page a page of the app
 * @returns {Promise<{ importMs: number, importedBytes: number, importedDocuments: number,
 *   indexMs: number, indexedDocuments: number, longestTaskMs: number }>}
 */
export async function measureCollections(page) {
  const { query, documents } = mixedPassages(1000);
  return page.evaluate(
    async ({ query, documents, importBytes, documentCount }) => {
      /**
       * The same passages again and again, each with an id and a number of its own.
       * @param {(bytes: number, count: number) => boolean} enough
       */
      const jsonLines = (enough) => {
        /** @type {BlobPart[]} */
        const parts = [];
        let [bytes, count] = [0, 0];
        while (!enough(bytes, count)) {
          const block = documents
            .map((text, at) =>
              JSON.stringify({ _id: `d${count + at}`, text: `${count + at} ${text}` }),
            )
            .join('\n');
          const encoded = new TextEncoder().encode(`${block}\n`);
          parts.push(encoded);
          bytes += encoded.length;
          count += documents.length;
        }
        return new Blob(parts);
      };
      const collections = await window.crossrankCollections();
      const queries = new Blob([`${JSON.stringify({ _id: 'q1', text: query })}\n`]);

      /** @param {Blob} corpus */
      const bring = async (corpus) => {
        const files = [
          { path: 'corpus.jsonl', blob: corpus },
          { path: 'queries.jsonl', blob: queries },
        ];
        const startMs = performance.now();
        const report = await collections.importFiles(files, {}, { kind: 'new', name: 'bench' });
        const elapsedMs = performance.now() - startMs;
        const { summary } = report;
        if (summary === null) throw new Error(JSON.stringify(report.problems));
        return { summary, elapsedMs };
      };
      /** @param {string} id */
      const forget = async (id) => {
        await collections.remove(id);
        await collections.purge(id);
      };

      const large = jsonLines((bytes) => bytes >= importBytes);
      const corpus = jsonLines((_, count) => count >= documentCount);
      // Making the files was work of this bench, not of the page.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      let longestTaskMs = 0;
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) {
          longestTaskMs = Math.max(longestTaskMs, duration);
        }
      });
      observer.observe({ entryTypes: ['longtask'] });
      const imported = await bring(large);
      await forget(imported.summary.id);

      const many = await bring(corpus);
      const startMs = performance.now();
      // Asking for a query's candidates makes the index.
      await collections.queryDetail(many.summary.id, 0, null, 10);
      const indexMs = performance.now() - startMs;
      await forget(many.summary.id);
      observer.disconnect();
      return {
        importMs: imported.elapsedMs,
        importedBytes: large.size,
        importedDocuments: imported.summary.documents,
        indexMs,
        indexedDocuments: many.summary.documents,
        longestTaskMs,
      };
    },
    { query, documents, importBytes, documentCount },
  );
}
