import type { ImportReport, RunSummary } from '../collections/collection.ts';
import type { ImportChoices } from '../collections/collections-api.ts';
import { RerankError } from '../core/errors.ts';
import type { Evaluation } from '../core/evaluation-types.ts';
import { parseMetric } from '../core/metrics.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import type { ImportFile } from '../io/import-types.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { rerankCollection } from './collection-run-actions.ts';
import { collections } from './collections-service.ts';
import { collectionsStore } from './collections-store.ts';
import { crossrank } from './services.ts';
import { store } from './store.ts';

/** What an evaluation without the page's controls is to do. */
export interface EvaluateFilesOptions {
  /** Candidates per query that are reranked. Whole number >= 1, default 100. */
  readonly depth?: number;
  /** Only the first so many queries. Default: all. */
  readonly queries?: number;
  /** Id of a model, or a model's folder as files. Default: the embedded model. */
  readonly model?: string | readonly ImportFile[];
  /** Default `auto`. */
  readonly device?: 'auto' | 'webgpu' | 'wasm';
  /** Origin that models are fetched from. Default: as the page's settings. */
  readonly host?: string;
  /** Metric names, the main one first. */
  readonly metrics?: readonly string[];
  /** Grades from this one on are relevant. Default 1. */
  readonly relevantFrom?: number;
  /** Longest pair in tokens. Default 512. */
  readonly maxLength?: number;
}

/** What is going on; for people. */
export type EvaluateFilesEvent =
  | { readonly type: 'imported'; readonly report: ImportReport }
  | { readonly type: 'model'; readonly model: LoadedModel }
  | {
      readonly type: 'scoring';
      readonly doneQueries: number;
      readonly totalQueries: number;
    };

export interface EvaluateFilesReport {
  readonly evaluation: Evaluation;
  readonly run: RunSummary;
  readonly model: LoadedModel;
  readonly report: ImportReport;
}

const defaultMetrics = ['nDCG@10', 'RR@10', 'AP', 'P@10', 'R@100', 'Success@1'];

/**
 * Imports files, reranks their queries and evaluates, with the code of the page: what
 * `npm run evaluate` calls in a browser without a window. The collection is deleted afterwards;
 * remembered scores stay.
 * @param files one whose path begins with `corpus/` gives documents, where it could give queries, too
 * @throws RerankError `invalid-request` (nothing to rank or to judge in the files; the report of
 *   the import is in the message), and whatever loading or scoring throws
 */
export async function evaluateFiles(
  files: readonly ImportFile[],
  options: EvaluateFilesOptions = {},
  onEvent: (event: EvaluateFilesEvent) => void = () => {},
): Promise<EvaluateFilesReport> {
  const { depth = 100, queries, metrics = defaultMetrics, relevantFrom = 1 } = options;
  for (const name of metrics) {
    // Said before anybody waits for the scores.
    if (parseMetric(name) === null) {
      throw new RerankError(
        'invalid-request',
        `There is no metric ${name}; write nDCG@10, RR@10, AP, P@5, R@100 or Success@1.`,
      );
    }
  }
  const model = await loadModel(options);
  onEvent({ type: 'model', model });

  const choices = await chooseSquadParts(files);
  const report = await collections.importFiles(files, choices, { kind: 'new', name: 'evaluate' });
  onEvent({ type: 'imported', report });
  const { summary } = report;
  if (summary === null || summary.queries === 0 || summary.documents === 0) {
    throw new RerankError('invalid-request', `Nothing to rank in these files: ${told(report)}`);
  }
  const { id } = summary;
  try {
    if (summary.judgedQueries === 0) {
      throw new RerankError('invalid-request', `No query is judged: ${told(report)}`);
    }
    const run = await rerank(id, { depth, queryLimit: queries ?? null, options, onEvent });
    const evaluation = await collections.evaluate(
      id,
      {
        metrics,
        relevantFrom,
        baseline: summary.candidateSource === 'bm25' ? 'bm25' : 'first-stage',
        fusionWeight: 0.5,
      },
      null,
    );
    return { evaluation, run, model, report };
  } finally {
    await collections.remove(id);
    await collections.purge(id);
  }
}

/** Of two files in SQuAD's layout the one under `corpus/` gives the paragraphs. */
async function chooseSquadParts(files: readonly ImportFile[]): Promise<ImportChoices> {
  const previews = await collections.inspect(files, {});
  const squads = previews.filter(({ interpretation }) => interpretation.format === 'squad');
  const isCorpus = ({ path }: { readonly path: string }): boolean => path.startsWith('corpus/');
  if (squads.every(isCorpus) || !squads.some(isCorpus)) return {};
  return Object.fromEntries(
    squads.map((preview) => [
      preview.path,
      { ...preview.interpretation, take: isCorpus(preview) ? 'paragraphs' : 'questions' },
    ]),
  );
}

async function loadModel({ model, device, host }: EvaluateFilesOptions): Promise<LoadedModel> {
  let id = typeof model === 'string' ? model : null;
  if (model !== undefined && typeof model !== 'string') {
    const [first] = model;
    const name = first?.path.split('/')[0] ?? 'model';
    id = (await crossrank.importModel({ name, files: model })).id;
  }
  const chosen = id === null || id === embeddedModel.id ? null : id;
  const { settings } = store.getState();
  // For this page only: nothing is kept.
  store.setState({
    settings: {
      ...settings,
      model: chosen,
      modelRevision: null,
      modelDevice: null,
      dtype: null,
      device: device ?? 'auto',
      ...(host !== undefined && { host }),
    },
  });
  return crossrank.load({
    model: chosen ?? embeddedModel.id,
    device: device ?? 'auto',
    host: host ?? settings.host,
  });
}

async function rerank(
  collectionId: string,
  how: {
    readonly depth: number;
    readonly queryLimit: number | null;
    readonly options: EvaluateFilesOptions;
    readonly onEvent: (event: EvaluateFilesEvent) => void;
  },
): Promise<RunSummary> {
  const { longDocuments, maxLength } = store.getState().settings;
  const stop = collectionsStore.subscribe(({ run }) => {
    if (run.phase !== 'running' || run.run === null) return;
    const { doneQueries, totalQueries } = run.run;
    how.onEvent({ type: 'scoring', doneQueries, totalQueries });
  });
  try {
    await rerankCollection(collectionId, {
      depth: how.depth,
      queryLimit: how.queryLimit,
      titles: true,
      longDocuments,
      maxLength: how.options.maxLength ?? maxLength,
    });
  } finally {
    stop();
  }
  const { run } = collectionsStore.getState();
  if (run.phase !== 'ended' || run.run === null || run.end.kind !== 'done') {
    const failure = run.phase === 'ended' && run.end.kind === 'failed' ? run.end.failure : null;
    throw new RerankError(
      'inference-failed',
      failure?.detail ?? 'The run did not come to its end.',
    );
  }
  return run.run;
}

/** What an import found and what was wrong with it, in one line. */
function told({ counts, problems }: ImportReport): string {
  const found = `${counts.documents} documents, ${counts.queries} queries, ${counts.judgements} judgements`;
  const wrong = problems.map(({ code, count, places: [place] }) => {
    const at = [place?.path, place?.line && `line ${place.line}`, place?.subject];
    return `${code} x ${count} (${at.filter(Boolean).join(', ')})`;
  });
  return [found, ...wrong].join('; ');
}
