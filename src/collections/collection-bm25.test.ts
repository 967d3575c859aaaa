import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bm25Scores, createBm25Index } from '../core/bm25.ts';
import { orderByScore } from '../core/scores.ts';
import type { Document } from '../core/types.ts';
import { bm25Best, bm25ScoresAt, CollectionBm25 } from './collection-bm25.ts';
import { MemoryCollection } from './collection-samples.ts';
import type { CollectionsEvent } from './collections-api.ts';

const documents: readonly Document[] = [
  { docId: 'd0', text: 'rivers run' },
  { docId: 'd1', title: 'Tides', text: 'the moon' },
  { docId: 'd2', text: 'moon moon tides' },
];

function collectionOf(texts: readonly Document[], id = 'sample'): MemoryCollection {
  return new MemoryCollection({ id, documents: texts, queries: [] });
}

/** Counts how often the texts are read. */
class CountingCollection extends MemoryCollection {
  reads = 0;

  override documentBlocks(): AsyncIterable<readonly Document[]> {
    this.reads += 1;
    return super.documentBlocks();
  }
}

describe('BM25 over a collection', () => {
  it('reads titles and texts', async () => {
    const index = await new CollectionBm25().indexOf(collectionOf(documents));
    const expected = createBm25Index(['rivers run', 'Tides the moon', 'moon moon tides']);
    expect(index).toEqual(expected);
  });

  it('is built once, again for added documents, and kept for the last collection only', async () => {
    const bm25 = new CollectionBm25();
    const sample = { documents, queries: [] };
    const [a, b] = [new CountingCollection(sample), new CountingCollection({ ...sample, id: 'b' })];
    await Promise.all([bm25.indexOf(a), bm25.indexOf(a)]);
    expect(a.reads).toBe(1);
    a.add([{ docId: 'd3', text: 'new' }]);
    expect((await bm25.indexOf(a)).lengths).toHaveLength(4);
    await bm25.indexOf(b);
    await bm25.indexOf(a);
    expect([a.reads, b.reads]).toEqual([3, 1]);
  });

  it('tells its progress, and an aborted build is not kept', async () => {
    const bm25 = new CollectionBm25();
    const many = Array.from({ length: 3000 }, (_, at) => ({
      docId: `d${at}`,
      text: 'a b c '.repeat(40),
    }));
    const collection = collectionOf(many);
    const abort = new AbortController();
    const events: CollectionsEvent[] = [];
    const stopped = bm25.indexOf(collection, {
      signal: abort.signal,
      onProgress: (event) => {
        events.push(event);
        if (event.done > 0) abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(events.at(-1)?.done).toBeLessThanOrEqual(3000);
    const later: CollectionsEvent[] = [];
    await bm25.indexOf(collection, { onProgress: (event) => later.push(event) });
    expect(later[0]).toEqual({ type: 'progress', step: 'indexing', done: 0, total: 3000 });
    expect(later.at(-1)).toMatchObject({ done: 3000, total: 3000 });
    const done = later.map((event) => event.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('ranks the best, and fills up in collection order', () => {
    const index = createBm25Index(['x', 'moon', 'y', 'moon moon', 'moon']);
    expect([...bm25Best(index, 'moon', 2).documents]).toEqual([3, 1]);
    const all = bm25Best(index, 'moon', 4);
    expect([...all.documents]).toEqual([3, 1, 4, 0]);
    expect(all.scores).toEqual(bm25ScoresAt(index, 'moon', [3, 1, 4, 0]));
    expect(all.scores[3]).toBe(0);
    expect([...bm25Best(index, 'nothing', 3).documents]).toEqual([0, 1, 2]);
    expect(bm25Best(index, 'moon', 99).documents).toHaveLength(5);
    expect(bm25Best(index, 'moon', 0).documents).toHaveLength(0);
  });

  it('finds what sorting all documents finds', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), text, fc.nat(14), (texts, query, count) => {
        const index = createBm25Index(texts.map((words) => words.join(' ')));
        const expected = orderByScore(bm25Scores(index, query.join(' '))).slice(0, count);
        expect([...bm25Best(index, query.join(' '), count).documents]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
