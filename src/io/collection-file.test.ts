import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../core/types.ts';
import {
  type CollectionFile,
  type CollectionFileSource,
  collectionFileLines,
  type FiledRanking,
  type FiledRunSummary,
  readCollectionHeader,
} from './collection-file.ts';
import { readCollectionFile } from './read-collection-file.ts';

const ranking: FiledRanking = {
  documents: Int32Array.of(1, 0),
  scores: Float64Array.of(Number.NaN, -0),
  tokens: Int32Array.of(0, 31),
  truncated: Uint8Array.of(0, 1),
  scoringMs: 12.5,
  scoredTokens: 31,
};

const small: CollectionFile = {
  name: 'small "one"',
  firstStageTag: 'bm25',
  docIds: ['d1', '__proto__'],
  titles: ['A title', null],
  texts: ['one\ntwo \ud83d\ude00', ''],
  queries: [
    { queryId: 'q1', text: 'what?' },
    { queryId: 'q2', text: 'who?' },
  ],
  candidates: [{ documents: Int32Array.of(1, 0), scores: Float64Array.of(0.1, 1e-300) }, null],
  qrels: new Map([
    [
      'q1',
      new Map([
        ['d1', 2],
        ['elsewhere', -1],
      ]),
    ],
  ]),
  runs: [
    {
      run: {
        kind: 'model',
        tag: 'owner/model',
        createdAt: 1_700_000_000_000,
        settings: {
          depth: 100,
          queryLimit: null,
          titles: true,
          longDocuments: 'max',
          maxLength: 512,
        },
        provenance: {
          model: 'owner/model',
          revision: 'abc',
          dtype: 'fp32',
          device: 'wasm',
          adapter: null,
          threads: 4,
          maxLength: 512,
          longDocuments: 'max',
          depth: 100,
          titles: true,
          browser: 'a browser',
          createdAt: 1_700_000_000_000,
        },
        doneQueries: 1,
        totalQueries: 2,
        scoredPairs: 1,
        cachedPairs: 0,
        scoringMs: 12.5,
      },
      rankings: [ranking, null],
    },
  ],
};

