import type { ImportFile, Interpretation } from '../io/import-types.ts';
import { readCollection, showCollectionFailure } from './collections-actions.ts';
import { collections } from './collections-service.ts';

/** Name of what is typed, for the report of an import that nobody reads. */
const path = 'typed.jsonl';

const typedQueries: Interpretation = {
  format: 'jsonl',
  encoding: 'utf-8',
  role: 'queries',
  fields: { query: 'text' },
  included: true,
};

/**
 * Adds queries to a collection, one per line, with ids of the collection's choosing; blank lines
 * are nothing. Says in the view why it could not.
 * @returns whether they are in
 */
export async function addQueries(collectionId: string, typed: string): Promise<boolean> {
  const lines = typed.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  if (lines.length === 0) return false;
  const text = lines.map((line) => `${JSON.stringify({ text: line })}\n`).join('');
  const file: ImportFile = { path, blob: new Blob([text]) };
  try {
    await collections.importFiles([file], { [path]: typedQueries }, { kind: 'into', collectionId });
    await readCollection(collectionId);
    return true;
  } catch (error) {
    showCollectionFailure(error);
    return false;
  }
}
