import { findJsonFault } from './json-fault.ts';

/**
 * How the text of the "Documents" box is cut into documents: one per line, blocks separated by
 * blank lines, or a JSON array.
 */
export type DocumentLayout = 'lines' | 'blank-lines' | 'json';

/** What the user asked for; `auto` decides by the text, see `readPastedDocuments`. */
export type DocumentLayoutChoice = 'auto' | DocumentLayout;

/** The kind of a JSON value, for telling what was found where something else was needed. */
export type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

/** Why a text could not be read as JSON documents, as values: the sentence is the ui's. */
export type PastedDocumentsProblem =
  | {
      /** Not JSON at all. */
      readonly code: 'json-syntax';
      /** Line of the first fault, from 1; absent if the fault could not be located. */
      readonly line?: number;
      /** Column of the first fault, from 1, in UTF-16 units as editors count; with `line`. */
      readonly column?: number;
    }
  | {
      /** JSON, but something other than an array. */
      readonly code: 'json-not-array';
      readonly found: JsonKind;
    }
  | {
      /** An array with an element that is neither a string nor an object with a string `text`. */
      readonly code: 'json-not-string';
      /** Index of the first such element, from 0. */
      readonly position: number;
      /** Its kind; `object` means one without a string field `text`. */
      readonly found: JsonKind;
    };

/** What `readPastedDocuments` made of a text. */
export type PastedDocuments =
  | {
      readonly ok: true;
      readonly layout: DocumentLayout;
      /** In the order of the text, trimmed, none blank; equal ones are kept. */
      readonly documents: readonly string[];
      /**
       * Blank lines (layout `lines`; a final line break begins none) or blank JSON elements left
       * out. 0 for `blank-lines`, where blank lines only separate.
       */
      readonly skippedBlank: number;
    }
  | { readonly ok: false; readonly layout: 'json'; readonly problem: PastedDocumentsProblem };

/** A text for the "Documents" box and the layout in which it reads back. */
export interface FormattedDocuments {
  readonly text: string;
  readonly layout: DocumentLayout;
}

/**
 * Cuts the text of the "Documents" box into documents; never throws, linear in the text.
 *
 * `choice` defaults to `auto`, which decides in this order:
 * 1. `json`: the text starts with `[` and is a JSON array of strings, or of objects with a string
 *    field `text`. If it is not, but starts with `["` or `[{` (white space between allowed), it
 *    was plainly meant as JSON: the problem is returned, the lines are not silently taken apart.
 *    Any other text starting with `[`, such as `[1] a footnote`, is no JSON.
 * 2. `blank-lines`: a blank line stands between non-blank text, and at least one of the blocks so
 *    separated has several lines. Line breaks inside a block are kept as they are.
 * 3. `lines`: one document per line, blank lines skipped.
 *
 * A line ends at LF, CRLF, CR, NEL, U+2028 or U+2029. A leading byte order mark is removed, and so
 * is white space around each document. A blank text has no documents in every layout.
 */
export function readPastedDocuments(
  text: string,
  choice: DocumentLayoutChoice = 'auto',
): PastedDocuments {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  switch (choice) {
    case 'auto': {
      if (opensBracket.test(body)) {
        const asJson = readJson(body);
        if (asJson.ok || plainlyMeantAsJson.test(body)) return asJson;
      }
      return readLines(body, 'auto');
    }
    case 'json':
      return readJson(body);
    case 'lines':
    case 'blank-lines':
      return readLines(body, choice);
    default: {
      const unknown: never = choice;
      throw new TypeError(`Unknown document layout: ${String(unknown)}`);
    }
  }
}

/**
 * Writes documents as a text for the "Documents" box, the inverse of `readPastedDocuments`: lines
 * if they read back so, else blocks separated by blank lines, else JSON. For trimmed, non-blank
 * documents reading the text gives them back, with the returned layout and with `auto`. A list
 * with a blank document becomes JSON, which shows it, though reading skips it.
 */
export function formatDocuments(documents: readonly string[]): FormattedDocuments {
  const trimmed = documents.map(trimSpace);
  for (const [layout, separator] of textLayouts) {
    const text = trimmed.join(separator);
    // A text box turns CR and CRLF into LF; JSON writes them as escapes, which survive it.
    if (!text.includes('\r') && readsBackAs(text, layout, trimmed)) return { text, layout };
  }
  return { text: JSON.stringify(documents, null, 2), layout: 'json' };
}

