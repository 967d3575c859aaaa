import * as v from 'valibot';
import type { DecidingPassage } from '../engine/reranker.ts';
import type { AsideReason } from './set-aside.ts';
import { errorCodeSchema, loadedModelSchema, timingsSchema } from './work-run-schemas.ts';
import type { KeptCascade, KeptScores, Work, WorkHead, WorkParts, WorkText } from './work-types.ts';

/** Most documents of a result. */
const mostDocuments = 2_000_000;

/**
 * Reads what was kept of a tab; never throws. `work` is null where there is nothing, or nothing
 * that can be used; a result that cannot be read does not take the text with it. `problem` says
 * that some of it could not be used.
 */
export function readWork(parts: WorkParts): {
  readonly work: Work | null;
  readonly problem: AsideReason | null;
} {
  const { head, text, documents, scores } = parts;
  const present = [head, text, documents, scores].filter((part) => part !== undefined);
  if (present.length === 0) return { work: null, problem: null };
  const problem = present.some((part) => v.is(newerSchema, part)) ? 'newer-version' : 'damaged';

  const readHead = readHeadRecord(head);
  const readText = v.safeParse(textSchema, text);
  if (readHead === null || !readText.success) return { work: null, problem };
  const work = { head: readHead, text: readText.output };
  if (scores === undefined && documents === undefined) {
    return { work: { ...work, result: null }, problem: null };
  }
  const readDocuments = v.safeParse(documentsSchema, documents);
  const readScores = v.safeParse(scoresSchema, scores);
  if (!readDocuments.success || !readScores.success) {
    return { work: { ...work, result: null }, problem };
  }
  const result = { documents: readDocuments.output.documents, scores: unpack(readScores.output) };
  return belongTogether(result)
    ? { work: { ...work, result }, problem: null }
    : { work: { ...work, result: null }, problem };
}

/** Reads a head alone; null where it cannot be used. */
export function readHeadRecord(head: unknown): WorkHead | null {
  const parsed = v.safeParse(headSchema, head);
  return parsed.success ? parsed.output : null;
}

/** Why a head cannot be used; null where it can. */
export function readHeadProblem(head: unknown): AsideReason | null {
  if (readHeadRecord(head) !== null) return null;
  return v.is(newerSchema, head) ? 'newer-version' : 'damaged';
}

/** The documents of a result as they are stored. */
export function documentsRecord(documents: readonly string[]) {
  return { version: 1, documents } as const;
}

/** Scores as they are stored: numbers in typed arrays, which are copied in no time. */
export function scoresRecord({ truncated, passages, cascade, ...scores }: KeptScores) {
  return {
    version: 1,
    ...scores,
    truncated: Uint8Array.from(truncated, Number),
    passages: passages.some((passage) => passage !== null) ? packPassages(passages) : null,
    cascade: cascade === null ? null : { ...cascade, stages: packStages(cascade.stages) },
  } as const;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Beyond that there is no date, and formatting one would throw. */
const instant = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));
const layout = v.picklist(['auto', 'lines', 'blank-lines', 'json']);

const newerSchema = v.object({ version: v.pipe(v.number(), v.safeInteger(), v.minValue(2)) });

const headSchema: v.GenericSchema<unknown, WorkHead> = v.object({
  version: v.literal(1),
  // Beyond that it could not grow any more.
  sequence: v.pipe(count, v.maxValue(2 ** 50)),
  updatedAt: instant,
  expiredSince: v.nullable(instant),
  changes: count,
  query: v.string(),
  layout,
  trapId: v.nullable(v.string()),
  view: v.object({
    order: v.picklist(['cross-encoder', 'bm25', 'both']),
    arrangement: v.picklist(['list', 'side-by-side']),
    showLogits: v.boolean(),
  }),
  documents: count,
  rankedAt: v.nullable(instant),
  bytes: count,
  broughtBack: v.boolean(),
});

const textSchema: v.GenericSchema<unknown, WorkText> = v.object({
  version: v.literal(1),
  documentsText: v.string(),
  replaced: v.nullable(v.object({ query: v.string(), documentsText: v.string(), layout })),
});

const documentsSchema = v.object({
  version: v.literal(1),
  documents: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(mostDocuments)),
});

