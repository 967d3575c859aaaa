import { RerankError } from '../core/errors.ts';
import type { ImportFile } from '../io/import-types.ts';
import { openCollection, refreshCollections } from './collections-actions.ts';
import { collections } from './collections-service.ts';
import { collectionsStore } from './collections-store.ts';
import {
  type DropLimits,
  type DroppedTransfer,
  readAllDroppedFiles,
  readAllPickedFiles,
} from './dropped-files.ts';
import { createImportSession } from './import-session.ts';
import { type ImportInto, importStore } from './import-store.ts';

/** Most files at once; a folder of texts has thousands. */
const maxFiles = 20_000;

const limits: DropLimits = {
  looseName: 'The selection',
  maxFiles,
  tooManyFiles: (name) =>
    new RerankError(
      'too-large',
      `${name} holds more than ${maxFiles.toLocaleString('en')} files. Put them into a zip or ` +
        'into one file with a record per line, or import them in parts.',
    ),
  tooDeep: (name) =>
    new RerankError(
      'too-large',
      `${name} has too many folders inside each other. Choose the folder that holds the files.`,
    ),
};

const session = createImportSession({
  collections,
  store: importStore,
  onImported: async (_, target) => {
    await refreshCollections();
    if (target.kind === 'new') return;
    const { place } = collectionsStore.getState();
    // Whoever went elsewhere meanwhile is not taken back.
    if (place.page === 'list' || place.collectionId !== target.collectionId) return;
    await openCollection(target.collectionId);
  },
});

/** Opens the import without files: it says what can be brought. */
export function openImport(into: ImportInto | null, pasting = false): void {
  session.open(into, pasting);
}

/** Looks at files, beside those that are being chosen already. Failures are shown there. */
export function beginImport(files: readonly ImportFile[], into: ImportInto | null): Promise<void> {
  return session.begin(Promise.resolve(files), into);
}

/** Looks at a pasted text, as a file of the name `pasted text`. */
export function beginImportOfText(text: string, into: ImportInto | null = null): Promise<void> {
  const blob = new Blob([text], { type: 'text/plain;charset=utf-8' });
  return beginImport([{ path: 'pasted text', blob }], into);
}

/**
 * Takes files and folders that were dropped or pasted. Call it in the event itself: afterwards the
 * browser has emptied the transfer.
 */
export function importTransfer(transfer: DroppedTransfer, into: ImportInto | null): Promise<void> {
  const reader = new AbortController();
  return session.begin(readAllDroppedFiles(transfer, limits, reader.signal), into, reader);
}

/** Takes files or a folder from a file input. */
export function importPickedFiles(list: ArrayLike<File>, into: ImportInto | null): Promise<void> {
  return session.begin(readAllPickedFiles(list, limits), into);
}

/** Looks at files for something else, leaves them out, decides where they go, and takes them in. */
export const {
  lookAgain: lookAtImportAgain,
  change: changeImport,
  include: includeInImport,
  decide: decideImport,
  start: startImport,
  cancel: cancelImport,
  backToChoices: backToImportChoices,
  close: closeImport,
} = session;
