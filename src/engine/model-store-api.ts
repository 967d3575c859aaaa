import type { Repository } from '../models/hub.ts';
import type { RepositoryAddress } from '../models/hub-address.ts';
import type { ModelFile } from '../models/model-card.ts';
import type { FileSource } from '../models/model-source.ts';
import type { StorageUse, StoredModel } from '../models/stored-model.ts';
import type { Outcome } from './protocol.ts';

/** A model that the user brings: a zip, or the files of a folder with paths below it. */
export type ModelFromDisk =
  | { readonly archive: Blob; readonly name: string }
  | {
      readonly files: readonly { readonly path: string; readonly blob: Blob }[];
      readonly name: string;
    };

/** A repository, and the token that opens it. */
export interface RepositoryAccess extends RepositoryAddress {
  /** Access token of the hub; sent to its host alone and kept nowhere. */
  readonly token?: string | undefined;
}

/** What the worker of the model store offers; each call brings its own port. */
export interface ModelStoreWorkerApi {
  holdLock(name: string): Promise<void>;
  openRepository(address: RepositoryAccess, port: MessagePort): Promise<Outcome<Repository>>;
  probeFiles(
    address: RepositoryAccess,
    paths: readonly string[],
    port: MessagePort,
  ): Promise<Outcome<readonly ModelFile[]>>;
  readRepositoryText(
    address: RepositoryAccess,
    path: string,
    maxBytes: number | undefined,
    port: MessagePort,
  ): Promise<Outcome<string>>;
  ensureFiles(
    address: RepositoryAccess,
    files: readonly ModelFile[],
    port: MessagePort,
  ): Promise<Outcome<StoredModel>>;
  importFiles(from: ModelFromDisk, port: MessagePort): Promise<Outcome<StoredModel>>;
  list(port: MessagePort): Promise<Outcome<readonly StoredModel[]>>;
  remove(key: string, port: MessagePort): Promise<Outcome<void>>;
  removeAll(port: MessagePort): Promise<Outcome<void>>;
  annotate(
    key: string,
    patch: Readonly<Record<string, unknown>>,
    port: MessagePort,
  ): Promise<Outcome<StoredModel>>;
  touch(key: string, port: MessagePort): Promise<Outcome<StoredModel>>;
  usage(port: MessagePort): Promise<Outcome<StorageUse>>;
  fileSource(key: string, path: string, port: MessagePort): Promise<Outcome<FileSource>>;
  readText(
    key: string,
    path: string,
    maxBytes: number | undefined,
    port: MessagePort,
  ): Promise<Outcome<string>>;
}
