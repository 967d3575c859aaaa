import { describe, expect, test } from 'vitest';
import type { ImportReport, ImportTarget } from '../collections/collection.ts';
import type { CollectionsCall, ImportChoices } from '../collections/collections-api.ts';
import { RerankError } from '../core/errors.ts';
import type { FilePreview, ImportFile, Interpretation } from '../io/import-types.ts';
import { createImportSession } from './import-session.ts';
import { type ImportDraft, importStore } from './import-store.ts';

const recognised: Interpretation = {
  format: 'plain-text',
  encoding: 'utf-8',
  layout: 'lines',
  included: true,
};

const report: ImportReport = {
  summary: {
    id: 'c1',
    name: 'texts',
    createdAt: 0,
    updatedAt: 0,
    documents: 1,
    queries: 0,
    candidates: 0,
    judgements: 0,
    judgedQueries: 0,
    candidateSource: 'none',
    firstStageTag: null,
    textLength: 1,
    runs: [],
    readable: true,
  },
  counts: { documents: 1, queries: 0, candidates: 0, judgements: 0 },
  importedRuns: [],
  problems: [],
  elapsedMs: 5,
};

/** A place for collections whose calls wait until the test answers them. */
class SlowCollections {
  readonly inspections: Inspection[] = [];
  readonly imports: {
    readonly choices: ImportChoices;
    readonly target: ImportTarget;
    readonly call: CollectionsCall;
    readonly answer: (outcome: ImportReport | Error) => void;
  }[] = [];

  async inspect(
    files: readonly ImportFile[],
    choices: ImportChoices,
    call: CollectionsCall = {},
  ): Promise<readonly FilePreview[]> {
    const { promise, resolve, reject } = withResolvers<readonly FilePreview[]>();
    const paths = files.map(({ path }) => path);
    this.inspections.push({
      paths,
      choices,
      call,
      finish: (documents = 1, as = paths) =>
        resolve(as.map((path) => previewOf(path, choices, documents))),
      fail: reject,
    });
    return promise;
  }

  async importFiles(
    _files: readonly ImportFile[],
    choices: ImportChoices,
    target: ImportTarget,
    call: CollectionsCall = {},
  ): Promise<ImportReport> {
    const { promise, resolve, reject } = withResolvers<ImportReport>();
    const answer = (outcome: ImportReport | Error): void =>
      outcome instanceof Error ? reject(outcome) : resolve(outcome);
    call.signal?.addEventListener('abort', () => reject(new RerankError('aborted', 'stopped')));
    this.imports.push({ choices, target, call, answer });
    return promise;
  }
}

/** A promise that is settled from outside. */
function withResolvers<Value>() {
  let settle: { resolve: (value: Value) => void; reject: (error: Error) => void } | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return {
    promise,
    resolve: (value: Value) => settle?.resolve(value),
    reject: (error: Error) => settle?.reject(error),
  };
}

interface Inspection {
  readonly paths: readonly string[];
  readonly choices: ImportChoices;
  readonly call: CollectionsCall;
  readonly finish: (documents?: number, as?: readonly string[]) => void;
  readonly fail: (error: Error) => void;
}

function previewOf(path: string, choices: ImportChoices, documents: number): FilePreview {
  return {
    path,
    bytes: 3,
    interpretation: (Object.hasOwn(choices, path) ? choices[path] : undefined) ?? recognised,
    recognised: true,
    columns: [],
    sample: [],
    problems: [],
    counts: { documents, queries: 0, candidates: 0, judgements: 0 },
    complete: true,
  };
}

function setUp() {
  const collections = new SlowCollections();
  const store = importStore;
  store.setState({ phase: 'idle' }, true);
  const imported: ImportTarget[] = [];
  const session = createImportSession({
    collections,
    store,
    onImported: async (_, target) => {
      imported.push(target);
    },
  });
  const draft = (): ImportDraft => {
    const state = store.getState();
    if (state.phase === 'idle') throw new Error('there is no import');
    return state.draft;
  };
  /** Files that were looked at. */
  const begun = async (...paths: readonly string[]): Promise<void> => {
    const beginning = session.begin(filesOf(...paths), null);
    await called(collections.inspections, 1);
    collections.inspections[0]?.finish();
    await beginning;
  };
  return { collections, store, session, imported, draft, begun };
}

async function filesOf(...paths: readonly string[]): Promise<readonly ImportFile[]> {
  return paths.map((path) => ({ path, blob: new Blob([path]) }));
}

/** Lets promises run until so many calls have come. */
async function called(calls: readonly unknown[], times: number): Promise<void> {
  for (let turn = 0; turn < 100 && calls.length < times; turn += 1) await Promise.resolve();
  expect(calls).toHaveLength(times);
}

const asLayout = (layout: 'lines' | 'blank-lines' | 'whole-file') => (preview: FilePreview) => ({
  ...preview.interpretation,
  layout,
});