describe('a collection as a file', () => {
  it('comes back as it was', async () => {
    expect(await read(await write(small))).toEqual({ ok: true, collection: small });
  });

  it('tells name and counts in its first line', async () => {
    const [first = ''] = (await write(small)).split('\n');
    expect(readCollectionHeader(first)).toEqual({
      ok: true,
      name: small.name,
      counts: { documents: 2, queries: 2, candidates: 2, judgements: 2 },
    });
  });

  it('is the same byte by byte when it is written again, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(collections, async (collection) => {
        const text = await write(collection);
        const result = await read(text);
        if (!result.ok) throw new Error(`${result.code} ${JSON.stringify(result.place)}`);
        expect(result.collection).toEqual(collection);
        expect(await write(result.collection)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it('survives other line ends, a byte order mark, UTF-16 and blank lines at the end', async () => {
    const text = `${(await write(small)).replaceAll('\n', '\r\n')}\r\n`;
    expect(await read(`\ufeff${text}`)).toEqual({ ok: true, collection: small });
    const wide = new Uint16Array(
      [...text].flatMap((c) => [...Array(c.length).keys()].map((at) => c.charCodeAt(at))),
    );
    const file = { path: 'c.jsonl', blob: new Blob([wide]) };
    expect(await readCollectionFile(file, 'utf-16le')).toEqual({ ok: true, collection: small });
  });
});

describe('a file that is not whole or not right', () => {
  it('is refused wherever it was cut off', async () => {
    const text = await write(small);
    for (let end = 0; end < text.length - 1; end += 1) {
      expect(await read(text.slice(0, end))).toMatchObject({ ok: false });
    }
  });

  it('is refused with the line that is wrong', async () => {
    const lines = (await write(small)).trim().split('\n');
    const changed = (at: number, line: string): string => lines.with(at, line).join('\n');
    const places = async (text: string) => {
      const result = await read(text);
      return result.ok ? result : { code: result.code, line: result.place.line };
    };
    expect(await places(changed(2, '{'))).toEqual({ code: 'json-syntax', line: 3 });
    expect(await places(changed(2, '{"type":"unknown"}'))).toEqual({
      code: 'wrong-shape',
      line: 3,
    });
    // The same document twice.
    expect(await places(changed(2, lines[1] ?? ''))).toEqual({ code: 'wrong-shape', line: 3 });
    const far = '{"type":"candidates","query":0,"documents":[2],"scores":null}';
    expect(await places(changed(5, far))).toEqual({ code: 'wrong-shape', line: 6 });
    expect(await places(lines.toSpliced(2, 1).join('\n'))).toMatchObject({ code: 'wrong-shape' });
  });

  it('is refused where a number in it would break whoever uses it later', async () => {
    const text = await write(small);
    const model = '"kind":"model"';
    const imported = text
      .replace(model, '"kind":"imported"')
      .replace(/"settings":\{[^}]*\}/u, '"settings":null');
    const broken = [
      // A list of so many queries would fill the memory.
      text.replace('"totalQueries":2', '"totalQueries":4000000000'),
      // No date.
      text.replaceAll('"createdAt":1700000000000', '"createdAt":9e15'),
      text.replace('"scores":[0.1,1e-300]', '"scores":[0.1,1e999]'),
      text.replace('"scores":[0.1,1e-300]', '"scores":[0.1,null]'),
      text.replace('"scores":[null,-0]', '"scores":[null,-1e999]'),
      text.replace('"scoringMs":12.5,"scoredTokens"', '"scoringMs":1e999,"scoredTokens"'),
      text.replace('"tag":"owner/model"', '"tag":" "'),
      text.replace(model, '"kind":"imported"'),
      text.replace(/"settings":\{[^}]*\}/u, '"settings":null'),
      // An imported run has scores for all that it ranks.
      imported,
    ];
    for (const changed of broken) {
      expect(changed).not.toBe(text);
      expect(await read(changed)).toMatchObject({ ok: false, code: 'wrong-shape' });
    }
    expect(await read(imported.replace('"scores":[null,-0]', '"scores":[1,-0]'))).toMatchObject({
      ok: true,
    });
  });

  it('of a later version is told from what is no collection', async () => {
    const later = '{"crossrank":"collection","version":2,"title":"x"}';
    expect(readCollectionHeader(later)).toEqual({ ok: false, newerVersion: true });
    expect(await read(later)).toMatchObject({ ok: false, code: 'newer-version' });
    for (const line of ['', 'x', '[]', '{"crossrank":"other","version":2}']) {
      expect(readCollectionHeader(line)).toEqual({ ok: false, newerVersion: false });
    }
  });

  it('with bytes that are no text is refused, not repaired', async () => {
    const bytes = new TextEncoder().encode(await write(small));
    bytes[bytes.indexOf('t'.charCodeAt(0), 200)] = 0xff;
    const file = { path: 'c.jsonl', blob: new Blob([bytes]) };
    expect(await readCollectionFile(file, 'utf-8')).toMatchObject({ code: 'unreadable' });
  });

  it('never makes the reader throw', async () => {
    const lines = (await write(small)).trim().split('\n');
    const json = fc.oneof(fc.json(), fc.string(), fc.constantFrom(...lines));
    const check = async (some: string[]): Promise<void> => {
      await read([lines[0], ...some].join('\n'));
    };
    await fc.assert(fc.asyncProperty(fc.array(json), check), { numRuns: 300 });
  });

  it('is not read any further after an abort', async () => {
    const call = { signal: AbortSignal.abort() };
    const file = { path: 'c.jsonl', blob: new Blob([await write(small)]) };
    await expect(readCollectionFile(file, 'utf-8', call)).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

const anyText = fc.string({ unit: 'binary', maxLength: 8 });
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 5e-324),
);
const number = fc.oneof(finite, fc.constant(Number.NaN));

const collections: fc.Arbitrary<CollectionFile> = fc
  .record({
    docIds: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 6 }),
    queryIds: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 4 }),
    name: anyText,
    firstStageTag: fc.option(anyText),
  })
  .chain(({ docIds, queryIds, name, firstStageTag }) => {
    const places = fc.shuffledSubarray([...docIds.keys()]);
    const scoredBy = (score: fc.Arbitrary<number>) =>
      places.chain((list) =>
        fc.record({
          documents: fc.constant(Int32Array.from(list)),
          scores: floats(list.length, score),
        }),
      );
    const scored = scoredBy(finite);
    const judged = fc.uniqueArray(
      fc.tuple(
        anyText.filter((id) => id !== ''),
        fc.integer(),
      ),
      {
        selector: ([docId]) => docId,
        maxLength: 3,
      },
    );
    const perQuery = { minLength: queryIds.length, maxLength: queryIds.length };
    const perDocument = { minLength: docIds.length, maxLength: docIds.length };
    const runs = fc.array(
      fc.constantFrom('model' as const, 'imported' as const).chain((kind) => {
        // Only a model has not come to everything yet.
        const scores = scoredBy(kind === 'model' ? number : finite);
        const ranked = scores.map((list): FiledRanking => ({ ...ranking, ...list, ...emptyMarks }));
        return fc.record({
          run: fc.constant(runOf(kind, queryIds.length)),
          rankings: fc.array(fc.option(ranked), perQuery),
        });
      }),
      { maxLength: 2 },
    );
    return fc.record({
      name: fc.constant(name),
      firstStageTag: fc.constant(firstStageTag),
      docIds: fc.constant(docIds),
      titles: fc.array(fc.option(anyText), perDocument),
      texts: fc.array(anyText, perDocument),
      queries: fc.constant(queryIds.map((queryId) => ({ queryId, text: name }))),
      candidates: fc.array(
        fc.option(
          fc.oneof(
            scored,
            scored.map((list) => ({ ...list, scores: null })),
          ),
        ),
        perQuery,
      ),
      qrels: fc
        .uniqueArray(fc.tuple(fc.string({ minLength: 1 }), judged), { selector: ([id]) => id })
        .map((list) => new Map(list.map(([id, grades]) => [id, new Map(grades)]))),
      runs,
    });
  });

