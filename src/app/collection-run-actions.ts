import type { CollectionOverview, RunSettings, RunSummary } from '../collections/collection.ts';
import { RerankError } from '../core/errors.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import type { Provenance } from '../io/export-types.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { pairsByQuery } from './collection-plan.ts';
import { RunTally } from './collection-progress.ts';
import { isSameModel, provenanceOf, runToJoin } from './collection-provenance.ts';
import { openQuery, showNewScores } from './collection-query-actions.ts';
import { ScoresDraft } from './collection-scoring.ts';
import { readCollection, showCollectionFailure } from './collections-actions.ts';
import { collections } from './collections-service.ts';
import { collectionsStore, type RunEnd, type RunTarget } from './collections-store.ts';
import { loadModel } from './model-actions.ts';
import { failureOf, loadOptionsOf, settleModelPhase, showLoading } from './model-phase.ts';
import { crossrank } from './services.ts';
import { store } from './store.ts';

/** Progress is drawn at most this often, and scores of thousands of documents less often. */
const publishGapMs = 120;
/** Ways to store weights that a load can be asked for. */
const dtypes = ['fp32', 'fp16', 'int8', 'q8', 'q4', 'q4f16'] as const;

const storageCodes: ReadonlySet<string> = new Set(['storage-full', 'storage-unavailable']);

/** One go at a run, from a press of the button to its end. */
interface Go {
  readonly target: RunTarget;
  readonly controller: AbortController;
  run: RunSummary | null;
  tally: RunTally | null;
  /** From here on it is collections that storage is asked for, not models. */
  modelIsLoaded: boolean;
  publishedAt: number;
}

/** The newest go, also after it has ended. */
let current: Go | null = null;
/** Resolves when no go is under way: the next one begins when the one before has kept its scores. */
let settled: Promise<void> = Promise.resolve();

/** Scores all queries with the model in use, in a run of its own. */
export async function rerankCollection(collectionId: string, settings: RunSettings): Promise<void> {
  await begin({ collectionId, settings, onlyQuery: null }, null);
}

/**
 * Goes on with a run that was stopped, with its settings. With another model than its own in use
 * nothing is scored, and the end says so.
 */
export async function resumeRun(collectionId: string, run: RunSummary): Promise<void> {
  if (run.settings === null) return;
  await begin({ collectionId, settings: run.settings, onlyQuery: null }, run);
}

/** Loads the model that a run was made with, and goes on with it. */
export async function resumeWithItsModel(collectionId: string, run: RunSummary): Promise<void> {
  const { provenance } = run;
  if (provenance === null) return;
  await loadModelOf(provenance);
  const { model } = crossrank;
  // Why it was not loaded is said where models are.
  if (model !== null && isSameModel(provenance, model)) await resumeRun(collectionId, run);
}

/** Scores one query: in the newest run that it fits into, else in a run of its own. */
export async function rerankQuery(
  collectionId: string,
  queryNumber: number,
  settings: RunSettings,
): Promise<void> {
  await begin({ collectionId, settings, onlyQuery: queryNumber }, null);
}

/** Stops the run; queries that are done, and scores that have arrived, are kept. */
export function cancelCollectionRun(): void {
  const { run } = collectionsStore.getState();
  if (current === null || run.phase !== 'running') return;
  current.controller.abort();
  end(current, { kind: 'cancelled' });
}

/** Takes the word about the last run away. */
export function dismissRunEnd(): void {
  if (collectionsStore.getState().run.phase === 'ended') {
    collectionsStore.setState({ run: { phase: 'idle' } });
  }
}

/** Deletes a run; its scores are still remembered for the next one. */
export async function removeRun(collectionId: string, runId: string): Promise<void> {
  const { run } = collectionsStore.getState();
  if (run.phase === 'running' && run.run?.runId === runId) cancelCollectionRun();
  await settled;
  try {
    await collections.removeRun(collectionId, runId);
  } catch (error) {
    showCollectionFailure(error);
  }
  const { run: now } = collectionsStore.getState();
  if (now.phase === 'ended' && now.run?.runId === runId) dismissRunEnd();
  await readCollection(collectionId);
}

