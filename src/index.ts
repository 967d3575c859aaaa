import { Crossrank } from './engine/crossrank.ts';
import type { LoadedModel } from './engine/reranker.ts';
import type { TuningMemory } from './engine/tuning-memory.ts';

export { type Bm25Index, type Bm25Parameters, bm25Scores, createBm25Index } from './core/bm25.ts';
export { RerankError, type RerankErrorCode } from './core/errors.ts';
export { type EvaluateOptions, evaluateRun, type RunEvaluation } from './core/evaluation.ts';
export type { Estimate, Metric, PairedComparison } from './core/evaluation-types.ts';
export { reciprocalRankFusion, weightedFusion } from './core/fusion.ts';
export { metricName, metricValue, orderAsTrecEval, parseMetric } from './core/metrics.ts';
export { rerankCandidates } from './core/rerank-depth.ts';
export {
  orderByScore,
  rankChange,
  ranksOfOrder,
  relevanceOfLogit,
  sumOfZScores,
} from './core/scores.ts';
export { comparePaired, estimateMean } from './core/significance.ts';
export type { Document, Qrels, Query, Run, RunEntry } from './core/types.ts';
export { Bm25Reranker } from './engine/bm25-reranker.ts';
export type {
  CascadeDocument,
  CascadeEvent,
  CascadeResult,
} from './engine/cascade.ts';
export type { CascadeStage } from './engine/cascade-progress.ts';
export type { Crossrank, CrossrankCascade, CrossrankRequest } from './engine/crossrank.ts';
export type { DeviceReport } from './engine/device.ts';
export type { ModelOutlook } from './engine/hub-provider.ts';
export type * from './engine/reranker.ts';
export type { TuningMemory } from './engine/tuning-memory.ts';
export type { ModelFromDisk, StorageUse } from './engine/worker-model-store.ts';
export { modelCatalog } from './models/catalog.ts';
export { type LadderPlan, type MachineLimits, planLadder } from './models/device-ladder.ts';
export type * from './models/kept-model.ts';
export type * from './models/model-card.ts';
export { type MemoryEstimate, memoryEstimate, pairFlop } from './models/pair-cost.ts';
export { publishedComparison } from './models/published-comparison.ts';

/** Starts nothing yet: the worker and the model come with the first call. */
export function createCrossrank(
  options: {
    onModel?: (model: LoadedModel | null) => void;
    /** Keeps what is measured about models on this device. Default: it is measured anew. */
    tunings?: TuningMemory;
  } = {},
): Crossrank {
  return new Crossrank({
    ...options,
    createWorker: () =>
      new Worker(new URL('./worker/reranker.worker.ts', import.meta.url), {
        type: 'module',
        name: 'crossrank',
      }),
    createStoreWorker: () =>
      new Worker(new URL('./worker/model-store.worker.ts', import.meta.url), {
        type: 'module',
        name: 'crossrank-models',
      }),
  });
}
