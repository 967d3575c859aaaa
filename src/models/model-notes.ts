import * as v from 'valibot';
import type { KeptBenchmark, KeptSelfTest } from './kept-model.ts';
import type { ModelCard } from './model-card.ts';

/** What is written beside a model's files, as this release writes it. */
export interface ModelNotes {
  readonly card: ModelCard | null;
  /** The revision that was asked for, for example `main`; the files' own is a commit. */
  readonly askedRevision: string | null;
  readonly selfTests: readonly KeptSelfTest[];
  readonly benchmarks: readonly KeptBenchmark[];
}

/** Reads notes of any age: what cannot be used counts as missing, one note at a time. */
export function readNotes(notes: Readonly<Record<string, unknown>>): ModelNotes {
  const card = v.safeParse(cardSchema, notes.card);
  const asked = v.safeParse(v.string(), notes.askedRevision);
  return {
    card: card.success ? card.output : null,
    askedRevision: asked.success ? asked.output : null,
    selfTests: listOf(selfTestSchema, notes.selfTests),
    benchmarks: listOf(benchmarkSchema, notes.benchmarks),
  };
}

/** Adds a note, or replaces the one of the same device, adapter and dtype. */
export function withNote<Note extends Pick<KeptSelfTest, 'device' | 'dtype' | 'adapter'>>(
  notes: readonly Note[],
  note: Note,
): readonly Note[] {
  const others = notes.filter(
    ({ device, dtype, adapter }) =>
      device !== note.device || dtype !== note.dtype || adapter !== note.adapter,
  );
  return [...others, note];
}

const dtypeSchema = v.picklist(['fp32', 'fp16', 'int8', 'q8', 'q4', 'q4f16', 'none']);
const countSchema = v.pipe(v.number(), v.finite(), v.minValue(0));

const shapeSchema = v.object({
  layers: countSchema,
  hidden: countSchema,
  intermediate: countSchema,
  heads: countSchema,
  vocabulary: countSchema,
});

const buildSchema = v.object({
  dtype: dtypeSchema,
  format: v.picklist(['float', 'dynamic-int8', 'blocks']),
  path: v.string(),
  externalData: v.array(v.string()),
  bytes: countSchema,
  largestTensorBytes: countSchema,
});

const cardSchema: v.GenericSchema<unknown, ModelCard> = v.object({
  id: v.string(),
  name: v.string(),
  aliases: v.array(v.string()),
  revision: v.string(),
  licence: v.object({ id: v.nullable(v.string()), commercialUse: v.nullable(v.boolean()) }),
  architecture: v.picklist([
    'bert',
    'xlm-roberta',
    'modernbert',
    'deberta-v2',
    'jina-bert',
    'new',
    'other',
  ]),
  shape: shapeSchema,
  parametersMillions: v.nullable(countSchema),
  maxLength: v.pipe(v.number(), v.integer(), v.minValue(16)),
  languages: v.array(v.string()),
  pairFormat: v.string(),
  builds: v.array(buildSchema),
  tokenizerBytes: countSchema,
  goodFor: v.nullable(v.object({ en: v.string(), zh: v.string() })),
  published: v.array(
    v.object({
      benchmark: v.string(),
      metric: v.string(),
      value: v.number(),
      source: v.string(),
      sourceUrl: v.nullable(v.string()),
    }),
  ),
});

const selfTestSchema: v.GenericSchema<unknown, KeptSelfTest> = v.object({
  device: v.string(),
  dtype: dtypeSchema,
  adapter: v.nullable(v.string()),
  verdict: v.picklist(['passed', 'differs', 'broken', 'unchecked']),
  against: v.string(),
  largestDifference: v.nullable(v.number()),
  reason: v.string(),
  testedAt: v.number(),
});

const benchmarkSchema: v.GenericSchema<unknown, KeptBenchmark> = v.object({
  device: v.string(),
  dtype: dtypeSchema,
  adapter: v.nullable(v.string()),
  threads: v.number(),
  measuredAt: v.number(),
  rows: v.array(
    v.object({
      tokens: countSchema,
      pairsPerSecond: countSchema,
      gflops: v.nullable(countSchema),
    }),
  ),
});

function listOf<Note>(schema: v.GenericSchema<unknown, Note>, list: unknown): readonly Note[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((note: unknown) => {
    const parsed = v.safeParse(schema, note);
    return parsed.success ? [parsed.output] : [];
  });
}
