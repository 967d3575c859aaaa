import { type CollectionFileSource, collectionFileLines } from '../io/collection-file.ts';
import type { CollectionsCall } from './collections-api.ts';
import type { StoredCollection } from './open-collection.ts';
import { Pauses } from './pauses.ts';

/** Text that is turned into bytes at once. UTF-16 units. */
const maxPieceLength = 1_000_000;

/**
 * A collection as one file. The pieces are Blobs, which browsers move out of the worker's memory.
 * @throws RerankError `aborted`; as the collection's parts do
 */
export async function collectionBlob(
  collection: StoredCollection,
  { signal, onProgress }: CollectionsCall,
): Promise<Blob> {
  const pauses = new Pauses(signal);
  const { textLength } = collection.summary;
  const pieces: Blob[] = [];
  let lines: string[] = [];
  let length = 0;
  let done = 0;
  const flush = (last: boolean): void => {
    const piece = new Blob(lines);
    pieces.push(piece);
    lines = [];
    length = 0;
    done += piece.size;
    // How many bytes it will be is known in the end.
    const total = last ? done : Math.max(done, textLength);
    onProgress?.({ type: 'progress', step: 'writing', done, total });
  };
  for await (const line of collectionFileLines(toFileSource(collection))) {
    lines.push(line);
    length += line.length;
    if (length >= maxPieceLength) flush(false);
    if (pauses.due) await pauses.take();
  }
  flush(true);
  await pauses.take();
  return new Blob(pieces, { type: 'application/jsonl' });
}

function toFileSource(collection: StoredCollection): CollectionFileSource {
  const { summary, docIds, queries, candidates, qrels } = collection;
  return {
    name: summary.name,
    firstStageTag: summary.firstStageTag,
    documents: docIds.length,
    documentBlocks: () => collection.documentBlocks(),
    queries,
    candidates,
    qrels,
    // Oldest first, as they came about.
    runs: [...summary.runs].reverse().map((run) => ({
      run,
      rankings: () => collection.rankings(run.runId),
    })),
  };
}
