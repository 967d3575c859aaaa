import { type PastedDocuments, readPastedDocuments } from '../io/pasted-documents.ts';
import type { AppState, Result } from './store.ts';

let remembered: { text: string; layout: AppState['layout']; pasted: PastedDocuments } | null = null;

/** How the text of the "Documents" box is understood; computed once per text. */
export function pastedDocuments({
  documentsText,
  layout,
}: Pick<AppState, 'documentsText' | 'layout'>): PastedDocuments {
  if (remembered?.text !== documentsText || remembered.layout !== layout) {
    const pasted = readPastedDocuments(documentsText, layout);
    remembered = { text: documentsText, layout, pasted };
  }
  return remembered.pasted;
}

/** What a text seems to be when it is more than documents: it has ids, queries or columns. */
export type ImportHint = 'json-objects' | 'json-lines' | 'table';

const firstCharacters = 4000;

/**
 * Whether a text in the "Documents" box would better be imported, by a look at its beginning: JSON
 * objects with more than a text, JSON Lines, or lines of equally many tab-separated cells.
 */
export function importHintOf(text: string): ImportHint | null {
  const start = text.slice(0, firstCharacters).replace(/^[\uFEFF\s]+/u, '');
  if (/^\{\s*"/u.test(start)) return /\}\s*\n\s*\{/u.test(start) ? 'json-lines' : 'json-objects';
  if (/^\[\s*\{/u.test(start) && !/^\[\s*\{\s*"text"\s*:\s*"[^"]*"\s*\}/u.test(start)) {
    return 'json-objects';
  }
  // The last line may be cut off.
  const lines = start.split('\n').slice(0, -1);
  const cells = lines.slice(0, 5).map((line) => line.split('\t').length);
  const [first = 1] = cells;
  return cells.length > 1 && first > 1 && cells.every((number) => number === first)
    ? 'table'
    : null;
}

/** Whether the boxes hold something else than what the result was made from. */
export function isStale(
  state: Pick<AppState, 'query' | 'documentsText' | 'layout'>,
  result: Pick<Result, 'query' | 'documents'>,
): boolean {
  if (state.query !== result.query) return true;
  const pasted = pastedDocuments(state);
  if (!pasted.ok || pasted.documents.length !== result.documents.length) return true;
  return pasted.documents.some((text, index) => text !== result.documents[index]);
}
