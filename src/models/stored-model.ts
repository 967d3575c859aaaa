import * as v from 'valibot';

/** One file of a model on this machine. */
export interface StoredFile {
  /** Path inside the repository, `/` between parts. */
  readonly path: string;
  /** Of the whole file; null when nobody said it yet. */
  readonly bytes: number | null;
  /** Of what is here. */
  readonly storedBytes: number;
  /**
   * SHA-256, lower-case hexadecimal: of a complete file its own, of a partial one what the hub
   * said; null when it said nothing.
   */
  readonly sha256: string | null;
  readonly state: 'partial' | 'complete';
  /** What a complete file was compared with; `none` for imported and partial files. */
  readonly verified: 'sha256' | 'size' | 'none';
}

/**
 * Why a model's description could not be read. `newer-version`: a later release wrote it. Such a
 * model can be deleted, and a broken one is repaired by loading it again.
 */
export type ManifestProblem = 'broken' | 'newer-version';

/** One model on this machine, or a part of one. */
export interface StoredModel {
  /** Name of its folder. */
  readonly key: string;
  /** When it is not null, all else was learnt from the folder, and no file counts as complete. */
  readonly problem: ManifestProblem | null;
  /** Hub repository, or the name of the folder or zip that it came from. */
  readonly id: string;
  readonly revision: string;
  /** Address of the hub that it came from last, or `disk` for an imported folder or zip. */
  readonly host: string;
  readonly files: readonly StoredFile[];
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  readonly lastUsedAt: number;
  /** Whatever its users noted, as they wrote it: who reads it checks it. */
  readonly notes: Readonly<Record<string, unknown>>;
  /** `memory` where the browser refused to keep it: it goes with the page. */
  readonly kept: 'disk' | 'memory';
}

/** How much room models take. */
export interface StorageUse {
  readonly kept: 'disk' | 'memory';
  /** Bytes of all models' files. */
  readonly modelBytes: number;
  /** Used by this origin, everything counted; that of the models where the browser does not say. */
  readonly usedBytes: number;
  /** Null where the browser does not say. */
  readonly quotaBytes: number | null;
  /** True when the browser promised not to delete models to make room; null if it does not say. */
  readonly persisted: boolean | null;
}

/** Progress of calls to the store. Bytes never fall, the total never changes, the last equals it. */
export type StoreEvent =
  /** Another call, perhaps in another tab, is writing this model: this one goes on after it. */
  | { readonly type: 'waiting' }
  /** Files whose size nobody said are not counted. */
  | {
      readonly type: 'downloading' | 'importing';
      /** The file that is being written. */
      readonly path: string;
      readonly loadedBytes: number;
      readonly totalBytes: number;
    };

/** What is written beside a model's files. */
export type ModelManifest = Pick<
  StoredModel,
  'id' | 'revision' | 'host' | 'addedAt' | 'lastUsedAt' | 'notes'
> & { readonly files: readonly Omit<StoredFile, 'storedBytes'>[] };

export function writeManifest(manifest: ModelManifest): Uint8Array<ArrayBuffer> {
  const { id, revision, host, addedAt, lastUsedAt, files, notes } = manifest;
  const json = { version: 1, id, revision, host, addedAt, lastUsedAt, files, notes };
  return new TextEncoder().encode(JSON.stringify(json));
}

/** Reads what `writeManifest` wrote, or says why not. */
export function readManifest(bytes: Uint8Array | null): ModelManifest | ManifestProblem {
  if (bytes === null) return 'broken';
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return 'broken';
  }
  const parsed = v.safeParse(manifestSchema, json);
  if (parsed.success) return parsed.output;
  return v.is(newerVersionSchema, json) ? 'newer-version' : 'broken';
}

const byteCount = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(v.number(), v.minValue(0));

const manifestSchema = v.object({
  version: v.literal(1),
  id: v.string(),
  revision: v.string(),
  host: v.string(),
  addedAt: time,
  lastUsedAt: time,
  files: v.array(
    v.object({
      path: v.string(),
      bytes: v.nullable(byteCount),
      sha256: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/u))),
      state: v.picklist(['partial', 'complete']),
      verified: v.picklist(['sha256', 'size', 'none']),
    }),
  ),
  notes: v.record(v.string(), v.unknown()),
});

const newerVersionSchema = v.object({ version: v.pipe(v.number(), v.integer(), v.minValue(2)) });
