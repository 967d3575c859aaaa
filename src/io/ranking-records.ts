import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import type { ExportedDocument, ExportedRun, Provenance } from './export-types.ts';

/** What `readRankings` reads, as `rankingsJson` writes it. */
interface RankingsFile {
  readonly crossrank: 'rankings';
  readonly version: 1;
  readonly system: string;
  readonly provenance: Provenance | null;
  readonly rankings: readonly {
    readonly queryId: string;
    readonly query: string;
    readonly documents: readonly (Omit<ExportedDocument, 'text'> & { readonly text?: string })[];
  }[];
}

/**
 * Rankings as one JSON object, `{ crossrank: "rankings", version: 1, system, provenance,
 * rankings: [{ queryId, query, documents: [{ rank, docId, title?, text?, score, logit, relevance,
 * firstStageScore, grade, tokens, index }] }] }`. Everything is in it; `readRankings` reads it.
 * @param texts with titles and texts of the documents
 */
export function rankingsJson(run: ExportedRun, texts: boolean): string {
  const file: RankingsFile = {
    crossrank: 'rankings',
    version: 1,
    system: run.system,
    provenance: run.provenance,
    rankings: run.rankings.map(({ query, documents }) => ({
      queryId: query.queryId,
      query: query.text,
      documents: documents.map((document) => ({
        rank: document.rank,
        docId: document.docId,
        ...(texts && document.title !== undefined ? { title: document.title } : {}),
        ...(texts ? { text: document.text } : {}),
        score: document.score,
        logit: document.logit,
        relevance: document.relevance,
        firstStageScore: document.firstStageScore,
        grade: document.grade,
        tokens: document.tokens,
        index: document.index,
      })),
    })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * Reads a JSON value that `rankingsJson` made; null for every other value. Documents written
 * without texts get the text `''`.
 * @throws RerankError `invalid-request` for a newer version of the format
 */
export function readRankings(value: unknown): ExportedRun | null {
  const parsed = v.safeParse(rankingsFileSchema, value);
  if (!parsed.success) {
    if (!v.is(newerVersionSchema, value)) return null;
    throw new RerankError(
      'invalid-request',
      `These rankings have version ${value.version} of the format, and this release reads version 1; open them with a newer release.`,
    );
  }
  const { system, provenance, rankings } = parsed.output;
  return {
    system,
    provenance,
    rankings: rankings.map(({ queryId, query, documents }) => ({
      query: { queryId, text: query },
      documents: documents.map(({ text = '', ...rest }) => ({ ...rest, text })),
    })),
  };
}

/**
 * One record per query and document as JSON lines: the flat keys of `columns`, in that order.
 * `title` is absent where there is none, numbers that are not known are null; without texts both
 * `title` and `text` are absent. What belongs to the run (system, provenance) and the place in the
 * request (`index`) are only in JSON.
 */
export function rankingsJsonl(run: ExportedRun, texts: boolean): string {
  return flatRecords(run, texts)
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

/**
 * The records of `rankingsJsonl` as CSV (RFC 4180: commas, CRLF, doubled quotes), with a header
 * and a byte order mark, without which Excel takes UTF-8 for the system's encoding. What is not
 * known, and a missing title, is an empty cell.
 *
 * A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@` (also in full width), a tab or a
 * line break as a formula. Such cells of the text columns (ids, query, title, text) get a leading
 * apostrophe, and so do those that begin so after apostrophes of their own: import takes one off
 * again (`withoutApostrophe`), other readers see it. Numbers are never touched. Half a surrogate pair, which UTF-8 cannot write, becomes U+FFFD. Source:
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export function rankingsCsv(run: ExportedRun, texts: boolean): string {
  const names = columns.filter((name) => texts || !textColumns.has(name));
  const rows = flatRecords(run, texts).map((record) => names.map((name) => csvCell(record[name])));
  return `\uFEFF${[names, ...rows].map((cells) => `${cells.join(',')}\r\n`).join('')}`;
}

/** True for the header that `rankingsCsv` writes. */
export function isRankingsHeader(cells: readonly string[]): boolean {
  const written = cells.join();
  const known = [columns, columns.filter((name) => !textColumns.has(name))];
  return known.some((names) => names.join() === written);
}

/** A text cell as it was before `rankingsCsv` put an apostrophe before it. */
export function withoutApostrophe(cell: string): string {
  return cell.startsWith("'") && formulaStart.test(cell) ? cell.slice(1) : cell;
}

const columns = [
  'queryId',
  'query',
  'docId',
  'title',
  'text',
  'rank',
  'score',
  'logit',
  'relevance',
  'firstStageScore',
  'grade',
  'tokens',
] as const;

/** Left out of CSV where texts are. */
const textColumns: ReadonlySet<string> = new Set(['title', 'text']);

type FlatRecord = Readonly<
  Partial<Record<(typeof columns)[number], string | number | null | undefined>>
>;

function flatRecords(run: ExportedRun, texts: boolean): readonly FlatRecord[] {
  return run.rankings.flatMap(({ query, documents }) =>
    documents.map((document) => ({
      queryId: query.queryId,
      query: query.text,
      docId: document.docId,
      // JSON leaves out what is undefined.
      title: texts ? document.title : undefined,
      text: texts ? document.text : undefined,
      rank: document.rank,
      score: document.score,
      logit: document.logit,
      relevance: document.relevance,
      firstStageScore: document.firstStageScore,
      grade: document.grade,
      tokens: document.tokens,
    })),
  );
}

const formulaStart = /^'*[=+\-@\t\r\n＝＋－＠]/;
// More than RFC 4180 asks for: readers that guess the delimiter or trim cells stay right too.
const needsQuotes = /[",;|\t\r\n]|^\s|\s$/;
const loneSurrogates = /\p{Surrogate}/gu;

function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = value.replace(loneSurrogates, '\uFFFD');
  const safe = formulaStart.test(text) ? `'${text}` : text;
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const countSchema = v.pipe(v.number(), v.integer(), v.minValue(0));
const finiteSchema = v.pipe(v.number(), v.finite());
const knownSchema = v.nullable(finiteSchema);

const provenanceSchema = v.object({
  model: v.string(),
  revision: v.string(),
  dtype: v.string(),
  device: v.string(),
  adapter: v.nullable(v.string()),
  threads: finiteSchema,
  maxLength: finiteSchema,
  longDocuments: v.string(),
  depth: finiteSchema,
  titles: v.boolean(),
  firstStage: v.exactOptional(v.string()),
  browser: v.string(),
  createdAt: finiteSchema,
});

const rankingsFileSchema = v.object({
  crossrank: v.literal('rankings'),
  version: v.literal(1),
  system: v.string(),
  provenance: v.nullable(provenanceSchema),
  rankings: v.array(
    v.object({
      queryId: v.string(),
      query: v.string(),
      documents: v.array(
        v.object({
          rank: v.pipe(countSchema, v.minValue(1)),
          docId: v.pipe(v.string(), v.nonEmpty()),
          title: v.exactOptional(v.string()),
          text: v.exactOptional(v.string()),
          score: finiteSchema,
          logit: knownSchema,
          relevance: knownSchema,
          firstStageScore: knownSchema,
          grade: knownSchema,
          tokens: countSchema,
          index: countSchema,
        }),
      ),
    }),
  ),
});

const newerVersionSchema = v.object({
  crossrank: v.literal('rankings'),
  version: v.pipe(v.number(), v.integer(), v.minValue(2)),
});
