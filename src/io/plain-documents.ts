import type { ImportSink, Interpretation } from './import-types.ts';
import { readPastedDocuments } from './pasted-documents.ts';
import { checkLine, checkText, type TextLine } from './text-lines.ts';

/** How a text is cut into documents. */
export type PlainLayout = NonNullable<Interpretation['layout']>;

/** Guesses the layout of a text by its beginning, as the "Documents" box does. */
export function guessLayout(text: string): PlainLayout {
  // JSON, which that box also knows, was looked for before.
  return readPastedDocuments(text).layout === 'blank-lines' ? 'blank-lines' : 'lines';
}

/**
 * Reads documents from a text of lines: one per line, or one per block between blank lines, whose
 * own line breaks stay. White space around documents is removed; blank lines are none.
 * @param cut the text is the beginning of a file: its last block is left out
 */
export async function readPlainDocuments(
  batches: AsyncIterable<readonly TextLine[]>,
  layout: 'lines' | 'blank-lines',
  path: string,
  sink: ImportSink,
  cut: boolean,
): Promise<void> {
  let record = 0;
  let block: TextLine[] = [];
  let blockLength = 0;
  const closeBlock = (): void => {
    const [first] = block;
    if (first === undefined) return;
    record += 1;
    const place = { path, line: first.number, record };
    if (blockLength > maxDocumentLength) sink.problem('too-large', 'skipped', place);
    else sink.document(null, null, joinLines(block).trim(), place);
    block = [];
    blockLength = 0;
  };
  for await (const lines of batches) {
    for (const line of lines) {
      if (!checkLine(line, path, sink)) continue;
      const isBlank = line.text.trim() === '';
      if (layout === 'blank-lines' && isBlank) closeBlock();
      if (isBlank) continue;
      blockLength += line.text.length;
      if (blockLength <= maxDocumentLength || block.length === 0) block.push(line);
      if (layout === 'lines') closeBlock();
    }
  }
  if (!cut) closeBlock();
}

/** Takes a whole text as one document, with the file's path as its id. */
export function readWholeDocument(text: string, path: string, sink: ImportSink): void {
  checkText(text, path, sink);
  if (text.length > maxDocumentLength) sink.problem('too-large', 'file', { path });
  else if (text.trim() !== '') sink.document(path, null, text.trim(), { path, line: 1, record: 1 });
}

/** In UTF-16 units, as for lines. */
const maxDocumentLength = 64 * 2 ** 20;

function joinLines(lines: readonly TextLine[]): string {
  return lines.map(({ text, end }) => text + end).join('');
}
