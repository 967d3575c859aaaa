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
