import { RerankError } from '../core/errors.ts';
import { FileBytes } from './file-bytes.ts';
import type { FileSource } from './model-source.ts';
import type { ByteSource } from './protobuf-reader.ts';

/** A file that the browser keeps, open for reading. */
export interface KeptFile {
  readonly bytes: ByteSource;
  close(): void;
}

/** Firefox and Safari know no modes: there an open handle locks everybody else out. */
interface ReadableFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(options?: {
    readonly mode: 'read-only';
  }): Promise<FileSystemSyncAccessHandle & { readonly mode?: string }>;
}

/**
 * Opens a file of the origin-private file system, or one that is in memory. What is read of it is
 * read when it is looked at, so a model of gigabytes takes no more memory than its largest tensor.
 * @throws RerankError `storage-unavailable` when it is gone, `model-corrupt` when its size changed
 */
export async function openKeptFile(
  source: Extract<FileSource, { from: 'store' | 'memory' }>,
): Promise<KeptFile> {
  if (source.from === 'memory') return openBlob('the model', source.blob);
  const { segments, bytes } = source;
  const name = segments.at(-1) ?? '';
  try {
    let folder = await navigator.storage.getDirectory();
    for (const part of segments.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
    // The option below is not in every browser, nor in TypeScript's library.
    const handle: ReadableFileHandle = await folder.getFileHandle(name);
    const file = await handle.getFile();
    if (file.size !== bytes) {
      throw new RerankError(
        'model-corrupt',
        `The kept file ${name} has ${file.size} bytes where ${bytes} were expected. Delete the ` +
          'model and load it again.',
      );
    }
    return (await openShared(handle, name, bytes)) ?? (await openBlob(name, file));
  } catch (error) {
    if (error instanceof RerankError) throw error;
    throw new RerankError(
      'storage-unavailable',
      `The kept file ${name} cannot be read (${String(error)}). Load the model again to fetch it.`,
      { cause: error },
    );
  }
}

/** All bytes of a source; those of an array without a copy. */
export function wholeOf(source: ByteSource): Uint8Array<ArrayBuffer> {
  const bytes = source.subarray(0, source.length);
  // No source here lies in shared memory.
  return bytes as Uint8Array<ArrayBuffer>;
}

/** Fast, and several tabs may do it at once; null where the browser has only exclusive handles. */
async function openShared(
  handle: ReadableFileHandle,
  name: string,
  length: number,
): Promise<KeptFile | null> {
  try {
    const access = await handle.createSyncAccessHandle({ mode: 'read-only' });
    if (access.mode !== 'read-only') {
      access.close();
      return null;
    }
    return {
      bytes: new FileBytes(name, length, (target, at) => access.read(target, { at })),
      close: () => access.close(),
    };
  } catch {
    // Another tab holds an exclusive one.
    return null;
  }
}

/** A blob may lie on disk: each part is read when it is looked at. Workers alone can do that. */
async function openBlob(name: string, blob: Blob): Promise<KeptFile> {
  const close = (): void => undefined;
  if (typeof FileReaderSync === 'undefined') {
    return { bytes: new Uint8Array(await blob.arrayBuffer()), close };
  }
  const reader = new FileReaderSync();
  const readAt = (target: Uint8Array<ArrayBuffer>, at: number): number => {
    target.set(new Uint8Array(reader.readAsArrayBuffer(blob.slice(at, at + target.length))));
    return target.length;
  };
  return { bytes: new FileBytes(name, blob.size, readAt), close };
}
