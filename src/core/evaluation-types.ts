/**
 * What an evaluation says, as plain data. Made by `core/evaluation.ts` and `collections`, shown by
 * the page, written by `io/evaluation-report.ts`.
 */

/** A metric at a cut-off, named as trec_eval's successors print it. */
export interface Metric {
  readonly measure: 'nDCG' | 'RR' | 'AP' | 'P' | 'R' | 'Success';
  /** Cut-off >= 1; null: the whole ranking (`AP`, `RR`, `R` only). */
  readonly k: number | null;
}

/** A mean and how sure it is. */
export interface Estimate {
  readonly mean: number;
  /** 95 % bootstrap interval over the queries (percentiles). */
  readonly low: number;
  readonly high: number;
}

/** One system against the baseline, over the same queries. */
export interface PairedComparison {
  /** Mean of (system - baseline), with its 95 % paired bootstrap interval. */
  readonly difference: Estimate;
  /** Two-sided paired randomisation test, 0..1. */
  readonly pValue: number;
  /** Queries where the system is better, equal, worse. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

/** One system's figures for one metric. */
export interface MetricFigures extends Estimate {
  /** By place in `Evaluation.queries`, 0..1. */
  readonly perQuery: readonly number[];
  /** Null for the baseline itself. */
  readonly comparison: PairedComparison | null;
}

export type SystemKind = 'first-stage' | 'bm25' | 'model' | 'fusion' | 'imported';

export interface SystemFigures {
  /**
   * Unique: `first-stage`, `bm25`, `model:<runId>`, `rrf:<runId>`, `weighted:<runId>`,
   * `imported:<runId>`.
   */
  readonly key: string;
  readonly kind: SystemKind;
  /** The run that it comes from; null for first stage and BM25. */
  readonly runId: string | null;
  /** The model's id, the run's tag, or what was fused. Not translated. */
  readonly label: string;
  /** By the metric's name, `nDCG@10`, in the order asked for. */
  readonly metrics: Readonly<Record<string, MetricFigures>>;
  /** Rank of the best relevant document per query, from 1; null where none is ranked. */
  readonly firstRelevantRanks: readonly (number | null)[];
}

/** What reranking only the first `depth` candidates gives. */
export interface DepthPoint {
  readonly depth: number;
  /** Mean of the first metric asked for. */
  readonly value: number;
  /**
   * Mean time per query in ms, measured for the run's depth and shared out by tokens; null where
   * nothing was measured (all from the cache).
   */
  readonly latencyMs: number | null;
}

/** Where the model's logits of relevant and of other judged documents lie. */
export interface ScoreDistribution {
  /** Edges of the bins, one more than bins, ascending logits. */
  readonly edges: readonly number[];
  /** Documents per bin. */
  readonly relevant: readonly number[];
  readonly notRelevant: readonly number[];
  /** The threshold of the best F1 over all judged, scored documents; null without relevant ones. */
  readonly threshold: Threshold | null;
  /** Area under the ROC curve, 0..1; null where one side is empty. */
  readonly auc: number | null;
}

/** Documents with a logit >= `logit` are taken as relevant. */
export interface Threshold {
  readonly logit: number;
  /** Sigmoid of the logit. */
  readonly relevance: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Everything about one model run that is not a metric of its ranking. */
export interface RunFigures {
  readonly runId: string;
  /** Ascending; the last is the run's depth. */
  readonly depths: readonly DepthPoint[];
  readonly distribution: ScoreDistribution;
}

export interface EvaluatedQuery {
  readonly queryId: string;
  readonly text: string;
  /** Documents judged relevant, retrieved or not. */
  readonly relevant: number;
  readonly judged: number;
  readonly candidates: number;
}

export interface EvaluationSettings {
  /** Metric names; the first is the one that curves and gains are about. */
  readonly metrics: readonly string[];
  /** Grades from this one on are relevant, for all but nDCG. Whole number >= 1, default 1. */
  readonly relevantFrom: number;
  /** Key of the system that the others are compared with. */
  readonly baseline: string;
  /** Weight of the model in the weighted fusion, 0..1, default 0.5. */
  readonly fusionWeight: number;
}

export interface Evaluation {
  readonly settings: EvaluationSettings;
  /**
   * The queries that count: judged ones that every model run shown has finished. A system that
   * ranks nothing for one of them gets 0 there, as with trec_eval's `-c`.
   */
  readonly queries: readonly EvaluatedQuery[];
  /** Judged queries of the collection that do not count, as a run has not come to them yet. */
  readonly pendingQueries: number;
  /** Queries without any judgement. */
  readonly unjudgedQueries: number;
  /** First stage, BM25, then for each run: model, fusions; imported runs last. */
  readonly systems: readonly SystemFigures[];
  readonly runs: readonly RunFigures[];
}