async function begin(target: RunTarget, run: RunSummary | null): Promise<void> {
  const before = current;
  before?.controller.abort();
  const controller = new AbortController();
  const go: Go = { target, controller, run, tally: null, modelIsLoaded: false, publishedAt: 0 };
  current = go;
  publish(go);
  const waiting = settled;
  const performed = waiting.then(() => perform(go));
  settled = performed;
  await performed;
}

/** Never rejects: how it ended is in the state. */
async function perform(go: Go): Promise<void> {
  const stopWatching = watchForChanges(go);
  try {
    end(go, await scoreQueries(go));
  } catch (error) {
    const failure = failureOf(error);
    settleModelPhase(failure);
    const unkept = go.modelIsLoaded && storageCodes.has(failure.code);
    end(
      go,
      failure.code === 'aborted' ? { kind: 'cancelled' } : { kind: 'failed', failure, unkept },
    );
  } finally {
    stopWatching();
  }
  await showWhatIsNew(go);
}

async function scoreQueries(go: Go): Promise<RunEnd> {
  const { collectionId, settings, onlyQuery } = go.target;
  const { signal } = go.controller;
  checkAbort(signal);
  const { models, settings: wanted } = store.getState();
  // A model that is on its way is the one that the user wants.
  const options = models.loading === null ? loadOptionsOf(wanted) : {};
  const model = await crossrank.load({ ...options, signal, onEvent: showLoading });
  settleModelPhase();
  go.modelIsLoaded = true;
  const overview = await collections.open(collectionId);
  if (go.run === null && onlyQuery !== null) {
    go.run = runToJoin(overview.summary.runs, settings, model, onlyQuery);
  }
  if (go.run?.provenance && !isSameModel(go.run.provenance, model)) {
    return { kind: 'other-model', loaded: model };
  }
  checkAbort(signal);
  const run = go.run ?? (await collections.createRun(collectionId, settings, model.model));
  go.run = run;
  if (onlyQuery !== null) await lookAt(collectionId, run, onlyQuery);
  const pending =
    onlyQuery === null ? await collections.pendingQueries(collectionId, run.runId) : [onlyQuery];
  go.tally = tallyOf(overview, run, pending);
  publish(go);
  for (const queryNumber of pending) {
    checkAbort(signal);
    // One query's texts at a time: nothing of the ones before is held.
    const other = await scoreQuery(go, run.runId, queryNumber, model);
    if (other !== null) return { kind: 'other-model', loaded: other };
  }
  return { kind: 'done' };
}

/** Makes a run of one query the one whose scores are looked at, so that they show as they come. */
async function lookAt(
  collectionId: string,
  { runId }: RunSummary,
  onlyQuery: number,
): Promise<void> {
  collectionsStore.setState({ chosenRunId: runId });
  const { opened, query } = collectionsStore.getState();
  if (opened.phase !== 'ready' || opened.collectionId !== collectionId) return;
  await readCollection(collectionId);
  if (query.phase !== 'none' && query.queryNumber === onlyQuery) {
    await openQuery(collectionId, onlyQuery);
  }
}

/** @returns the model that scored it, if that is another one than the run's: nothing is kept then */
async function scoreQuery(
  go: Go,
  runId: string,
  queryNumber: number,
  model: LoadedModel,
): Promise<LoadedModel | null> {
  const { collectionId, settings } = go.target;
  const { signal } = go.controller;
  const provenance = provenanceOf(model, go.run?.settings ?? settings, {
    browser: navigator.userAgent,
    createdAt: go.run?.createdAt ?? Date.now(),
  });
  const toScore = await collections.queryToScore(collectionId, runId, queryNumber, provenance, {
    signal,
  });
  const { missingPlaces, missingTexts } = toScore;
  go.tally?.begin(queryNumber, toScore.candidates, missingPlaces.length);
  if (missingTexts.length === 0) {
    go.run = await collections.keepScores(collectionId, runId, queryNumber, [], null, provenance);
    go.tally?.finish(0);
    publishSometimes(go, 0);
    return null;
  }
  const draft = new ScoresDraft(toScore);
  const startedAt = performance.now();
  const keep = async (scoringMs: number): Promise<void> => {
    const known = draft.known(scoringMs);
    if (known === null) return;
    const { places, scores } = known;
    go.run = await collections.keepScores(
      collectionId,
      runId,
      queryNumber,
      places,
      scores,
      provenance,
    );
  };
  const show = (): void =>
    showNewScores({ collectionId, runId, queryNumber }, missingPlaces, draft);
  let last = startedAt;
  try {
    const result = await crossrank.rerank({
      query: toScore.query.text,
      documents: missingTexts,
      longDocuments: settings.longDocuments,
      maxLength: settings.maxLength,
      // Collections have a memory of their own, and a run tells how fast the model was.
      remember: false,
      signal,
      onEvent: (event) => {
        if (event.type !== 'scoring') return showLoading(event);
        last = performance.now();
        draft.add(event.scores);
        go.tally?.score(event, last - startedAt);
        if (publishSometimes(go, missingTexts.length)) show();
      },
    });
    settleModelPhase();
    if (!isSameModel(result, model)) return result;
    draft.add(result.ranking);
    await keep(result.timings.totalMs);
    go.tally?.finish(result.timings.totalMs);
    publishSometimes(go, 0);
    show();
    return null;
  } catch (error) {
    // What the model has said is kept, unless that is what failed.
    if (go.tally?.progress().queryNumber === queryNumber && isSameAsNow(model)) {
      await keep(last - startedAt).catch(() => undefined);
    }
    throw error;
  }
}

