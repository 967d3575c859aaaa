import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError } from '../core/errors.ts';
import type { Provenance } from '../io/export-types.ts';
import type { ImportFile, Interpretation } from '../io/import-types.ts';
import type { ImportTarget, RunSettings } from './collection.ts';
import { CollectionLibrary } from './collection-library.ts';
import { type CollectionStorage, recordsBelow, type StorageTable } from './collection-storage.ts';
import type { CollectionsEvent } from './collections-api.ts';
import { MemoryDatabase } from './memory-database.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const settings: RunSettings = {
  depth: 2,
  queryLimit: null,
  titles: true,
  longDocuments: 'max',
  maxLength: 512,
};
const provenance: Provenance = {
  model: 'owner/model',
  revision: 'abc',
  dtype: 'fp32',
  device: 'wasm',
  adapter: null,
  threads: 1,
  maxLength: 512,
  longDocuments: 'max',
  depth: 2,
  titles: true,
  browser: 'a browser',
  createdAt: 1_700_000_000_000,
};
const corpus = ['d1', 'd2', 'd3'].map((id) => ({
  _id: id,
  title: `On ${id}`,
  text: `About ${id}`,
}));
const queries = ['q1', 'q2'].map((id) => ({ _id: id, text: `What is ${id}?` }));
const beir: readonly ImportFile[] = [
  file('corpus.jsonl', corpus.map((row) => JSON.stringify(row)).join('\n')),
  file('queries.jsonl', queries.map((row) => JSON.stringify(row)).join('\n')),
  file('qrels/test.tsv', 'query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td3\t0\nq2\td2\t1\n'),
  file('first.run', 'q1 Q0 d2 1 7.5 bm25\nq1 Q0 d1 2 7.25 bm25\nq2 Q0 d2 1 3 bm25\n'),
];
const target: ImportTarget = { kind: 'new', name: 'Mine' };

afterEach(() => {
  vi.useRealTimers();
});

