import type { RunSettings, RunSummary } from '../collections/collection.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import type { Provenance } from '../io/export-types.ts';

/** What tells one way to compute scores from another: other weights or another device differ. */
export type ModelIdentity = {
  readonly [Key in 'model' | 'revision' | 'dtype' | 'device']: string;
};

/** Whether two descriptions are of the same weights on the same kind of device. */
export function isSameModel(a: ModelIdentity, b: ModelIdentity): boolean {
  return (
    a.model === b.model && a.revision === b.revision && a.dtype === b.dtype && a.device === b.device
  );
}

/**
 * What a run's scores come from.
 * @param origin browser: its user agent; createdAt: when the run began, in ms since 1970
 */
export function provenanceOf(
  model: LoadedModel,
  { depth, titles, longDocuments, maxLength }: RunSettings,
  origin: Pick<Provenance, 'browser' | 'createdAt'>,
): Provenance {
  const { revision, dtype, device, adapter, threads } = model;
  return {
    model: model.model,
    revision,
    dtype,
    device,
    adapter,
    threads,
    // Asking for more than the model reads changes nothing.
    maxLength: Math.min(maxLength, model.maxLength),
    longDocuments,
    depth,
    titles,
    ...origin,
  };
}

/**
 * The newest run that would score a query in the same way, so that its scores can join it; null
 * when there is none.
 * @param runs newest first
 */
export function runToJoin(
  runs: readonly RunSummary[],
  settings: RunSettings,
  model: ModelIdentity,
  queryNumber: number,
): RunSummary | null {
  const fits = ({ settings: made, provenance }: RunSummary): boolean =>
    made !== null &&
    provenance !== null &&
    isSameModel(provenance, model) &&
    made.depth === settings.depth &&
    made.titles === settings.titles &&
    made.longDocuments === settings.longDocuments &&
    made.maxLength === settings.maxLength &&
    (made.queryLimit === null || queryNumber < made.queryLimit);
  return runs.find(fits) ?? null;
}
