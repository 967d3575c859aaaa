import { RerankError } from '../core/errors.ts';
import type { ExportedRun } from './export-types.ts';

/**
 * A run in TREC's format, `qid Q0 docid rank score tag`, one line per document, queries in their
 * order; the system is the tag. A query without documents has no line. Source:
 * https://trec.nist.gov/data/tip11_guidelines.html
 *
 * - **Ids** are written as they are where the format can hold them. Where one has white space or
 *   control characters, all ids of the file are percent-encoded as in a URL: `a b` becomes `a%20b`
 *   and `50%` becomes `50%25`, so that two ids never become one and `decodeURIComponent` gives them
 *   back. Without such an id `%` stays, since addresses as ids must go on matching their qrels. The
 *   tag is treated likewise, on its own.
 * - **Scores** are the shortest decimals that read back as the same double, so reading the file
 *   back gives the same numbers. trec_eval compares scores as 32-bit floats and orders equal ones by
 *   falling document id; so does `orderAsTrecEval`, by which everything is measured here. Scores
 *   that differ in double precision alone are therefore ties to both, and no score is bent to
 *   prevent it: the file would measure otherwise than what it was made from.
 *
 * @throws RerankError `invalid-request` for an empty id or tag
 */
export function trecRunText(run: ExportedRun): string {
  const tag = nameWriter([run.system])(run.system, 'The name of the system');
  const ids = run.rankings.flatMap(({ query, documents }) => [
    query.queryId,
    ...documents.map(({ docId }) => docId),
  ]);
  const write = nameWriter(ids);
  const lines: string[] = [];
  for (const { query, documents } of run.rankings) {
    const queryId = write(query.queryId, 'The id of a query');
    for (const { docId, rank, score } of documents) {
      const id = write(docId, `The id of a document of query "${query.queryId}"`);
      lines.push(`${queryId} Q0 ${id} ${rank} ${score} ${tag}\n`);
    }
  }
  return lines.join('');
}

// All white space of JavaScript and C, control characters (a C string ends at NUL) and lone
// surrogates, which no encoding of files can write.
const unwritable = /[\s\p{Cc}\p{Cs}]/u;
const encoded = /[\s\p{Cc}\p{Cs}%]/gu;

function nameWriter(names: readonly string[]): (name: string, what: string) => string {
  const encodes = names.some((name) => unwritable.test(name));
  return (name, what) => {
    if (name === '') {
      throw new RerankError(
        'invalid-request',
        `${what} is empty, which a TREC run cannot say; give it one, or export JSON.`,
      );
    }
    return encodes ? name.replace(encoded, percentEncode) : name;
  };
}

function percentEncode(char: string): string {
  const code = char.charCodeAt(0);
  if (code < 0xd800 || code > 0xdfff) return encodeURIComponent(char);
  // encodeURIComponent throws for a lone surrogate: its three bytes as UTF-8 would have them.
  return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
    .map((byte) => `%${byte.toString(16).toUpperCase()}`)
    .join('');
}
