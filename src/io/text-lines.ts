import type { ImportSink } from './import-types.ts';

/** One line of a file. */
export interface TextLine {
  /** Without its end. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** What ends it: LF, CRLF or CR; empty for the last line of a file that ends without one. */
  readonly end: '\n' | '\r\n' | '\r' | '';
  /** It is longer than `maxLineLength`; `text` is empty. */
  readonly tooLong: boolean;
}

/** How lines are cut. */
export interface LineOptions {
  /** The text is only the beginning of a file: a last line without an end is left out. */
  readonly partial?: boolean;
  /** In UTF-16 units. Default 64 Mi: a longer one is no line, and would fill the memory. */
  readonly maxLineLength?: number;
}

/**
 * Cuts a text that comes in pieces into lines, which end at LF, CRLF or CR. One batch of lines
 * for each piece, since waiting for every single line would take longer than reading it.
 */
export async function* cutLines(
  pieces: AsyncIterable<string>,
  options: LineOptions = {},
): AsyncGenerator<readonly TextLine[], void, undefined> {
  const { partial = false, maxLineLength = 64 * 2 ** 20 } = options;
  let number = 1;
  let begun: string[] = [];
  let begunLength = 0;
  let heldCr = '';

  const close = (tail: string, end: TextLine['end']): TextLine => {
    const tooLong = begunLength + tail.length > maxLineLength;
    const text = tooLong ? '' : begun.length === 0 ? tail : begun.join('') + tail;
    begun = [];
    begunLength = 0;
    number += 1;
    return { text, number: number - 1, end, tooLong };
  };

  for await (const next of pieces) {
    let piece = heldCr + next;
    // Whether a CR at the end is half of a CRLF is known with the next piece.
    heldCr = piece.endsWith('\r') ? '\r' : '';
    if (heldCr !== '') piece = piece.slice(0, -1);
    const lines: TextLine[] = [];
    let start = 0;
    for (const [at, end] of lineEnds(piece)) {
      lines.push(close(piece.slice(start, at), end));
      start = at + end.length;
    }
    const rest = piece.slice(start);
    begunLength += rest.length;
    if (begunLength > maxLineLength) begun = [];
    else if (rest !== '') begun.push(rest);
    if (lines.length > 0) yield lines;
  }
  if (heldCr !== '') yield [close('', '\r')];
  else if (begunLength > 0 && !partial) yield [close('', '')];
}

/** Cuts a short text into lines, as `cutLines` does. */
export function linesOf(text: string, partial = false): readonly TextLine[] {
  const lines: TextLine[] = [];
  let start = 0;
  for (const [at, end] of lineEnds(text)) {
    const number = lines.length + 1;
    lines.push({ text: text.slice(start, at), number, end, tooLong: false });
    start = at + end.length;
  }
  if (start < text.length && !partial) {
    lines.push({ text: text.slice(start), number: lines.length + 1, end: '', tooLong: false });
  }
  return lines;
}

/** Line and column of an offset in a text, both from 1, columns in UTF-16 units. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (const [at, end] of lineEnds(text)) {
    if (at + end.length > offset) break;
    line += 1;
    start = at + end.length;
  }
  return { line, column: offset - start + 1 };
}

/**
 * Reports what is wrong with a line as text: U+FFFD for bytes that could not be decoded (or that
 * somebody else could not, earlier), and too much of it.
 * @returns whether the line can be read
 */
export function checkLine(line: TextLine, path: string, sink: ImportSink): boolean {
  if (line.tooLong) {
    sink.problem('too-large', 'skipped', { path, line: line.number });
    return false;
  }
  const at = line.text.indexOf('\uFFFD');
  if (at !== -1) {
    const place = { path, line: line.number, column: at + 1 };
    sink.problem('undecodable-bytes', 'note', place, countFrom(line.text, at));
  }
  return true;
}

/** Reports U+FFFD in the text of a whole file: the first few with their places, the rest by number. */
export function checkText(text: string, path: string, sink: ImportSink): void {
  let at = text.indexOf('\uFFFD');
  for (let seen = 1; at !== -1; seen += 1) {
    const isLast = seen === placesTold;
    const count = isLast ? countFrom(text, at) : 1;
    sink.problem('undecodable-bytes', 'note', { path, ...placeOf(text, at) }, count);
    if (isLast) return;
    at = text.indexOf('\uFFFD', at + 1);
  }
}

const placesTold = 5;

function countFrom(text: string, first: number): number {
  let count = 0;
  for (let at = first; at !== -1; at = text.indexOf('\uFFFD', at + 1)) count += 1;
  return count;
}

/** Where lines end, and with what. Searched by `indexOf`: it is many times faster than a pattern. */
function* lineEnds(text: string): Generator<readonly [number, '\n' | '\r\n' | '\r']> {
  let feed = text.indexOf('\n');
  let carriage = text.indexOf('\r');
  while (feed !== -1 || carriage !== -1) {
    if (carriage === -1 || (feed !== -1 && feed < carriage)) {
      yield [feed, '\n'];
      feed = text.indexOf('\n', feed + 1);
    } else if (feed === carriage + 1) {
      yield [carriage, '\r\n'];
      carriage = text.indexOf('\r', feed + 1);
      feed = text.indexOf('\n', feed + 1);
    } else {
      yield [carriage, '\r'];
      carriage = text.indexOf('\r', carriage + 1);
    }
  }
}