const emptyMarks = { tokens: new Int32Array(), truncated: new Uint8Array() };

function runOf(kind: 'model' | 'imported', totalQueries: number): FiledRunSummary {
  return {
    kind,
    tag: 't',
    createdAt: 3,
    settings: kind === 'model' ? (small.runs[0]?.run.settings ?? null) : null,
    provenance: null,
    doneQueries: 0,
    totalQueries,
    scoredPairs: 0,
    cachedPairs: 0,
    scoringMs: 0.25,
  };
}

function floats(length: number, score: fc.Arbitrary<number>): fc.Arbitrary<Float64Array> {
  return fc
    .array(score, { minLength: length, maxLength: length })
    .map((list) => Float64Array.from(list));
}

async function write(collection: CollectionFile): Promise<string> {
  const { docIds, titles, texts, runs, ...rest } = collection;
  const documents = docIds.map((docId, at): Document => {
    const title = titles[at] ?? null;
    const text = texts[at] ?? '';
    return title === null ? { docId, text } : { docId, title, text };
  });
  const source: CollectionFileSource = {
    ...rest,
    documents: documents.length,
    async *documentBlocks() {
      yield documents.slice(0, 1);
      yield documents.slice(1);
    },
    runs: runs.map(({ run, rankings }) => ({
      run,
      async *rankings() {
        for (const [query, list] of rankings.entries()) if (list !== null) yield [query, list];
      },
    })),
  };
  const lines: string[] = [];
  for await (const line of collectionFileLines(source)) lines.push(line);
  return lines.join('');
}

function read(text: string) {
  return readCollectionFile({ path: 'c.jsonl', blob: new Blob([text]) }, 'utf-8');
}
