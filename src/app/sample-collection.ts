import type { Interpretation } from '../io/import-types.ts';
import type { KeywordTrap } from '../io/keyword-traps.ts';
import {
  openCollection,
  refreshCollections,
  showCollectionFailure,
} from './collections-actions.ts';
import { collections } from './collections-service.ts';
import { collectionsStore } from './collections-store.ts';
import { store } from './store.ts';
import { loadTraps } from './trap-actions.ts';

const path = 'keyword-traps.jsonl';

const pairs: Interpretation = {
  format: 'jsonl',
  encoding: 'utf-8',
  role: 'pairs',
  fields: { queryId: 'queryId', query: 'query', docId: 'docId', text: 'text', grade: 'grade' },
  included: true,
};

/**
 * Makes a collection of the keyword traps and opens it, for those who want to see an evaluation
 * before they bring anything: every document is judged, and one of each query answers it.
 * @param name in the page's language
 */
export async function openSampleCollection(name: string): Promise<void> {
  const traps = await loadTraps();
  if (traps === null) {
    collectionsStore.setState({ failure: store.getState().traps.failure });
    return;
  }
  try {
    const blob = new Blob([pairsOf(traps)]);
    const { summary } = await collections.importFiles(
      [{ path, blob }],
      { [path]: pairs },
      { kind: 'new', name },
    );
    await refreshCollections();
    if (summary !== null) await openCollection(summary.id);
  } catch (error) {
    showCollectionFailure(error);
  }
}

/** The traps as JSON lines, one per query and document, in the order in which these are shown. */
function pairsOf(traps: readonly KeywordTrap[]): string {
  const records = traps.flatMap(({ id, query, documents, answerId }) =>
    documents.map(({ docId, text }) => ({
      queryId: id,
      query,
      // Unique within a trap only.
      docId: `${id}/${docId}`,
      text,
      grade: docId === answerId ? 1 : 0,
    })),
  );
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