describe('an import', () => {
  it('shows how files would be understood, and takes nothing in', async () => {
    const { library, storage } = setUp();
    const previews = await library.inspect(beir, {});
    expect(previews.map(({ interpretation }) => interpretation.format)).toEqual([
      'jsonl',
      'jsonl',
      'delimited',
      'trec-run',
    ]);
    expect(await countRecords(storage, 'partSets')).toBe(0);
  });

  it('makes a collection of several files, with a complete account', async () => {
    const { library } = setUp();
    const report = await library.importFiles(beir, {}, target);
    const counts = { documents: 3, queries: 2, candidates: 3, judgements: 3 };
    expect(report).toMatchObject({ counts, importedRuns: [], problems: [] });
    expect(report.summary).toMatchObject({
      ...counts,
      name: 'Mine',
      judgedQueries: 2,
      candidateSource: 'given',
      firstStageTag: 'bm25',
      readable: true,
      runs: [],
    });
    expect(await library.list()).toEqual([report.summary]);
    const { summary, queries: shown } = await library.open(report.summary?.id ?? '');
    expect(summary).toEqual(report.summary);
    expect(shown).toEqual([
      { queryId: 'q1', text: 'What is q1?', number: 0, candidates: 2, judged: 2, relevant: 1 },
      { queryId: 'q2', text: 'What is q2?', number: 1, candidates: 1, judged: 1, relevant: 1 },
    ]);
  });

  it('is there when the storage is opened again', async () => {
    const { library, storage } = setUp();
    await library.importFiles(beir, {}, target);
    const later = new CollectionLibrary(storage);
    expect(await later.list()).toEqual(await library.list());
    const id = (await later.list())[0]?.id ?? '';
    const detail = await later.queryDetail(id, 0, null, null);
    expect(detail.documents.map(({ docId, title, text }) => [docId, title, text])).toEqual([
      ['d2', 'On d2', 'About d2'],
      ['d1', 'On d1', 'About d1'],
    ]);
    expect(detail.firstStageScores).toEqual(Float64Array.of(7.5, 7.25));
    expect(detail.grades).toEqual(Float64Array.of(Number.NaN, 2));
  });

  it('leaves out a file that cannot be read, with its problem, and takes in the others', async () => {
    const { library } = setUp();
    const broken = file('broken.json', '[{"text": "a"}, {');
    const report = await library.importFiles([broken, ...beir], {}, target);
    expect(report.counts.documents).toBe(3);
    expect(report.problems).toMatchObject([
      { severity: 'file', places: [{ path: 'broken.json' }] },
    ]);
  });

  it('leaves out all of a file that fails in the middle', async () => {
    const { library } = setUp();
    const rows = Array.from({ length: 40_000 }, (_, at) =>
      JSON.stringify({ id: `x${at}`, text: 't' }),
    );
    const failing = file('failing.jsonl', rows.join('\n'));
    const read = failing.blob.slice.bind(failing.blob);
    let pieces = 0;
    failing.blob.slice = (from, to, type) => {
      const piece = read(from, to, type);
      pieces += 1;
      if ((from ?? 0) > 1_000_000) piece.arrayBuffer = () => Promise.reject(new Error('moved'));
      return piece;
    };
    const report = await library.importFiles([failing, ...beir], {}, target);
    expect(pieces).toBeGreaterThan(1);
    expect(report.counts.documents).toBe(3);
    expect(report.problems).toMatchObject([
      { code: 'unreadable', severity: 'file', count: 1, places: [{ path: 'failing.jsonl' }] },
    ]);
  });

  it('changes nothing when nothing was taken in', async () => {
    const { library, storage } = setUp();
    const report = await library.importFiles([file('broken.json', '[{]')], {}, target);
    expect(report.summary).toBeNull();
    expect(report.problems).not.toEqual([]);
    expect(await library.list()).toEqual([]);
    expect(await countRecords(storage, 'partSets')).toBe(0);
  });

  it('reads what was chosen, and not what was left out', async () => {
    const { library } = setUp();
    const leave: Interpretation = { format: 'jsonl', encoding: 'utf-8', included: false };
    const asQueries: Interpretation = {
      format: 'jsonl',
      encoding: 'utf-8',
      role: 'queries',
      fields: { queryId: '_id', query: 'text' },
      included: true,
    };
    const choices = { 'queries.jsonl': leave, 'corpus.jsonl': asQueries };
    const report = await library.importFiles(beir.slice(0, 2), choices, target);
    expect(report.counts).toMatchObject({ documents: 0, queries: 3 });
  });

  it('takes questions from the first SQuAD file and paragraphs from the others', async () => {
    const { library } = setUp();
    const squad = (language: string) =>
      file(
        `xquad.${language}.json`,
        JSON.stringify({
          data: [
            {
              title: 't',
              paragraphs: [
                { context: `text ${language}`, qas: [{ id: 'a', question: `ask ${language}` }] },
              ],
            },
          ],
        }),
      );
    const files = [squad('zh'), squad('en')];
    const takes = async (choices: Record<string, Interpretation>) => {
      const previews = await library.inspect(files, choices);
      return previews.map(({ interpretation }) => interpretation.take);
    };
    expect(await takes({})).toEqual(['questions', 'paragraphs']);
    const paragraphs: Interpretation = {
      format: 'squad',
      encoding: 'utf-8',
      take: 'paragraphs',
      included: true,
    };
    expect(await takes({ 'xquad.zh.json': paragraphs })).toEqual(['paragraphs', 'questions']);
    const report = await library.importFiles(files, {}, target);
    expect(report.counts).toEqual({ documents: 1, queries: 1, candidates: 0, judgements: 1 });
    const run = await library.exportedRun(report.summary?.id ?? '', {
      system: 'bm25',
      queryNumbers: null,
      fusionWeight: 0.5,
    });
    expect(run.rankings).toMatchObject([
      { query: { text: 'ask zh' }, documents: [{ text: 'text en', grade: 1 }] },
    ]);
  });

  it('tells its progress, which never falls', async () => {
    const { library } = setUp();
    const events: CollectionsEvent[] = [];
    await library.importFiles(beir, {}, target, { onProgress: (event) => events.push(event) });
    for (const step of ['reading', 'writing']) {
      const done = events.filter((event) => event.step === step).map((event) => event.done);
      expect(done.length).toBeGreaterThan(0);
      expect(done).toEqual(done.toSorted((a, b) => a - b));
    }
    const last = events.filter(({ step }) => step === 'reading').at(-1);
    expect(last?.done).toBe(last?.total);
  });
});

