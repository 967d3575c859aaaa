import type { LoadedModel } from '../engine/reranker.ts';
import type {
  ExportedDocument,
  ExportedFile,
  ExportedRun,
  ExportFormat,
  ExportOptions,
} from '../io/export-types.ts';
import { provenanceOf } from './collection-provenance.ts';
import { rankingRows } from './ranking-view.ts';
import type { RankingOrder, Result } from './store.ts';

/** Pasted documents and queries have no ids; these stand for them, as with an import. */
const queryId = 'q1';

/**
 * A result of the Rerank view in one of its orders, as it goes out. Documents that the model has
 * not scored (after a cancel) stand at the end where the order needs them scored. Where two models
 * scored, the fast one is the first stage: its logits are `firstStageScore`, and the documents that
 * it alone has scored stand below, in its order, as candidates below the depth do.
 */
export function exportedRunOf(result: Result, order: RankingOrder): ExportedRun {
  const rows = rankingRows(result, order);
  const { cascade } = result;
  const strong = cascade?.stages.includes('strong') ?? false;
  const goesByModel = order === 'cross-encoder' || order === 'both';
  let lowest = 0;
  const documents = rows.map((row): ExportedDocument => {
    // Where two models scored, scores are the strong one's: two models' are not on one scale.
    const isScored = row.scored && (!strong || cascade?.stages[row.index] === 'strong');
    const wanted = isScored || !goesByModel ? scoreOf(row, order) : null;
    // Not scored: one below the worst, so that readers of the file keep the order.
    const score = wanted ?? lowest - 1;
    lowest = score;
    return {
      docId: result.collection?.docIds[row.index] ?? `d${row.index + 1}`,
      text: row.text,
      rank: row.rank,
      index: row.index,
      score,
      logit: isScored ? row.logit : null,
      relevance: isScored ? row.relevance : null,
      firstStageScore:
        strong && goesByModel ? knownOf(cascade?.fastLogits[row.index]) : row.firstStageScore,
      grade: row.grade === null || Number.isNaN(row.grade) ? null : row.grade,
      tokens: isScored || !strong ? row.tokens : 0,
    };
  });
  return {
    system: systemOf(order, strong),
    rankings: [{ query: { queryId, text: result.query }, documents }],
    provenance:
      order === 'bm25' || result.model === null || result.reading === null
        ? null
        : {
            ...provenanceOf(
              result.model,
              {
                ...result.reading,
                depth: strong && cascade !== null ? cascade.depth : result.documents.length,
                queryLimit: null,
                titles: false,
              },
              // Node has no navigator.
              { browser: globalThis.navigator?.userAgent ?? '', createdAt: Date.now() },
            ),
            ...(strong && cascade?.fastRun && { firstStage: nameOf(cascade.fastRun.model) }),
          },
  };
}

/** The file of one format, ready to be copied or saved; the writers are fetched when needed. */
export async function exportResult(
  result: Result,
  order: RankingOrder,
  format: ExportFormat,
  options: ExportOptions,
): Promise<ExportedFile> {
  const { exportRun } = await import('../io/export-run.ts');
  return exportRun(exportedRunOf(result, order), format, options, result.query);
}

function systemOf(order: RankingOrder, strong: boolean): string {
  if (order === 'both') return strong ? 'cascade-sum-of-z' : 'sum-of-z';
  return order === 'cross-encoder' && strong ? 'cascade' : order;
}

function nameOf({ model, revision, dtype }: LoadedModel): string {
  return `${model} ${revision} ${dtype}`;
}

function knownOf(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : value;
}

function scoreOf(row: ReturnType<typeof rankingRows>[number], order: RankingOrder): number | null {
  switch (order) {
    case 'bm25':
      return row.bm25Score;
    case 'both':
      return row.zSum;
    case 'first-stage':
      return row.firstStageScore ?? -row.index;
    case 'cross-encoder':
      return row.scored ? row.logit : null;
    default: {
      const unknown: never = order;
      return unknown;
    }
  }
}
