import type {
  CollectionOverview,
  CollectionSummary,
  RunSummary,
} from '../collections/collection.ts';
import { bm25Depth, systemsOf } from '../collections/collection-systems.ts';
import type { Evaluation, SystemKind } from '../core/evaluation-types.ts';
import type { EvaluationReport } from '../io/evaluation-report.ts';
import type { ExportedFile, ExportFormat, ExportOptions } from '../io/export-types.ts';
import { exportFileName } from './collection-view.ts';
import { collections } from './collections-service.ts';
import { readChoices } from './evaluation-choices.ts';
import { tabStorage } from './services.ts';

/** One order of a collection that can be exported. */
export interface ExportSystem {
  /** As in `SystemFigures.key`. */
  readonly key: string;
  readonly kind: SystemKind;
  readonly runId: string | null;
  readonly label: string;
}

/** An evaluation as a file that others can check. */
export interface ReportFile {
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
}

/** The orders that a collection has; runs without a finished query have none. */
export function exportSystems(summary: CollectionSummary): readonly ExportSystem[] {
  const runs = summary.runs.filter(({ doneQueries }) => doneQueries > 0);
  return systemsOf(summary, runs).map(({ key, kind, run, label }) => ({
    ...{ key, kind, label },
    runId: run?.runId ?? null,
  }));
}

/** Documents in the rankings of the first so many queries (null: of all), and in the longest one. */
export function exportSize(
  { summary, queries }: CollectionOverview,
  firstQueries: number | null,
): { readonly documents: number; readonly most: number; readonly queries: number } {
  const counts = queries
    .slice(0, firstQueries ?? queries.length)
    .map(({ candidates }) =>
      summary.candidateSource === 'bm25' ? Math.min(bm25Depth, summary.documents) : candidates,
    );
  return {
    documents: counts.reduce((sum, count) => sum + count, 0),
    most: counts.reduce((most, count) => Math.max(most, count), 0),
    queries: counts.length,
  };
}

/** The weight that weighted fusions of a collection are exported with: the evaluation's. */
export function fusionWeightOf(collectionId: string): number {
  return readChoices(tabStorage, collectionId).fusionWeight;
}

/** The order of one system in one of the formats; fusions with the weight of the evaluation. */
export async function exportSystem(
  { summary }: CollectionOverview,
  key: string,
  firstQueries: number | null,
  format: ExportFormat,
  options: ExportOptions,
): Promise<ExportedFile> {
  const fusionWeight = fusionWeightOf(summary.id);
  const queryNumbers =
    firstQueries === null
      ? null
      : Array.from({ length: Math.min(firstQueries, summary.queries) }, (_, number) => number);
  const what = { system: key, queryNumbers, fusionWeight };
  return collections.exportRun(summary.id, what, format, options);
}

/** The evaluation that is shown as a report; the writers are fetched when needed. */
export async function reportFile(
  summary: CollectionSummary,
  evaluation: Evaluation,
  format: 'markdown' | 'json',
): Promise<ReportFile> {
  const { evaluationJson, evaluationMarkdown } = await import('../io/evaluation-report.ts');
  const report = reportOf(summary, evaluation);
  const stem = exportFileName(summary.name).replace(/\.crossrank\.jsonl$/u, '');
  return format === 'markdown'
    ? {
        name: `${stem}.evaluation.md`,
        mediaType: 'text/markdown',
        text: evaluationMarkdown(report),
      }
    : {
        name: `${stem}.evaluation.json`,
        mediaType: 'application/json',
        text: evaluationJson(report),
      };
}

/** Of package.json; a test compares them. */
export const appVersion = '0.1.0';

function reportOf(summary: CollectionSummary, evaluation: Evaluation): EvaluationReport {
  const { name, documents, queries, candidates, judgements, firstStageTag } = summary;
  const shown = new Set(evaluation.systems.map(({ runId }) => runId));
  const runs = summary.runs.filter(({ runId }) => shown.has(runId));
  const { userAgent, hardwareConcurrency } = navigator;
  return {
    collection: { name, documents, queries, candidates, judgements, firstStageTag },
    evaluation,
    runs: runs.map(({ runId, tag, provenance, scoredPairs, cachedPairs, scoringMs }) => ({
      ...{ runId, tag, provenance, scoredPairs, cachedPairs, scoringMs },
    })),
    machine: {
      browser: userAgent,
      cores: hardwareConcurrency,
      adapter: adapterOf(runs),
      memoryGb: memoryGb(),
    },
    app: { version: appVersion },
    createdAt: Date.now(),
  };
}

function adapterOf(runs: readonly RunSummary[]): string | null {
  const adapters = new Set(runs.flatMap(({ provenance }) => provenance?.adapter ?? []));
  return adapters.size === 0 ? null : [...adapters].join(', ');
}

/** Chromium only, and rounded. https://www.w3.org/TR/device-memory/ */
function memoryGb(): number | null {
  const memory: unknown = 'deviceMemory' in navigator ? navigator.deviceMemory : null;
  return typeof memory === 'number' ? memory : null;
}
