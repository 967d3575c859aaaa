import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';

/** The languages of a trap's query and documents; `cross`: the query's differs from theirs. */
export const trapLanguages = ['zh', 'en', 'cross'] as const;

/** What makes keyword matching, or in the honest counter-examples the model, go wrong. */
export const trapKinds = [
  'synonym',
  'negation',
  'homonym',
  'entity-swap',
  'too-general',
  'echoed-question',
  'role-swap',
  'time-or-number',
  'exact-identifier',
  'rare-name',
] as const;

/** One of `trapLanguages`. */
export type TrapLanguage = (typeof trapLanguages)[number];

/** One of `trapKinds`. */
export type TrapKind = (typeof trapKinds)[number];

/** A text in both languages of the page; neither is blank. */
export interface BilingualText {
  readonly en: string;
  readonly zh: string;
}

/** One document of a trap. */
export interface TrapDocument {
  /** Unique within its trap. */
  readonly docId: string;
  readonly text: string;
}

/** A query with documents among which one answers it and another only looks as if it did. */
export interface KeywordTrap {
  /** Unique within the collection. */
  readonly id: string;
  readonly language: TrapLanguage;
  readonly kind: TrapKind;
  /** Which way of matching the scenario is made to show at its best. */
  readonly favours: 'meaning' | 'keywords';
  /**
   * How near the trap comes to quoting the query: `hard` holds every word of it, `mild` does not.
   * Only where meaning is favoured.
   */
  readonly difficulty?: 'mild' | 'hard';
  readonly title: BilingualText;
  readonly query: string;
  /** 4 to 8, in the order in which they are shown before any ranking. */
  readonly documents: readonly TrapDocument[];
  /** docId of the document that answers the query. */
  readonly answerId: string;
  /** docId of the document that is wrongly put first; another than `answerId`. */
  readonly trapId: string;
  /** Why, in one sentence for learners. */
  readonly explanation: BilingualText;
}

/**
 * Checks a parsed keyword-trap collection (`public/demos/keyword-traps.json`, version 1) and
 * returns its traps in file order. Unknown fields are ignored.
 * Throws RerankError `invalid-request` naming the path of the first problem.
 */
export function parseKeywordTraps(json: unknown): readonly KeywordTrap[] {
  const parsed = v.safeParse(collectionSchema, json, { abortEarly: true });
  if (parsed.success) return parsed.output.traps;
  const [problem] = parsed.issues;
  const path = v.getDotPath(problem) ?? 'the top level';
  throw new RerankError(
    'invalid-request',
    `The keyword-trap collection is wrong at ${path}: ${problem.message}. Correct the file.`,
  );
}

const text = v.pipe(v.string(), v.regex(/\S/, 'Expected a text that is not blank'));
const bilingual = v.object({ en: text, zh: text });

const documentsSchema = v.pipe(
  v.array(v.object({ docId: text, text })),
  v.minLength(4, 'Expected at least 4 documents'),
  v.maxLength(8, 'Expected at most 8 documents'),
  v.check((documents) => isUnique(documents.map(({ docId }) => docId)), 'Expected unique docIds'),
);

const trapSchema = v.pipe(
  v.object({
    id: text,
    language: v.picklist(trapLanguages),
    kind: v.picklist(trapKinds),
    favours: v.picklist(['meaning', 'keywords']),
    difficulty: v.exactOptional(v.picklist(['mild', 'hard'])),
    title: bilingual,
    query: text,
    documents: documentsSchema,
    answerId: text,
    trapId: text,
    explanation: bilingual,
  }),
  v.forward(
    v.check((trap) => hasDocument(trap, trap.answerId), 'Expected the docId of a document'),
    ['answerId'],
  ),
  v.forward(
    v.check((trap) => hasDocument(trap, trap.trapId), 'Expected the docId of a document'),
    ['trapId'],
  ),
  v.forward(
    v.check((trap) => trap.trapId !== trap.answerId, 'Expected another document than answerId'),
    ['trapId'],
  ),
);

const collectionSchema = v.object({
  version: v.literal(1),
  traps: v.pipe(
    v.array(trapSchema),
    v.check((traps) => isUnique(traps.map(({ id }) => id)), 'Expected unique trap ids'),
  ),
});

function hasDocument(trap: Pick<KeywordTrap, 'documents'>, docId: string): boolean {
  return trap.documents.some((document) => document.docId === docId);
}

function isUnique(ids: readonly string[]): boolean {
  return new Set(ids).size === ids.length;
}
