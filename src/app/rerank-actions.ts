import { toRerankError } from '../core/errors.ts';
import type { RerankEvent, ScoringEvent } from '../engine/reranker.ts';
import type { KeywordTrap } from '../io/keyword-traps.ts';
import {
  type DocumentLayoutChoice,
  formatDocuments,
  readPastedDocuments,
} from '../io/pasted-documents.ts';
import { crossrank, lexicalReranker } from './services.ts';
import { type Failure, type ModelPhase, type Result, store } from './store.ts';

/** Partial results are drawn at most this often (and less often for thousands): they cost time. */
const publishGapMs = 120;

let running: AbortController | null = null;
let runNumber = 0;

/** Changes what is typed; an earlier result stays as it is. */
export function editInput(change: {
  query?: string;
  documentsText?: string;
  layout?: DocumentLayoutChoice;
}): void {
  store.setState({ ...change, loadedTrap: null });
}

/** Puts a keyword trap into the boxes and ranks it. */
export async function openTrap(trap: KeywordTrap): Promise<void> {
  const { text } = formatDocuments(trap.documents.map((document) => document.text));
  store.setState({
    query: trap.query,
    documentsText: text,
    // What formatDocuments writes reads back with `auto` as well.
    layout: 'auto',
    loadedTrap: trap,
  });
  await rerank();
}

/**
 * Scores what is in the boxes, with the model and with BM25 side by side. Ends the run before it;
 * the result before it stays until the first score of this one arrives.
 */
export async function rerank(): Promise<void> {
  running?.abort();
  const { query, documentsText, layout, loadedTrap } = store.getState();
  const pasted = readPastedDocuments(documentsText, layout);
  if (!pasted.ok) return fail({ code: 'documents-json', detail: '' });
  if (query.trim() === '') return fail({ code: 'empty-query', detail: '' });
  if (pasted.documents.length === 0) return fail({ code: 'no-documents', detail: '' });

  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  runNumber += 1;
  const draft = new ResultDraft(runNumber, query, pasted.documents, loadedTrap);
  const total = pasted.documents.length;
  const none = { done: 0, total, doneTokens: 0, totalTokens: 0, elapsedMs: 0 };
  store.setState({ run: { phase: 'scoring', ...none } });

  // BM25 answers first and is an order to look at while the model works.
  lexicalReranker
    .rerank({ query, documents: pasted.documents }, { signal })
    .then(({ ranking }) => {
      const scores = new Float64Array(total);
      for (const { index, logit } of ranking) scores[index] = logit;
      draft.bm25Scores = scores;
      if (!signal.aborted) store.setState({ result: draft.snapshot() });
    })
    .catch((error: unknown) => {
      if (!signal.aborted) fail(failureOf(error));
    });

  const publisher = new FramePublisher(publishGapMs + total / 20, () => {
    if (signal.aborted) return;
    store.setState({ run: { phase: 'scoring', ...draft.progress() }, result: draft.snapshot() });
  });
  try {
    const device = store.getState().settings.device;
    await reportLoading((onEvent) => crossrank.load({ device, signal, onEvent }));
    draft.startedAt = performance.now();
    const {
      ranking: _,
      timings,
      ...model
    } = await crossrank.rerank({
      query,
      documents: pasted.documents,
      signal,
      onEvent: (event) => {
        if (event.type !== 'scoring') return;
        draft.add(event);
        publisher.schedule();
      },
    });
    draft.model = model;
    draft.timings = timings;
    if (!signal.aborted) store.setState({ run: { phase: 'done' }, result: draft.snapshot() });
  } catch (error) {
    // Cancelled: whoever aborted has already said so, or has started the next run.
    if (!signal.aborted) fail(failureOf(error));
  } finally {
    publisher.cancel();
    if (running === controller) running = null;
  }
}

/** Stops the run and keeps the scores that are known. */
export function cancelRerank(): void {
  const { run } = store.getState();
  if (running === null || run.phase !== 'scoring') return;
  running.abort();
  running = null;
  store.setState({ run: { phase: 'cancelled', done: run.done, total: run.total } });
}

/** Runs a load and shows its progress in the state, whoever asked for it. */
export async function reportLoading<T>(
  load: (onEvent: (event: RerankEvent) => void) => Promise<T>,
): Promise<T> {
  const show = (model: ModelPhase): void => store.setState({ model });
  try {
    return await load((event) => {
      if (event.type === 'downloading') {
        const { loadedBytes, totalBytes } = event;
        show({ phase: 'downloading', loadedBytes, totalBytes });
      } else if (event.type === 'preparing') show({ phase: 'preparing' });
    });
  } catch (error) {
    const failure = failureOf(error);
    show(failure.code === 'aborted' ? { phase: 'none' } : { phase: 'failed', failure });
    throw error;
  }
}

/** An error of the library as the page keeps it. */
export function failureOf(error: unknown): Failure {
  const { code, message } = toRerankError(error, 'inference-failed');
  return { code, detail: message };
}

function fail(failure: Failure): void {
  store.setState({ run: { phase: 'failed', failure } });
}

/** A result under way: written by events, copied for the state once per frame. */
class ResultDraft {
  readonly #runNumber: number;
  readonly #query: string;
  readonly #documents: readonly string[];
  readonly #trap: KeywordTrap | null;
  readonly #logits: Float64Array;
  readonly #tokens: Int32Array;
  readonly #truncated: boolean[];
  #done = 0;
  #doneTokens = 0;
  #totalTokens = 0;
  startedAt = 0;
  bm25Scores: Float64Array | null = null;
  model: Result['model'] = null;
  timings: Result['timings'] = null;

  constructor(
    number: number,
    query: string,
    documents: readonly string[],
    trap: KeywordTrap | null,
  ) {
    this.#runNumber = number;
    this.#query = query;
    this.#documents = documents;
    this.#trap = trap;
    this.#logits = new Float64Array(documents.length).fill(Number.NaN);
    this.#tokens = new Int32Array(documents.length);
    this.#truncated = new Array<boolean>(documents.length).fill(false);
  }

  add(event: ScoringEvent): void {
    for (const { index, logit, tokens, truncated } of event.scores) {
      this.#logits[index] = logit;
      this.#tokens[index] = tokens;
      this.#truncated[index] = truncated;
    }
    this.#done = event.done;
    this.#doneTokens = event.doneTokens;
    this.#totalTokens = event.totalTokens;
  }

  progress(): Record<'done' | 'total' | 'doneTokens' | 'totalTokens' | 'elapsedMs', number> {
    return {
      done: this.#done,
      total: this.#documents.length,
      doneTokens: this.#doneTokens,
      totalTokens: this.#totalTokens,
      elapsedMs: performance.now() - this.startedAt,
    };
  }

  snapshot(): Result {
    return {
      runNumber: this.#runNumber,
      query: this.#query,
      documents: this.#documents,
      trap: this.#trap,
      logits: this.#logits.slice(),
      tokens: this.#tokens.slice(),
      truncated: this.#truncated.slice(),
      bm25Scores: this.bm25Scores,
      done: this.#done,
      model: this.model,
      timings: this.timings,
    };
  }
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