describe('an import', () => {
  test('looks at files, takes them in, and reports', async () => {
    const { collections, store, session, imported, draft, begun } = setUp();
    await begun('a.txt', 'b.txt');
    expect(draft().previews.map(({ path }) => path)).toEqual(['a.txt', 'b.txt']);
    expect(store.getState()).toMatchObject({ phase: 'choosing', looking: 0, failure: null });
    const importing = session.start('texts');
    expect(store.getState()).toMatchObject({ phase: 'importing' });
    const [call] = collections.imports;
    expect(call?.target).toEqual({ kind: 'new', name: 'texts' });
    // What nobody changed is taken as recognised.
    expect(call?.choices).toEqual({});
    call?.call.onProgress?.({ type: 'progress', step: 'reading', done: 1, total: 6 });
    expect(store.getState()).toMatchObject({ progress: { done: 1 } });
    call?.answer(report);
    await importing;
    expect(store.getState()).toMatchObject({ phase: 'done', report });
    expect(imported).toEqual([{ kind: 'new', name: 'texts' }]);
    session.close();
    expect(store.getState()).toEqual({ phase: 'idle' });
  });

  test('goes into the open collection unless a new one is chosen', async () => {
    const { collections, session, draft } = setUp();
    session.open({ collectionId: 'c7', name: 'mine' }, true);
    expect(draft()).toMatchObject({ target: 'into', pasting: true });
    session.start('x');
    session.cancel();
    await called(collections.imports, 1);
    expect(collections.imports[0]?.target).toEqual({ kind: 'into', collectionId: 'c7' });
  });

  test('adds files that come later, and looks at all of them together', async () => {
    const { collections, session, draft, begun } = setUp();
    await begun('a.txt');
    const more = session.begin(filesOf('b.txt'), null);
    await called(collections.inspections, 2);
    expect(collections.inspections[1]?.paths).toEqual(['a.txt', 'b.txt']);
    collections.inspections[1]?.finish(2);
    await more;
    expect(draft().previews.map(({ path }) => path)).toEqual(['a.txt', 'b.txt']);
  });

  test('keeps what was looked at last when looks end in another order', async () => {
    const { collections, session, draft } = setUp();
    const first = session.begin(filesOf('a.txt'), null);
    await called(collections.inspections, 1);
    const second = session.begin(filesOf('b.txt'), null);
    await called(collections.inspections, 2);
    collections.inspections[1]?.finish(2);
    await second;
    collections.inspections[0]?.finish(1);
    await first;
    expect(draft().previews.map(({ counts }) => counts.documents)).toEqual([2, 2]);
  });

  test('shows why files cannot be read, and looks again', async () => {
    const { collections, store, session, draft } = setUp();
    await session.begin(Promise.reject(new RerankError('access-denied', 'a.txt')), null);
    expect(store.getState()).toMatchObject({ looking: 0, failure: { code: 'access-denied' } });
    const looking = session.begin(filesOf('a.txt'), null);
    await called(collections.inspections, 1);
    collections.inspections[0]?.fail(new Error('worker gone'));
    await looking;
    expect(store.getState()).toMatchObject({ failure: { code: 'file-unreadable' } });
    const again = session.lookAgain();
    await called(collections.inspections, 2);
    expect(store.getState()).toMatchObject({ failure: null, looking: 1 });
    collections.inspections[1]?.finish();
    await again;
    expect(draft().previews).toHaveLength(1);
  });

  test('that is closed while it looks leaves nothing behind', async () => {
    const { collections, store, session } = setUp();
    const beginning = session.begin(filesOf('a.txt'), null);
    await called(collections.inspections, 1);
    session.close();
    expect(collections.inspections[0]?.call.signal?.aborted).toBe(true);
    collections.inspections[0]?.finish();
    await beginning;
    expect(store.getState()).toEqual({ phase: 'idle' });
    session.open(null, false);
    expect(store.getState()).toMatchObject({ draft: { files: [], previews: [] }, looking: 0 });
  });
});

