import { RerankError } from '../core/errors.ts';
import { type Outcome, type ServedCall, serveCall } from '../engine/protocol.ts';
import type { CollectionLibrary } from './collection-library.ts';
import type {
  CollectionsEvent,
  CollectionsMethod,
  CollectionsWorkerApi,
} from './collections-api.ts';

/** What the worker offers beside the calls of `Collections`. */
export interface LibraryWorkerApi extends CollectionsWorkerApi {
  storageKind(port: MessagePort): Promise<Outcome<'disk' | 'memory'>>;
}

/** How many arguments a method has before its `call`; null: it has none. */
const argumentsBeforeCall: Readonly<Record<CollectionsMethod, number | null>> = {
  inspect: 2,
  importFiles: 3,
  list: null,
  open: null,
  rename: null,
  duplicate: 2,
  remove: null,
  restore: null,
  purge: null,
  exportCollection: 1,
  createRun: null,
  queryToScore: 4,
  keepScores: null,
  pendingQueries: null,
  removeRun: null,
  evaluate: 3,
  queryDetail: 4,
  exportRun: 4,
  exportedRun: 2,
  scoreCacheUse: null,
  clearScoreCache: null,
};

/**
 * The worker's side of the wire.
 * @param open the library, opened when it is first needed; asked again after a failure
 */
export function serveCollections(
  open: () => Promise<CollectionLibrary>,
): Omit<LibraryWorkerApi, 'holdLock'> {
  return {
    storageKind: (port) => serve(port, async () => (await open()).storageKind()),
    call: (method, args, port) =>
      serve(port, async (call) => {
        // Not whatever an object happens to have: `constructor` is no call.
        if (!Object.hasOwn(argumentsBeforeCall, method)) {
          throw new RerankError('invalid-request', `There is no call ${String(method)}.`);
        }
        const before = argumentsBeforeCall[method];
        const library = await open();
        // The client has the types of Collections, and sends the arguments of the method it names.
        const run = library[method] as (...args: readonly unknown[]) => Promise<unknown>;
        const positional = before === null ? args : [...args.slice(0, before), call];
        return await run.apply(library, [...positional]);
      }),
  };
}

function serve<T>(
  port: MessagePort,
  run: (call: { signal: AbortSignal; onProgress: (event: CollectionsEvent) => void }) => Promise<T>,
): Promise<Outcome<T>> {
  return serveCall(port, async ({ signal, onEvent }: ServedCall<CollectionsEvent>) => {
    try {
      return await run({ signal, onProgress: onEvent });
    } catch (error) {
      throw toCollectionsError(error);
    }
  });
}

/** Whatever is thrown here is about collections: the wire's own fallback is about arithmetic. */
function toCollectionsError(error: unknown): RerankError {
  if (error instanceof RerankError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // What engines throw when an array or a text does not fit into memory.
  if (error instanceof RangeError) {
    return new RerankError(
      'out-of-memory',
      `There is not enough memory for this collection (${message}). Close other tabs, or split ` +
        'the collection into smaller ones.',
      { cause: error },
    );
  }
  return new RerankError(
    'storage-unavailable',
    `Something went wrong with the collections (${message}). What was kept is still there: reload ` +
      'the page and try again.',
    { cause: error },
  );
}