const textLayouts: readonly (readonly [DocumentLayout, string])[] = [
  ['lines', '\n'],
  ['blank-lines', '\n\n'],
];

// NEL (U+0085) ends a line but is no white space to JavaScript, hence named beside \s throughout.
const space = /[\s\u0085]/;
const nonSpace = /[^\s\u0085]/;
const opensBracket = /^[\s\u0085]*\[/;
const plainlyMeantAsJson = /^[\s\u0085]*\[\s*["{]/;

function readsBackAs(text: string, layout: DocumentLayout, documents: readonly string[]): boolean {
  const read = readPastedDocuments(text);
  return (
    read.ok &&
    read.layout === layout &&
    read.documents.length === documents.length &&
    read.documents.every((document, index) => document === documents[index])
  );
}

function readLines(text: string, choice: 'auto' | 'lines' | 'blank-lines'): PastedDocuments {
  const lines: string[] = [];
  const blocks: string[] = [];
  let blankLines = 0;
  let someBlockHasSeveralLines = false;
  let block = { start: 0, end: 0, lineCount: 0 };

  const closeBlock = () => {
    if (block.lineCount === 0) return;
    blocks.push(trimSpace(text.slice(block.start, block.end)));
    someBlockHasSeveralLines ||= block.lineCount > 1;
    block = { start: 0, end: 0, lineCount: 0 };
  };

  let start = 0;
  while (start < text.length) {
    const end = findLineEnd(text, start);
    const line = trimSpace(text.slice(start, end));
    if (line === '') {
      blankLines += 1;
      closeBlock();
    } else {
      lines.push(line);
      if (block.lineCount === 0) block.start = start;
      block.end = end;
      block.lineCount += 1;
    }
    start = end + (text.startsWith('\r\n', end) ? 2 : 1);
  }
  closeBlock();

  const byBlocks =
    choice === 'blank-lines' ||
    (choice === 'auto' && blocks.length > 1 && someBlockHasSeveralLines);
  return byBlocks
    ? { ok: true, layout: 'blank-lines', documents: blocks, skippedBlank: 0 }
    : { ok: true, layout: 'lines', documents: lines, skippedBlank: blankLines };
}

function findLineEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isLineBreak(text.charCodeAt(at))) at += 1;
  return at;
}

function isLineBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

function trimSpace(text: string): string {
  const start = text.search(nonSpace);
  if (start === -1) return '';
  // Counted backwards: a pattern ending in \s+$ takes quadratic time on long inner white space.
  let end = text.length;
  while (space.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function readJson(text: string): PastedDocuments {
  const json = trimSpace(text);
  if (json === '') return { ok: true, layout: 'json', documents: [], skippedBlank: 0 };

  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    const fault = findJsonFault(json);
    const place = fault === undefined ? {} : locate(text, text.search(nonSpace) + fault);
    return jsonProblem({ code: 'json-syntax', ...place });
  }
  if (!Array.isArray(value)) return jsonProblem({ code: 'json-not-array', found: kindOf(value) });

  const elements: readonly unknown[] = value;
  const documents: string[] = [];
  let skippedBlank = 0;
  for (const [position, element] of elements.entries()) {
    const written = textOf(element);
    if (written === undefined) {
      return jsonProblem({ code: 'json-not-string', position, found: kindOf(element) });
    }
    const document = trimSpace(written);
    if (document === '') skippedBlank += 1;
    else documents.push(document);
  }
  return { ok: true, layout: 'json', documents, skippedBlank };
}

function jsonProblem(problem: PastedDocumentsProblem): PastedDocuments {
  return { ok: false, layout: 'json', problem };
}

function textOf(element: unknown): string | undefined {
  if (typeof element === 'string') return element;
  if (typeof element !== 'object' || element === null || !('text' in element)) return undefined;
  return typeof element.text === 'string' ? element.text : undefined;
}

function kindOf(value: unknown): JsonKind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const kind = typeof value;
  return kind === 'boolean' || kind === 'number' || kind === 'string' ? kind : 'object';
}

function locate(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split(/\r\n|[\r\n]/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}
