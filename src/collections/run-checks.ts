import { RerankError } from '../core/errors.ts';
import type { Query } from '../core/types.ts';
import type { Provenance } from '../io/export-types.ts';
import type { NewScores, RunSettings, RunSummary } from './collection.ts';
import type { PreparedQuery } from './prepared-query.ts';
import type { OpenCollection } from './stored-collection.ts';

/** A part of what makes a score the same. */
const decidingParts = [
  'model',
  'revision',
  'dtype',
  'device',
  'maxLength',
  'longDocuments',
] as const satisfies readonly (keyof Provenance)[];

/**
 * The run of this id.
 * @throws RerankError `invalid-request` when the collection has none
 */
export function findRun(collection: OpenCollection, runId: string): RunSummary {
  const { name, runs } = collection.summary;
  const run = runs.find((candidate) => candidate.runId === runId);
  if (run !== undefined) return run;
  throw new RerankError(
    'invalid-request',
    `${name} has no run ${runId.slice(0, 80)}; it may have been deleted. Begin a new one.`,
  );
}

/**
 * A query of a model run, with the run and its settings.
 * @throws RerankError `invalid-request` when the run is not there, was imported or is not about it
 */
export function findQuery(
  collection: OpenCollection,
  runId: string,
  queryNumber: number,
): { readonly run: RunSummary; readonly settings: RunSettings; readonly query: Query } {
  const run = findRun(collection, runId);
  const query = collection.queries[queryNumber];
  if (run.settings === null) {
    throw new RerankError(
      'invalid-request',
      `The run ${run.tag} was imported; begin a run of a model to score queries.`,
    );
  }
  if (query === undefined || queryNumber >= run.totalQueries) {
    throw new RerankError(
      'invalid-request',
      `The run ${run.tag} is about ${run.totalQueries} queries; it has no query at ${queryNumber}.`,
    );
  }
  return { run, settings: run.settings, query };
}

/** @throws RerankError `invalid-request` when the collection has no query at this place */
export function checkQuery(collection: OpenCollection, queryNumber: number): void {
  if (collection.queries[queryNumber] !== undefined) return;
  const { name } = collection.summary;
  throw new RerankError(
    'invalid-request',
    `${name} has ${collection.queries.length} queries; there is none at ${queryNumber}.`,
  );
}

/** @throws RerankError `invalid-request` for all but whole numbers from 1 on */
export function checkCount(what: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw new RerankError(
    'invalid-request',
    `The ${what} is a whole number from 1 on, not ${count}; change it.`,
  );
}

/**
 * Scores of two models in one run would be compared as if they were one's.
 * @throws RerankError `invalid-request` when the run was begun with another model
 */
export function checkProvenance(
  { tag, provenance: begun }: RunSummary,
  provenance: Provenance,
): void {
  if (begun === null) return;
  const changed = decidingParts.filter((part) => begun[part] !== provenance[part]);
  if (changed.length === 0) return;
  const before = changed.map((part) => `${part} ${begun[part]}`).join(', ');
  const now = changed.map((part) => `${part} ${provenance[part]}`).join(', ');
  throw new RerankError(
    'invalid-request',
    `The model changed in the middle of the run ${tag}: it was begun with ${before}, and now it is ` +
      `${now}. Load the model from before, or begin a new run.`,
  );
}

/**
 * @throws RerankError `invalid-request` where the scores are not those of these places,
 *   `inference-failed` for a logit that is no number
 */
export function checkScores(
  { documents }: PreparedQuery,
  places: readonly number[],
  scores: NewScores | null,
): void {
  const counts = scores === null ? [] : [scores.logits, scores.tokens, scores.truncated];
  if (counts.some(({ length }) => length !== places.length)) {
    throw new RerankError(
      'invalid-request',
      `Scores of another number of documents than the ${places.length} named; score them again.`,
    );
  }
  const outside = places.find((place) => documents[place] === undefined);
  if (outside !== undefined) {
    throw new RerankError(
      'invalid-request',
      `There are ${documents.length} candidates to score, and none at ${outside}.`,
    );
  }
  if (scores?.logits.every(Number.isFinite) === false) {
    throw new RerankError(
      'inference-failed',
      'The model gave a score that is no number; load it again, or try another device.',
    );
  }
}
