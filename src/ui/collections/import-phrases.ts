import { endingOf, fileNameOf, isPasted } from '../../app/import-files.ts';
import {
  countsOf,
  type ImportPlace,
  type ImportProblem,
  type ImportReport,
  type ImportRow,
  problemSeverities,
} from '../../app/import-view.ts';
import type { ImportWords } from './import-en.ts';

/** Words and the way that numbers are written: all that a phrase needs. */
export interface PhraseBook {
  readonly words: ImportWords;
  /** Whole numbers with separators: 1,204. */
  readonly count: (value: number) => string;
}

const kinds = ['documents', 'queries', 'candidates', 'judgements'] as const;

/** So many documents, queries, candidates and judgements; what there is none of is not named. */
export function phraseOfCounts(
  counts: Readonly<Record<(typeof kinds)[number], number>>,
  { words, count }: PhraseBook,
): string {
  return kinds
    .filter((kind) => counts[kind] > 0)
    .map((kind) => words.counts[kind](count(counts[kind]), counts[kind] !== 1))
    .join(words.list.listJoin);
}

/** What a row is taken for: its format, and what was found in it. */
export function phraseOfRow({ first, previews }: ImportRow, book: PhraseBook): string {
  const { list } = book.words;
  const counts = phraseOfCounts(countsOf(previews), book);
  const complete = previews.every((preview) => preview.complete);
  const found = counts === '' ? list.nothingFound : complete ? counts : list.soFar(counts);
  return list.sentence(phraseOfFormat(first.interpretation, book), found);
}

/** The name that a row goes by: the file's, or how many there are of which kind. */
export function nameOfRow({ first, previews }: ImportRow, { words, count }: PhraseBook): string {
  if (previews.length > 1) return words.list.group(count(previews.length), endingOf(first.path));
  return isPasted(first.path)
    ? first.path.replace('pasted text', words.paste.name)
    : fileNameOf(first.path);
}

/** The folders above a file; '' where there are none, and for groups. */
export function folderOfRow({ first, previews }: ImportRow): string {
  if (previews.length > 1) return '';
  return first.path.slice(0, first.path.length - fileNameOf(first.path).length);
}

/** Where something is wrong: the file, the line and column, what it is about. */
export function phraseOfPlace(
  code: ImportProblem['code'],
  { path, line, column, record, subject }: ImportPlace,
  { words, count }: PhraseBook,
): string {
  const { problems, choices, paste } = words;
  const parts = [isPasted(path) ? path.replace('pasted text', paste.name) : path];
  if (line !== undefined && column !== undefined) {
    parts.push(problems.lineColumn(count(line), count(column)));
  } else if (line !== undefined) parts.push(problems.line(count(line)));
  else if (record !== undefined) parts.push(problems.record(count(record)));
  if (subject !== undefined) {
    // An id may have the name of a field or a reason; only these two codes are about them.
    const known: Readonly<Record<string, string>> =
      code === 'field-not-chosen'
        ? choices.fields
        : code === 'archive-entry'
          ? problems.reasons
          : {};
    parts.push(Object.hasOwn(known, subject) ? (known[subject] ?? subject) : subject);
  }
  return parts.filter((part) => part !== '').join(problems.placeJoin);
}

/** How many, of what, and what to do. */
export function phraseOfProblem({ code, count: times }: ImportProblem, book: PhraseBook) {
  return book.words.problems.codes[code](book.count(times), times !== 1);
}

/** A whole report as text, to be sent to somebody or kept. */
export function textOfReport(
  report: ImportReport,
  book: PhraseBook,
  headline: readonly string[],
): string {
  const { problems } = book.words;
  const lines = [...headline];
  for (const severity of problemSeverities) {
    const found = report.problems.filter((problem) => problem.severity === severity);
    if (found.length === 0) continue;
    lines.push('', `${problems.severities[severity]}`);
    for (const problem of found) {
      lines.push(`- ${phraseOfProblem(problem, book)}`);
      for (const place of problem.places)
        lines.push(`    ${phraseOfPlace(problem.code, place, book)}`);
      const more = problem.count - problem.places.length;
      if (problem.places.length > 0 && more > 0)
        lines.push(`    ${problems.more(book.count(more))}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function phraseOfFormat(
  { format, delimiter }: ImportRow['first']['interpretation'],
  { words }: PhraseBook,
): string {
  return format === 'delimited' && delimiter === '\t'
    ? words.choices.tsv
    : words.choices.formats[format];
}
