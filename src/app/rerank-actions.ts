import type { LoadOptions, RerankRequest } from '../engine/reranker.ts';
import type { KeywordTrap } from '../io/keyword-traps.ts';
import { formatDocuments } from '../io/pasted-documents.ts';
import { atMost } from './at-most.ts';
import { cascadePlanOf } from './cascade-plan.ts';
import { giveWayToOthers } from './comparison-turn.ts';
import { pastedDocuments } from './input-view.ts';
import { keywordScores } from './keyword-scores.ts';
import { failureOf, loadOptionsOf, settleModelPhase, showLoading } from './model-phase.ts';
import { ResultDraft } from './result-draft.ts';
import { noteRecovery } from './run-recovery.ts';
import { crossrank } from './services.ts';
import { type AppState, type CascadePlan, type Failure, type Input, store } from './store.ts';

/** Partial results are drawn at most this often (and less often for thousands): they cost time. */
const publishGapMs = 120;

/** From so many documents on it is worth waiting a moment to know which are promising. */
const promiseFrom = 200;
/** How long the model waits for that. */
const promiseWaitMs = 150;

/** One run: the model's part can be cancelled while BM25's goes on. */
interface Run {
  readonly draft: ResultDraft;
  readonly model: AbortController;
  readonly bm25: AbortController;
}

/** The newest run, also after it has ended; whatever an older one still says is not shown. */
let current: Run | null = null;
let runNumber = 0;

/** Changes what is typed; an earlier result stays as it is. */
export function editInput(change: Partial<Input>): void {
  store.setState({ ...change, loadedTrap: null, opened: null, inputFailure: null });
}

/** Empties the boxes; their text can be brought back. */
export function clearInput(): void {
  store.setState(replaceInput({ query: '', documentsText: '', layout: 'auto' }));
}

/** Brings back the text that a keyword trap or "Clear" has replaced. */
export function restoreInput(): void {
  const { replaced } = store.getState();
  if (replaced !== null) store.setState(replaceInput(replaced));
}

/** Puts a keyword trap into the boxes and ranks it; text of the user's own can be brought back. */
export async function openTrap(trap: KeywordTrap): Promise<void> {
  const { text } = formatDocuments(trap.documents.map((document) => document.text));
  // What formatDocuments writes reads back with `auto` as well.
  const input: Input = { query: trap.query, documentsText: text, layout: 'auto' };
  store.setState({ ...replaceInput(input), loadedTrap: trap });
  await rerank();
}

/**
 * Scores what is in the boxes, with the model and with BM25 side by side. Replaces the run before
 * it; the result before it stays until the first score of this one arrives.
 * @param options.remember false scores documents again whose scores are known. Default true.
 */
export async function rerank({
  remember = true,
}: {
  readonly remember?: boolean;
} = {}): Promise<void> {
  const state = store.getState();
  const { query, loadedTrap, settings } = state;
  const pasted = pastedDocuments(state);
  if (!pasted.ok) return refuse({ code: 'documents-json', detail: '' });
  if (query.trim() === '') return refuse({ code: 'empty-query', detail: '' });
  if (pasted.documents.length === 0) return refuse({ code: 'no-documents', detail: '' });

  const { documents } = pasted;
  runNumber += 1;
  const { longDocuments, maxLength } = settings;
  const reading = { longDocuments, maxLength };
  const plan = cascadePlanOf(settings, documents.length);
  const draft = new ResultDraft({ runNumber, query, documents, reading, trap: loadedTrap });
  const run: Run = { draft, model: new AbortController(), bm25: new AbortController() };
  giveWayToOthers();
  current?.model.abort();
  current?.bm25.abort();
  current = run;
  const isWanted = (): boolean => current === run && !run.model.signal.aborted;
  const publisher = new FramePublisher(publishGapMs + documents.length / 20, () => {
    if (isWanted()) showProgress(run);
  });
  const progress = draft.progress(performance.now());
  noteRecovery(null);
  store.setState({
    run: { phase: 'scoring', ...progress },
    inputFailure: null,
    cascadeGone: null,
  });

  const keywords = scoreByKeywords(run, query, documents);
  try {
    if (documents.length > promiseFrom) await atMost(keywords, promiseWaitMs);
    const promise = draft.bm25Scores;
    const request: RerankRequest = {
      query,
      documents,
      ...reading,
      ...(documents.length > promiseFrom && promise !== null && { promise: [...promise] }),
      ...(!remember && { remember }),
    };
    // A model that is on its way is the one that the user wants.
    const wanted = state.models.loading === null ? loadOptionsOf(settings) : {};
    const onScores = (): void => publisher.schedule();
    if (plan === null || !(await scoreByTwo(run, plan, request, wanted, onScores))) {
      await scoreByOne(run, request, wanted, onScores);
    }
    settleModelPhase(draft.cascade?.strongFailure ?? undefined);
    if (isWanted()) store.setState({ run: { phase: 'done' }, result: draft.snapshot() });
  } catch (error) {
    const failure = failureOf(error);
    // In a cascade it is the fast model's, of which the page tells nothing else.
    settleModelPhase(draft.cascade === null ? failure : undefined);
    // Cancelled: whoever aborted has already said so, or has started the next run.
    if (isWanted()) store.setState({ run: { phase: 'failed', failure } });
  } finally {
    publisher.cancel();
  }
}

