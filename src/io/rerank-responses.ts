import type { ExportedDocument, ExportedRun } from './export-types.ts';

/** Services whose responses are written: the formats of `ExportFormat` with these names. */
export type RerankService = 'cohere' | 'jina' | 'tei' | 'voyage';

/**
 * Rankings as the JSON that a rerank service answers with: for one query its response as it is,
 * for several (or none) an array of responses in the order of the queries. The documents come best
 * first, `index` is the place among the documents as they were given, from 0.
 *
 * - **Scores**: relevance, 0..1, where the order is the model's, that is, where what the model has
 *   scored comes first, by its logits or relevance. Documents below it that the model has not
 *   scored are then left out: a service that is sent the best 100 answers with 100. All other
 *   orders (BM25, fusions, first stage) give the scores that they go by, on their own scale.
 * - **Usage**: the tokens that the model has read for the query, also of documents beyond `topK`.
 * - Cohere's `id` is `crossrank-` and the query's id; its `search_units` are 0: nobody is billed.
 * - `model` is the model's id where the order is the model's, else the system's name.
 *
 * Sources: https://docs.cohere.com/v2/reference/rerank, https://jina.ai/reranker,
 * https://huggingface.github.io/text-embeddings-inference (`/rerank`),
 * https://docs.voyageai.com/reference/reranker-api
 * @param topK documents per query; null: all
 * @param rawScores `tei` alone: logits instead of relevance, as its `raw_scores`
 */
export function rerankResponses(
  run: ExportedRun,
  service: RerankService,
  topK: number | null,
  rawScores: boolean,
): string {
  const isModelOrder = run.rankings.every(({ documents }) => goesByModel(documents));
  const scoreOf = ({ score, logit, relevance }: ExportedDocument): number =>
    (service === 'tei' && rawScores ? logit : relevance) ?? score;
  const responses = run.rankings.map(({ query, documents }) => {
    const ranked = isModelOrder ? documents.filter(({ logit }) => logit !== null) : documents;
    const results = ranked
      .slice(0, topK ?? ranked.length)
      .map((document) => ({ document, score: isModelOrder ? scoreOf(document) : document.score }));
    return responseOf(service, {
      queryId: query.queryId,
      // Single precision ranks as trec_eval does: within it, the last digits may rise.
      results: results.sort((a, b) => b.score - a.score),
      model: isModelOrder ? (run.provenance?.model ?? run.system) : run.system,
      tokens: documents.reduce((sum, { tokens }) => sum + tokens, 0),
    });
  });
  return `${JSON.stringify(responses.length === 1 ? responses[0] : responses, null, 2)}\n`;
}

interface Answer {
  readonly queryId: string;
  readonly results: readonly { readonly document: ExportedDocument; readonly score: number }[];
  readonly model: string;
  readonly tokens: number;
}

function responseOf(service: RerankService, { queryId, results, model, tokens }: Answer): unknown {
  switch (service) {
    case 'cohere':
      return {
        id: `crossrank-${queryId}`,
        results: results.map(({ document, score }) => ({
          index: document.index,
          relevance_score: score,
        })),
        meta: { api_version: { version: '2' }, billed_units: { search_units: 0 } },
      };
    case 'jina':
      return {
        model,
        results: results.map(({ document, score }) => ({
          index: document.index,
          document: { text: document.text },
          relevance_score: score,
        })),
        usage: { total_tokens: tokens, prompt_tokens: tokens },
      };
    case 'tei':
      return results.map(({ document, score }) => ({ index: document.index, score }));
    case 'voyage':
      return {
        object: 'list',
        data: results.map(({ document, score }) => ({
          relevance_score: score,
          index: document.index,
        })),
        model,
        usage: { total_tokens: tokens },
      };
    default: {
      const unknown: never = service;
      throw new TypeError(`Unknown rerank service: ${String(unknown)}`);
    }
  }
}

/** Asked of the whole run: scores of two scales could not be compared between queries. */
function goesByModel(documents: readonly ExportedDocument[]): boolean {
  const firstUnscored = documents.findIndex(({ logit }) => logit === null);
  const scored = firstUnscored === -1 ? documents : documents.slice(0, firstUnscored);
  return (
    (scored.length > 0 || documents.length === 0) &&
    scored.every(({ score, logit, relevance }) => score === logit || score === relevance) &&
    documents.slice(scored.length).every(({ logit }) => logit === null)
  );
}