/** Finite, or NaN where not scored. */
const logits = v.pipe(
  v.instance(Float64Array),
  v.check((values) => values.every((value) => Number.isFinite(value) || Number.isNaN(value))),
);
const finites = v.pipe(
  v.instance(Float64Array),
  v.check((values) => values.every(Number.isFinite)),
);
const counts = v.pipe(
  v.instance(Int32Array),
  v.check((values) => values.every((value) => value >= 0)),
);

const scoresSchema = v.object({
  version: v.literal(1),
  query: v.string(),
  reading: v.nullable(
    v.object({
      longDocuments: v.picklist(['max', 'mean-of-top-3', 'first', 'truncate']),
      maxLength: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    }),
  ),
  logits,
  tokens: counts,
  truncated: v.instance(Uint8Array),
  /** Start, end, index and count of each; a count of 0 where there is none. */
  passages: v.nullable(counts),
  bm25Scores: v.nullable(finites),
  cascade: v.nullable(
    v.object({
      fast: v.string(),
      strong: v.string(),
      depth: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      /** 0: not scored, 1: by the fast model, 2: by the strong one. */
      stages: v.pipe(
        v.instance(Uint8Array),
        v.check((stages) => stages.every((stage) => stage <= 2)),
      ),
      fastLogits: logits,
      fastTokens: counts,
      fastRun: v.nullable(v.object({ model: loadedModelSchema, timings: timingsSchema })),
      strongFailure: v.nullable(v.object({ code: errorCodeSchema, detail: v.string() })),
    }),
  ),
  done: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  end: v.optional(
    v.nullable(
      v.union([v.literal('cancelled'), v.object({ code: errorCodeSchema, detail: v.string() })]),
    ),
    null,
  ),
  model: v.nullable(loadedModelSchema),
  timings: v.nullable(timingsSchema),
});

type StoredScores = v.InferOutput<typeof scoresSchema>;

const stageNames = [null, 'fast', 'strong'] as const;

function unpack({ version: _, truncated, passages, cascade, ...scores }: StoredScores): KeptScores {
  const places = passages === null ? null : unpackPassages(passages);
  return {
    ...scores,
    truncated: Array.from(truncated, Boolean),
    passages: places ?? Array.from(truncated, () => null),
    cascade:
      cascade === null
        ? null
        : { ...cascade, stages: Array.from(cascade.stages, (stage) => stageNames[stage] ?? null) },
  };
}

/** Whether the arrays are about the same documents, and the places lie inside of these. */
function belongTogether({ scores, documents }: NonNullable<Work['result']>): boolean {
  const { logits: scored, tokens, truncated, passages, bm25Scores, cascade, done } = scores;
  const all = documents.length;
  const arrays = [scored, tokens, truncated, passages];
  const ofStages = cascade === null ? [] : [cascade.stages, cascade.fastLogits, cascade.fastTokens];
  const lengths = [...arrays, ...ofStages, bm25Scores ?? documents].map(({ length }) => length);
  return (
    lengths.every((length) => length === all) &&
    done <= all &&
    (scores.model === null) === (scores.timings === null) &&
    (cascade === null || cascade.depth <= all) &&
    passages.every((passage, index) => passage === null || isIn(passage, documents[index] ?? ''))
  );
}

function isIn({ start, end, index, count: all }: DecidingPassage, text: string): boolean {
  return start <= end && end <= text.length && index < all;
}

function packStages(stages: KeptCascade['stages']): Uint8Array {
  return Uint8Array.from(stages, (stage) => stageNames.indexOf(stage));
}

function packPassages(passages: KeptScores['passages']): Int32Array {
  const packed = new Int32Array(passages.length * 4);
  passages.forEach((passage, at) => {
    if (passage === null) return;
    packed.set([passage.start, passage.end, passage.index, passage.count], at * 4);
  });
  return packed;
}

function unpackPassages(packed: Int32Array): (DecidingPassage | null)[] {
  return Array.from({ length: packed.length / 4 }, (_, at) => {
    const [start = 0, end = 0, index = 0, all = 0] = packed.subarray(at * 4, at * 4 + 4);
    return all === 0 ? null : { start, end, index, count: all };
  });
}