/** False when another model has come in between, whose scores these may be. */
function isSameAsNow(model: LoadedModel): boolean {
  const now = crossrank.model;
  return now === null || isSameModel(now, model);
}

function tallyOf(
  overview: CollectionOverview,
  { settings, doneQueries, totalQueries }: RunSummary,
  pending: readonly number[],
): RunTally {
  const pairs = settings === null ? [] : pairsByQuery(overview, settings);
  const left = new Map(pending.map((number) => [number, pairs[number] ?? 0]));
  return new RunTally(doneQueries, totalQueries, left);
}

/** A run ends when its model is replaced or its collection deleted. */
function watchForChanges(go: Go): () => void {
  const stop = (): void => {
    if (current === go) cancelCollectionRun();
  };
  const endings = [
    store.subscribe(({ models }, before) => {
      if (models.loading !== null && before.models.loading === null) stop();
    }),
    collectionsStore.subscribe(({ removed }) => {
      if (removed?.id === go.target.collectionId) stop();
    }),
  ];
  return () => {
    for (const unsubscribe of endings) unsubscribe();
  };
}

/** Reads again what the run has changed, where that is looked at. */
async function showWhatIsNew({ target }: Go): Promise<void> {
  const { collectionId } = target;
  const { opened, query } = collectionsStore.getState();
  if (opened.phase !== 'ready' || opened.collectionId !== collectionId) return;
  await readCollection(collectionId);
  if (query.phase === 'ready' && query.collectionId === collectionId) {
    await openQuery(collectionId, query.queryNumber);
  }
}

async function loadModelOf({ model, device, dtype, revision }: Provenance): Promise<void> {
  const known = device === 'webgpu' || device === 'wasm' ? device : undefined;
  if (model === embeddedModel.id) {
    // It has one set of weights, and no device of its own in the settings.
    await loadModel(model, known === undefined ? {} : { deviceChoice: known });
    return;
  }
  const chosen = dtypes.find((one) => one === dtype);
  await loadModel(model, {
    revision,
    ...(chosen !== undefined && { dtype: chosen }),
    ...(known !== undefined && { device: known }),
  });
}

function checkAbort(signal: AbortSignal): void {
  if (signal.aborted) throw new RerankError('aborted', 'The run was cancelled.');
}

/** @returns whether it was drawn; an event inside the gap is shown with the next one */
function publishSometimes(go: Go, documents: number): boolean {
  const now = performance.now();
  if (now - go.publishedAt < publishGapMs + documents / 20) return false;
  go.publishedAt = now;
  publish(go);
  return true;
}

function publish(go: Go): void {
  const { target, run, tally, controller } = go;
  if (current !== go || controller.signal.aborted) return;
  const progress = tally?.progress() ?? null;
  collectionsStore.setState({ run: { phase: 'running', target, run, progress } });
}

/** The first word on how a go ended stands; a go that was replaced says nothing. */
function end(go: Go, how: RunEnd): void {
  if (current !== go) return;
  if (collectionsStore.getState().run.phase === 'ended') return;
  const { target, run, tally } = go;
  const progress = tally?.progress() ?? null;
  collectionsStore.setState({ run: { phase: 'ended', target, run, progress, end: how } });
}