describe('a choice', () => {
  test('is shown at once, looked at alone, and goes into the import', async () => {
    const { collections, session, draft, begun } = setUp();
    await begun('a.txt', 'b.txt', '__proto__');
    const changing = session.change(['__proto__'], asLayout('whole-file'));
    expect(draft().previews[2]?.interpretation.layout).toBe('whole-file');
    await called(collections.inspections, 2);
    const inspection = collections.inspections[1];
    expect(inspection?.paths).toEqual(['__proto__']);
    expect(Object.entries(inspection?.choices ?? {})).toEqual([
      ['__proto__', { ...recognised, layout: 'whole-file' }],
    ]);
    inspection?.finish(9);
    await changing;
    expect(draft().previews.map(({ counts }) => counts.documents)).toEqual([1, 1, 9]);
    session.start('x');
    await called(collections.imports, 1);
    expect(Object.keys(collections.imports[0]?.choices ?? {})).toEqual(['__proto__']);
    session.cancel();
  });

  test('a newer one wins, whichever is answered last', async () => {
    const { collections, session, draft, begun } = setUp();
    await begun('a.txt', 'b.txt');
    const older = session.change(['a.txt', 'b.txt'], asLayout('whole-file'));
    await called(collections.inspections, 2);
    const newer = session.change(['a.txt'], asLayout('blank-lines'));
    await called(collections.inspections, 3);
    collections.inspections[2]?.finish(3);
    await newer;
    // The older one still has something to say of b.txt, and nothing of a.txt.
    collections.inspections[1]?.finish(2);
    await older;
    expect(draft().previews.map(({ counts }) => counts.documents)).toEqual([3, 2]);
    expect(draft().previews.map(({ interpretation }) => interpretation.layout)).toEqual([
      'blank-lines',
      'whole-file',
    ]);
  });

  test('aborts an older look at the same files', async () => {
    const { collections, store, session, begun } = setUp();
    await begun('a.txt');
    session.change(['a.txt'], asLayout('whole-file'));
    await called(collections.inspections, 2);
    const newer = session.change(['a.txt'], asLayout('blank-lines'));
    await called(collections.inspections, 3);
    expect(collections.inspections[1]?.call.signal?.aborted).toBe(true);
    collections.inspections[1]?.fail(new RerankError('aborted', 'stopped'));
    collections.inspections[2]?.finish();
    await newer;
    expect(store.getState()).toMatchObject({ looking: 0, failure: null });
  });

  test('about a file of a zip looks at the zip again', async () => {
    const { collections, session, draft } = setUp();
    const beginning = session.begin(filesOf('my.zip', 'b.txt'), null);
    await called(collections.inspections, 1);
    collections.inspections[0]?.finish(1, ['my.zip/a.txt', 'my.zip/c.txt', 'b.txt']);
    await beginning;
    const changing = session.change(['my.zip/a.txt'], asLayout('whole-file'));
    await called(collections.inspections, 2);
    expect(collections.inspections[1]?.paths).toEqual(['my.zip']);
    collections.inspections[1]?.finish(4, ['my.zip/a.txt', 'my.zip/c.txt']);
    await changing;
    expect(draft().previews).toHaveLength(3);
  });

  test('about questions and paragraphs looks at all files, which may be pairs', async () => {
    const { collections, session, begun } = setUp();
    await begun('a.json', 'b.json');
    session.change(['a.json'], ({ interpretation }) => ({ ...interpretation, format: 'squad' }));
    await called(collections.inspections, 2);
    expect(collections.inspections[1]?.paths).toEqual(['a.json', 'b.json']);
  });

  test('to leave files out needs no look, and stays when one ends', async () => {
    const { collections, session, draft, begun } = setUp();
    await begun('a.txt', 'b.txt');
    const changing = session.change(['a.txt'], asLayout('whole-file'));
    await called(collections.inspections, 2);
    session.include(['a.txt', 'b.txt'], false);
    collections.inspections[1]?.finish(4);
    await changing;
    expect(collections.inspections).toHaveLength(2);
    expect(draft().previews.map(({ interpretation }) => interpretation.included)).toEqual([
      false,
      false,
    ]);
    expect(draft().previews[0]?.counts.documents).toBe(4);
  });
});

describe('an import that runs', () => {
  test('is cancelled with all choices kept', async () => {
    const { store, session, draft, begun } = setUp();
    await begun('a.txt');
    session.decide({ name: 'mine' });
    const importing = session.start('mine');
    session.close();
    expect(store.getState()).toMatchObject({ phase: 'importing' });
    session.cancel();
    await importing;
    expect(store.getState()).toMatchObject({
      phase: 'choosing',
      failure: null,
      cancelled: true,
    });
    expect(draft()).toMatchObject({ name: 'mine', previews: [{ path: 'a.txt' }] });
  });

  test('that fails says why, with all choices kept', async () => {
    const { collections, store, session, draft, begun } = setUp();
    await begun('a.txt');
    const importing = session.start('mine');
    collections.imports[0]?.answer(new RerankError('storage-full', 'no room'));
    await importing;
    expect(store.getState()).toMatchObject({
      phase: 'choosing',
      failure: { code: 'storage-full', detail: 'no room' },
    });
    expect(draft().previews).toHaveLength(1);
  });

  test('is not disturbed by files that come meanwhile', async () => {
    const { collections, store, session, begun } = setUp();
    await begun('a.txt');
    session.start('mine');
    await session.begin(filesOf('b.txt'), null);
    await session.begin(Promise.reject(new Error('unreadable')), null);
    expect(store.getState()).toMatchObject({ phase: 'importing' });
    expect(collections.inspections).toHaveLength(1);
    session.cancel();
  });

  test('that took nothing in tells nobody, and leads back to the choices', async () => {
    const { collections, store, session, imported, draft, begun } = setUp();
    await begun('a.txt');
    const importing = session.start('mine');
    collections.imports[0]?.answer({ ...report, summary: null });
    await importing;
    expect(imported).toEqual([]);
    session.backToChoices();
    expect(store.getState()).toMatchObject({ phase: 'choosing' });
    expect(draft().previews).toHaveLength(1);
  });
});