/** Stops the model and keeps the scores that are known; BM25 still fills in its order. */
export function cancelRerank(): void {
  giveWayToOthers();
  const { run } = store.getState();
  if (current === null || run.phase !== 'scoring') return;
  current.model.abort();
  const { done, total, cascade } = current.draft.progress(performance.now());
  store.setState({
    run: { phase: 'cancelled', done, total, cascade },
    result: current.draft.snapshot(),
  });
}

/** The model in use scores every document. */
async function scoreByOne(
  { draft, model: { signal } }: Run,
  request: RerankRequest,
  wanted: LoadOptions,
  onScores: () => void,
): Promise<void> {
  const {
    ranking: _,
    timings,
    ...model
  } = await crossrank.rerank({
    ...request,
    ...wanted,
    signal,
    onEvent: (event) => {
      if (event.type === 'recovering') noteRecovery(event);
      if (event.type !== 'scoring') return showLoading(event);
      draft.add(event);
      onScores();
    },
  });
  draft.model = model;
  draft.timings = timings;
}

/** A faster model scores every document, and the one in use the best again. */
async function scoreByTwo(
  { draft, model: { signal } }: Run,
  plan: CascadePlan,
  request: RerankRequest,
  strong: LoadOptions,
  onScores: () => void,
): Promise<boolean> {
  const { scoreInCascade } = await import('./cascade-run.ts');
  return scoreInCascade({ plan, request, strong, draft, signal, onScores });
}

/** BM25 answers before the model and is an order to look at while that works. */
async function scoreByKeywords(
  run: Run,
  query: string,
  documents: readonly string[],
): Promise<void> {
  Object.assign(run.draft, await keywordScores(query, documents, run.bm25.signal));
  if (current === run) store.setState({ result: run.draft.snapshot() });
}

function showProgress({ draft }: Run): void {
  const progress = draft.progress(performance.now());
  store.setState({ run: { phase: 'scoring', ...progress }, result: draft.snapshot() });
}

/** Says what is wrong with the input; a run under way and the result stay as they are. */
function refuse(inputFailure: Failure): void {
  store.setState({ inputFailure });
}

/** New text for the boxes, remembering the user's own. */
export function replaceInput(input: Input): Partial<AppState> {
  const { query, documentsText, layout, loadedTrap, replaced } = store.getState();
  const own = loadedTrap === null && (query.trim() !== '' || documentsText.trim() !== '');
  const restored = replaced === input ? null : replaced;
  return {
    ...input,
    loadedTrap: null,
    opened: null,
    inputFailure: null,
    replaced: own ? { query, documentsText, layout } : restored,
  };
}

/** Runs a job in an animation frame, at most once per gap. */
class FramePublisher {
  readonly #gapMs: number;
  readonly #publish: () => void;
  #frame: number | null = null;
  #publishedAt = Number.NEGATIVE_INFINITY;

  constructor(gapMs: number, publish: () => void) {
    this.#gapMs = gapMs;
    this.#publish = publish;
  }

  /** An event inside the gap is shown with the next one, or with the final result. */
  schedule(): void {
    if (performance.now() - this.#publishedAt < this.#gapMs) return;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#publishedAt = performance.now();
      this.#publish();
    });
  }

  cancel(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }
}
