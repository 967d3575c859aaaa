import type { ImportPlace, ImportSink } from './import-types.ts';

/**
 * True where at least two thirds of the lines that are not blank read `qid Q0 docid rank score tag`
 * with numbers as rank and score.
 */
export function looksLikeTrecRun(lines: readonly string[]): boolean {
  return mostAre(lines, (parts) => {
    const [, , , rank = '', score = ''] = parts;
    return parts.length === 6 && wholeNumber.test(rank) && numberOf(score) !== null;
  });
}

/**
 * True where at least two thirds of the lines that are not blank read `qid 0 docid grade`, with a
 * whole number as grade. The second part is `0`, `Q0` or another number: nobody uses it.
 */
export function looksLikeTrecQrels(lines: readonly string[]): boolean {
  return mostAre(lines, (parts) => {
    const [, iteration = '', , grade = ''] = parts;
    return parts.length === 4 && /^q?\d+$/iu.test(iteration) && wholeGrade.test(grade);
  });
}

/**
 * Reads a line of a TREC run, `qid Q0 docid rank score tag`, parted by any white space. The order
 * is the score's; like trec_eval it uses neither the second part nor the rank. Blank lines are left
 * out; others that do not fit are reported as `bad-line` or `not-a-number`.
 * Source: https://trec.nist.gov/data/deep2019.html (submission format)
 */
export function readTrecRunLine(line: string, place: ImportPlace, sink: ImportSink): void {
  const parts = partsOf(line);
  if (parts.length === 0) return;
  const [queryId, , docId, , writtenScore, tag] = parts;
  if (
    parts.length !== 6 ||
    queryId === undefined ||
    docId === undefined ||
    writtenScore === undefined ||
    tag === undefined
  ) {
    sink.problem('bad-line', 'skipped', { ...place, subject: shortened(line) });
    return;
  }
  const score = numberOf(writtenScore);
  if (score === null) {
    sink.problem('not-a-number', 'skipped', { ...place, subject: shortened(writtenScore) });
    return;
  }
  sink.firstStageTag(tag);
  sink.candidate(queryId, docId, score, place);
}

/**
 * Reads a line of TREC qrels, `qid 0 docid grade`, parted by any white space. Blank lines are left
 * out; others that do not fit are reported as `bad-line`, or as `not-a-number` where the grade is no
 * whole number.
 * Source: https://trec.nist.gov/data/qrels_eng/
 */
export function readTrecQrelsLine(line: string, place: ImportPlace, sink: ImportSink): void {
  const parts = partsOf(line);
  if (parts.length === 0) return;
  const [queryId, , docId, writtenGrade] = parts;
  if (
    parts.length !== 4 ||
    queryId === undefined ||
    docId === undefined ||
    writtenGrade === undefined
  ) {
    sink.problem('bad-line', 'skipped', { ...place, subject: shortened(line) });
    return;
  }
  const grade = numberOf(writtenGrade);
  if (grade === null || !Number.isSafeInteger(grade)) {
    sink.problem('not-a-number', 'skipped', { ...place, subject: shortened(writtenGrade) });
    return;
  }
  sink.judgement(queryId, docId, grade, place);
}

const wholeNumber = /^[+-]?\d+$/u;
/** Tables write `1.0`. */
const wholeGrade = /^[+-]?\d+(?:\.0+)?$/u;
const decimalNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu;

function mostAre(lines: readonly string[], fits: (parts: readonly string[]) => boolean): boolean {
  const written = lines.map(partsOf).filter((parts) => parts.length > 0);
  const fitting = written.filter(fits).length;
  return fitting > 0 && fitting * 3 >= written.length * 2;
}

function partsOf(line: string): readonly string[] {
  const trimmed = line.trim();
  return trimmed === '' ? [] : trimmed.split(/\s+/u);
}

/** Null where it is none: `Number` alone takes `0x10` and `Infinity` for numbers. */
function numberOf(written: string): number | null {
  if (!decimalNumber.test(written)) return null;
  const number = Number(written);
  if (!Number.isFinite(number)) return null;
  // -0 is 0 to everybody who compares.
  return number === 0 ? 0 : number;
}

function shortened(text: string): string {
  return text.trim().slice(0, 80);
}
