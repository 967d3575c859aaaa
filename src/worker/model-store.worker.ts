import { expose } from 'comlink';
import type { ModelStoreWorkerApi } from '../engine/model-store-api.ts';
import { type Outcome, type ServedCall, serveCall } from '../engine/protocol.ts';
import { openRepository } from '../models/hub.ts';
import { probeFiles, readRepositoryText } from '../models/hub-files.ts';
import { openModelArchive } from '../models/model-archive.ts';
import { openModelFolder } from '../models/model-folder.ts';
import { ModelStore } from '../models/model-store.ts';
import { openFileStore } from '../models/opfs-file-store.ts';
import { toStorageError } from '../models/storage-error.ts';
import type { StoreEvent } from '../models/stored-model.ts';
import { holdLock } from './hold-lock.ts';
import { fetchAndReport, reportRequests } from './report-requests.ts';

reportRequests();

// Opened with the first call that needs it, and once: in memory it is the only copy.
let opened: Promise<ModelStore> | null = null;

function openStore(): Promise<ModelStore> {
  opened ??= openFileStore().then((files) => new ModelStore(files, { fetch: fetchAndReport }));
  return opened;
}

/** Whatever is thrown here is about files: the wire's own fallback is about arithmetic. */
function serve<T>(
  port: MessagePort,
  run: (call: ServedCall<StoreEvent>) => Promise<T>,
): Promise<Outcome<T>> {
  return serveCall(port, async (call: ServedCall<StoreEvent>) => {
    try {
      return await run(call);
    } catch (error) {
      throw toStorageError(error, 'The model');
    }
  });
}

expose({
  holdLock,
  openRepository: ({ token, ...address }, port) =>
    serve(port, ({ signal }) => openRepository(address, { token, signal, fetch: fetchAndReport })),
  probeFiles: ({ token, ...address }, paths, port) =>
    serve(port, ({ signal }) =>
      probeFiles(address, paths, { token, signal, fetch: fetchAndReport }),
    ),
  readRepositoryText: ({ token, ...address }, path, maxBytes, port) =>
    serve(port, ({ signal }) =>
      readRepositoryText(address, path, { token, maxBytes, signal, fetch: fetchAndReport }),
    ),
  ensureFiles: (address, files, port) =>
    serve(port, async (call) => (await openStore()).ensureFiles(address, files, call)),
  importFiles: (from, port) =>
    serve(port, async (call) => {
      const { signal } = call;
      const { name, files } =
        'archive' in from
          ? await openModelArchive(from.archive, { name: from.name, signal })
          : await openModelFolder(from.files, from.name);
      return await (await openStore()).importFiles(name, files, call);
    }),
  list: (port) => serve(port, async () => (await openStore()).list()),
  remove: (key, port) => serve(port, async () => (await openStore()).remove(key)),
  removeAll: (port) => serve(port, async () => (await openStore()).removeAll()),
  annotate: (key, patch, port) => serve(port, async () => (await openStore()).annotate(key, patch)),
  touch: (key, port) => serve(port, async () => (await openStore()).touch(key)),
  usage: (port) => serve(port, async () => (await openStore()).usage()),
  fileSource: (key, path, port) =>
    serve(port, async () => (await openStore()).fileSource(key, path)),
  readText: (key, path, maxBytes, port) =>
    serve(port, async () => (await openStore()).readText(key, path, maxBytes)),
} satisfies ModelStoreWorkerApi);