describe('an import into a collection', () => {
  it('adds at the end, so that runs stay valid; what is there wins', async () => {
    const { library, id, runId } = await withRun();
    const more = file(
      'more.jsonl',
      [
        { _id: 'd4', text: 'About d4' },
        { _id: 'd1', text: 'Something else' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const report = await library.importFiles([more], {}, { kind: 'into', collectionId: id });
    expect(report.counts).toMatchObject({ documents: 1, queries: 0 });
    expect(report.problems).toMatchObject([{ code: 'duplicate-document' }]);
    expect(report.summary).toMatchObject({ id, documents: 4, runs: [{ runId, doneQueries: 1 }] });
    const detail = await library.queryDetail(id, 0, runId, null);
    expect(detail.documents.map(({ text }) => text)).toEqual(['About d2', 'About d1']);
    expect(detail.logits).toEqual(Float64Array.of(1.5, -0.5));
  });

  it('takes a second run as a system of its own', async () => {
    const { library, id } = await withRun();
    const other = file('other.run', 'q1 Q0 d1 1 9 dense\nq1 Q0 d3 2 8 dense\n');
    const report = await library.importFiles([other], {}, { kind: 'into', collectionId: id });
    expect(report.importedRuns).toEqual(['dense']);
    const [run] = report.summary?.runs ?? [];
    expect(run).toMatchObject({ kind: 'imported', tag: 'dense', doneQueries: 1, totalQueries: 1 });
    const system = `imported:${run?.runId}`;
    const order = { system, queryNumbers: [0], fusionWeight: 0.5 };
    const { rankings } = await library.exportedRun(id, order);
    expect(rankings[0]?.documents.map(({ docId, score }) => [docId, score])).toEqual([
      ['d1', 9],
      ['d3', 8],
    ]);
  });

  it('gives a run that is imported again a name of its own', async () => {
    const { library, id } = await withRun();
    const into: ImportTarget = { kind: 'into', collectionId: id };
    const other = file('other.run', 'q1 Q0 d1 1 9 dense\n');
    await library.importFiles([other], {}, into);
    const report = await library.importFiles([other], {}, into);
    expect(report.importedRuns).toEqual(['dense (2)']);
    expect(report.summary?.runs.map(({ tag }) => tag).toSorted()).toEqual([
      'dense',
      'dense (2)',
      'owner/model',
    ]);
  });

  it('lets runs of all queries go on with the new ones, and limited ones stay as they are', async () => {
    const { library, id, runId } = await withRun();
    const limited = await library.createRun(id, { ...settings, queryLimit: 1 }, 'limited');
    const more = file('queries.jsonl', '{"_id":"q3","text":"What is q3?"}\n');
    await library.importFiles([more], {}, { kind: 'into', collectionId: id });
    expect(await library.pendingQueries(id, runId)).toEqual([1, 2]);
    expect(await library.pendingQueries(id, limited.runId)).toEqual([0]);
    const { summary } = await library.open(id);
    expect(summary.runs.map(({ tag, totalQueries }) => [tag, totalQueries])).toEqual([
      ['limited', 1],
      ['owner/model', 3],
    ]);
  });

  it('leaves no part of what was there before', async () => {
    const { library, storage, id } = await withRun();
    const before = await countRecords(storage, 'partSets');
    const more = file('more.jsonl', '{"_id":"d4","text":"About d4"}');
    await library.importFiles([more], {}, { kind: 'into', collectionId: id });
    expect(await countRecords(storage, 'partSets')).toBe(before);
  });

  it('needs one that is there', async () => {
    const { library } = setUp();
    const into: ImportTarget = { kind: 'into', collectionId: 'nobody' };
    await expect(library.importFiles(beir, {}, into)).rejects.toMatchObject({
      code: 'collection-missing',
    });
  });
});

describe('stopping', () => {
  it.each(['reading', 'writing'])('while %s leaves nothing behind', async (step) => {
    const { library, storage } = setUp();
    const controller = new AbortController();
    const call = {
      signal: controller.signal,
      onProgress: (event: CollectionsEvent) => {
        if (event.step === step) controller.abort();
      },
    };
    await expect(library.importFiles(beir, {}, target, call)).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(await library.list()).toEqual([]);
    expect(await countRecords(storage, 'partSets')).toBe(0);
    expect(await countRecords(storage, 'parts')).toBe(0);
  });

  it('an import into a collection leaves it as it was', async () => {
    const { library, storage, id } = await withRun();
    const before = await everything(storage);
    const controller = new AbortController();
    const call = {
      signal: controller.signal,
      onProgress: ({ step }: CollectionsEvent) => {
        if (step === 'writing') controller.abort();
      },
    };
    const more = file('more.jsonl', '{"_id":"d4","text":"About d4"}');
    const into: ImportTarget = { kind: 'into', collectionId: id };
    await expect(library.importFiles([more], {}, into, call)).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(await everything(storage)).toEqual(before);
  });

  it('a copy leaves nothing behind', async () => {
    const { library, storage, id } = await withRun();
    const before = await everything(storage);
    const controller = new AbortController();
    const call = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(library.duplicate(id, 'Copy', call)).rejects.toMatchObject({ code: 'aborted' });
    expect(await everything(storage)).toEqual(before);
  });
});

describe('a crash', () => {
  it('between parts and collection is swept away at the next opening', async () => {
    const storage = new CrashingDatabase();
    const library = new CollectionLibrary(storage);
    await library.importFiles(beir, {}, target);
    const before = await everything(storage);
    storage.crashBefore = 'collections';
    await expect(library.importFiles(beir, {}, target)).rejects.toThrow('crash');
    storage.crashBefore = null;
    expect(await countRecords(storage, 'partSets')).toBe(2);
    expect(await new CollectionLibrary(storage).list()).toHaveLength(1);
    expect(await everything(storage)).toEqual(before);
  });

  it('does not let the parts be swept away that another tab is writing', async () => {
    const storage = new MemoryDatabase();
    const held = new Set<string>();
    const locks = lockManager(held);
    const first = new CollectionLibrary(storage, locks);
    let seen: number | null = null;
    const call = {
      onProgress: ({ step }: CollectionsEvent) => {
        if (step !== 'writing' || seen !== null) return;
        seen = 0;
        new CollectionLibrary(storage, locks).list().then((list) => {
          seen = list.length;
        });
      },
    };
    const { summary } = await first.importFiles(beir, {}, target, call);
    expect((await first.open(summary?.id ?? '')).queries).toHaveLength(2);
    expect(await first.exportCollection(summary?.id ?? '')).toBeInstanceOf(Blob);
    expect(held).toEqual(new Set());
  });
});

describe('a collection', () => {
  it('is renamed', async () => {
    const { library, id } = await withRun();
    expect(await library.rename(id, ' New ')).toMatchObject({ id, name: 'New' });
    expect((await library.open(id)).summary.name).toBe('New');
    await expect(library.rename(id, ' ')).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('is copied with its runs, and each goes its own way', async () => {
    const { library, storage, id, runId } = await withRun();
    const copy = await library.duplicate(id, 'Copy');
    expect(copy.id).not.toBe(id);
    expect(copy).toMatchObject({ name: 'Copy', documents: 3, runs: [{ doneQueries: 1 }] });
    const copiedRun = copy.runs[0]?.runId ?? '';
    expect(copiedRun).not.toBe(runId);
    await library.remove(id);
    await library.purge(id);
    const detail = await library.queryDetail(copy.id, 0, copiedRun, null);
    expect(detail.logits).toEqual(Float64Array.of(1.5, -0.5));
    expect(detail.documents[0]?.text).toBe('About d2');
    expect(await countRecords(storage, 'partSets')).toBe(2);
  });

  it('that was removed is hidden, and comes back whole', async () => {
    const { library, id } = await withRun();
    const before = await library.open(id);
    await library.remove(id);
    expect(await library.list()).toEqual([]);
    await expect(library.open(id)).rejects.toMatchObject({ code: 'collection-missing' });
    expect(await library.restore(id)).toEqual(before.summary);
    expect(await library.open(id)).toEqual(before);
  });

  it('that was removed is deleted for good by purge; one that was not stays', async () => {
    const { library, storage, id } = await withRun();
    await library.purge(id);
    expect(await library.list()).toHaveLength(1);
    await library.remove(id);
    await library.purge(id);
    await expect(library.restore(id)).rejects.toMatchObject({ code: 'collection-missing' });
    for (const table of ['collections', 'removals', 'partSets', 'parts'] as const) {
      expect(await countRecords(storage, table)).toBe(0);
    }
  });

  it('that was removed is swept away ten minutes later, at the next opening', async () => {
    const { library, storage, id } = await withRun();
    vi.useFakeTimers({ toFake: ['Date'] });
    await library.remove(id);
    vi.setSystemTime(Date.now() + 9 * 60_000);
    await new CollectionLibrary(storage).list();
    expect(await countRecords(storage, 'collections')).toBe(1);
    vi.setSystemTime(Date.now() + 60_000);
    await new CollectionLibrary(storage).list();
    expect(await countRecords(storage, 'collections')).toBe(0);
    expect(await countRecords(storage, 'parts')).toBe(0);
  });

  it('of a later version is listed and kept, not opened, and can be deleted and restored', async () => {
    const { library, storage, id } = await withRun();
    const record = await storage.get('collections', [id]);
    const later = { ...Object(record), version: 2, contentSet: { some: 'other shape' } };
    await storage.write([{ type: 'put', table: 'collections', key: [id], value: later }]);
    const opened = new CollectionLibrary(storage);
    const parts = await countRecords(storage, 'parts');
    expect(await opened.list()).toMatchObject([{ id, name: 'Mine', readable: false }]);
    await expect(opened.open(id)).rejects.toMatchObject({ code: 'storage-unavailable' });
    await expect(opened.rename(id, 'x')).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(await storage.get('collections', [id])).toEqual(later);
    expect(await countRecords(storage, 'parts')).toBe(parts);
    await opened.remove(id);
    expect(await library.list()).toEqual([]);
    await opened.restore(id);
    expect(await storage.get('collections', [id])).toEqual(later);
    await opened.remove(id);
    await opened.purge(id);
    expect(await countRecords(storage, 'parts')).toBe(0);
  });

  it('can be deleted and brought back where there is no room for a note of it', async () => {
    const { storage, id } = await withRun();
    const full: CollectionStorage = {
      kind: storage.kind,
      get: (table, key) => storage.get(table, key),
      page: (...asked) => storage.page(...asked),
      write: async (changes) => {
        if (changes.some(({ type }) => type === 'put')) {
          throw new RerankError('storage-full', 'There is no room left.');
        }
        await storage.write(changes);
      },
    };
    const library = new CollectionLibrary(full);
    await library.remove(id);
    expect(await library.list()).toEqual([]);
    await expect(library.open(id)).rejects.toMatchObject({ code: 'collection-missing' });
    await library.restore(id);
    expect(await library.list()).toMatchObject([{ id }]);
    await library.purge(id);
    expect(await library.list()).toMatchObject([{ id }]);
    await library.remove(id);
    await library.purge(id);
    expect(await countRecords(storage, 'collections')).toBe(0);
    expect(await countRecords(storage, 'parts')).toBe(0);
    await expect(library.restore(id)).rejects.toMatchObject({ code: 'collection-missing' });
  });

  it('that is damaged is listed, not erased', async () => {
    const { storage, id } = await withRun();
    await storage.write([{ type: 'put', table: 'collections', key: [id], value: { version: 1 } }]);
    const parts = await countRecords(storage, 'parts');
    expect(await new CollectionLibrary(storage).list()).toMatchObject([
      { id, readable: false, problem: 'damaged' },
    ]);
    expect(await countRecords(storage, 'parts')).toBe(parts);
  });

  it('with a missing part says so', async () => {
    const { storage, id } = await withRun();
    for await (const { key } of recordsBelow(storage, 'parts', [], 10)) {
      if (key[1] === 'doc-ids') await storage.write([{ type: 'delete', table: 'parts', key }]);
    }
    const opened = new CollectionLibrary(storage);
    await expect(opened.open(id)).rejects.toMatchObject({ code: 'storage-unavailable' });
  });

  it('that another tab changed is seen as it is now', async () => {
    const { library, storage, id, runId } = await withRun();
    const other = new CollectionLibrary(storage);
    await other.rename(id, 'Elsewhere');
    await other.removeRun(id, runId);
    const more = file('more.jsonl', '{"_id":"d4","text":"About d4"}');
    expect((await library.open(id)).summary).toMatchObject({ name: 'Elsewhere', runs: [] });
    await other.importFiles([more], {}, { kind: 'into', collectionId: id });
    const run = await library.createRun(id, settings, 'again');
    expect((await other.open(id)).summary).toMatchObject({ documents: 4, runs: [run] });
  });

  it('keeps all of many changes at once', async () => {
    const { library, id } = await withRun();
    const tags = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(tags.map((tag) => library.createRun(id, settings, tag)));
    const { runs } = (await library.open(id)).summary;
    expect(runs.map(({ tag }) => tag).toSorted()).toEqual([...tags, 'owner/model']);
  });

  it('may be large: blocks of texts are read as they are asked for', async () => {
    const { library } = setUp();
    const count = 1500;
    const rows = Array.from({ length: count }, (_, at) =>
      JSON.stringify({ _id: `d${at}`, text: `${at} ${'long '.repeat(at % 7 === 0 ? 2000 : 1)}` }),
    );
    const run = Array.from(
      { length: count },
      (_, at) => `q1 Q0 d${(at * 7) % count} ${at} ${-at} t`,
    );
    const query = '{"_id":"q1","text":"what"}';
    const files = [
      file('corpus.jsonl', rows.join('\n')),
      file('queries.jsonl', query),
      file('a.run', run.join('\n')),
    ];
    const { summary } = await library.importFiles(files, {}, target);
    const detail = await library.queryDetail(summary?.id ?? '', 0, null, null);
    expect(detail.documents).toHaveLength(count);
    for (const [at, { docId, text }] of detail.documents.entries()) {
      expect(docId).toBe(`d${(at * 7) % count}`);
      expect(text.split(' ')[0]).toBe(docId.slice(1));
    }
  });
});

describe('an exported collection', () => {
  it('comes back whole: the same file is written again', async () => {
    const { library, id } = await withRun();
    const other = file('other.run', 'q1 Q0 d1 1 9 dense\n');
    await library.importFiles([other], {}, { kind: 'into', collectionId: id });
    const blob = await library.exportCollection(id);
    const back = setUp().library;
    const report = await back.importFiles([{ path: 'mine.jsonl', blob }], {}, target);
    expect(report).toMatchObject({
      counts: { documents: 3, queries: 2, candidates: 3, judgements: 3 },
      problems: [],
    });
    expect(report.importedRuns.toSorted()).toEqual(['dense', 'owner/model']);
    const restored = report.summary?.id ?? '';
    expect(await (await back.exportCollection(restored)).text()).toBe(await blob.text());
    const { summary } = await library.open(id);
    const strip = ({ runs }: typeof summary) => runs.map(({ runId: _, ...run }) => run);
    expect(report.summary).not.toBeNull();
    if (report.summary !== null) expect(strip(report.summary)).toEqual(strip(summary));
    const modelRun = report.summary?.runs.find(({ kind }) => kind === 'model')?.runId ?? '';
    const detail = await back.queryDetail(restored, 0, modelRun, null);
    expect(detail.logits).toEqual(Float64Array.of(1.5, -0.5));
    expect(await back.pendingQueries(restored, modelRun)).toEqual([1]);
  });

  it('is restored together with files that add to it', async () => {
    const { library, id } = await withRun();
    const blob = await library.exportCollection(id);
    const files = [file('more.jsonl', '{"_id":"d0","text":"x"}'), { path: 'mine.jsonl', blob }];
    const { summary, counts } = await setUp().library.importFiles(files, {}, target);
    expect(counts.documents).toBe(4);
    expect(summary).toMatchObject({ documents: 4, queries: 2, runs: [{ tag: 'owner/model' }] });
  });

  it('goes into another one, its runs as systems of their own', async () => {
    const { library, id } = await withRun();
    const blob = await library.exportCollection(id);
    const other = setUp().library;
    const few = beir.map((one) =>
      one.path === 'corpus.jsonl' ? file(one.path, JSON.stringify(corpus[2])) : one,
    );
    const { summary } = await other.importFiles(few, {}, target);
    const into: ImportTarget = { kind: 'into', collectionId: summary?.id ?? '' };
    const report = await other.importFiles([{ path: 'mine.jsonl', blob }], {}, into);
    expect(report.summary).toMatchObject({ documents: 3, queries: 2 });
    expect(report.importedRuns).toContain('owner/model');
    const run = report.summary?.runs.find(({ tag }) => tag === 'owner/model');
    expect(run).toMatchObject({ kind: 'imported', settings: null });
    const order = { system: `imported:${run?.runId}`, queryNumbers: [0], fusionWeight: 0.5 };
    const { rankings } = await other.exportedRun(into.collectionId, order);
    expect(rankings[0]?.documents.map(({ docId, score }) => [docId, score])).toEqual([
      ['d2', 1.5],
      ['d1', -0.5],
    ]);
  });

  it('counts what runs have, whatever the file says of it', async () => {
    const { library, id } = await withRun();
    const text = await (await library.exportCollection(id)).text();
    const changed = text.replace('"doneQueries":1', '"doneQueries":2');
    expect(changed).not.toBe(text);
    const report = await library.importFiles([file('mine.jsonl', changed)], {}, target);
    expect(report.summary?.runs).toMatchObject([{ doneQueries: 1, totalQueries: 2 }]);
  });

  it('that is damaged is refused as a whole', async () => {
    const { library, id } = await withRun();
    const text = await (await library.exportCollection(id)).text();
    const cut = file('mine.jsonl', text.slice(0, -10));
    const report = await library.importFiles([cut], {}, target);
    expect(report.summary).toBeNull();
    expect(report.problems).toMatchObject([{ severity: 'file', places: [{ path: 'mine.jsonl' }] }]);
  });
});

it('says that memory is all there is', async () => {
  expect(await setUp().library.storageKind()).toBe('memory');
});

it('remembers scores for all collections, until they are cleared', async () => {
  const { library } = await withRun();
  expect(await library.scoreCacheUse()).toMatchObject({ scores: 2 });
  await library.clearScoreCache();
  expect(await library.scoreCacheUse()).toEqual({ scores: 0, bytes: 0 });
});

function setUp() {
  const storage = new MemoryDatabase();
  return { storage, library: new CollectionLibrary(storage) };
}

/** A collection with a model run of which the first of two queries is done. */
async function withRun() {
  const { storage, library } = setUp();
  const { summary } = await library.importFiles(beir, {}, target);
  const id = summary?.id ?? '';
  const { runId } = await library.createRun(id, settings, 'owner/model');
  const { missingPlaces } = await library.queryToScore(id, runId, 0, provenance);
  const scores = {
    logits: Float64Array.of(1.5, -0.5),
    tokens: Int32Array.of(20, 21),
    truncated: [false, true],
    scoringMs: 40,
  };
  await library.keepScores(id, runId, 0, missingPlaces, scores, provenance);
  return { storage, library, id, runId };
}

function file(path: string, text: string): ImportFile {
  return { path, blob: new Blob([text]) };
}

async function countRecords(storage: CollectionStorage, table: StorageTable): Promise<number> {
  let count = 0;
  for await (const _ of recordsBelow(storage, table, [], 100)) count += 1;
  return count;
}

async function everything(storage: CollectionStorage) {
  const records: unknown[] = [];
  for (const table of ['collections', 'removals', 'partSets', 'parts', 'scores'] as const) {
    for await (const record of recordsBelow(storage, table, [], 100)) records.push(record);
  }
  return records;
}

/** A worker that dies: from one write on nothing reaches the disk any more. */
class CrashingDatabase extends MemoryDatabase {
  crashBefore: StorageTable | null = null;
  #crashed = false;

  override async write(changes: Parameters<MemoryDatabase['write']>[0]): Promise<void> {
    if (this.crashBefore === null) this.#crashed = false;
    else this.#crashed ||= changes.some(({ table }) => table === this.crashBefore);
    if (this.#crashed) throw new Error('crash');
    await super.write(changes);
  }
}

/** Web locks as tabs share them. */
function lockManager(held: Set<string>): LockManager {
  const waiting = new Map<string, Promise<unknown>>();
  const request = async (
    name: string,
    options: LockOptions,
    callback: (lock: Lock | null) => Promise<unknown>,
  ): Promise<unknown> => {
    if (held.has(name) && options.ifAvailable === true) return await callback(null);
    while (held.has(name)) await waiting.get(name)?.catch(() => undefined);
    held.add(name);
    const run = callback({ name, mode: 'exclusive' }).finally(() => held.delete(name));
    waiting.set(name, run);
    return await run;
  };
  // The parts of the interface that are used here.
  return { request, query: async () => ({}) } as unknown as LockManager;
}
