import { type BuiltFile, pageOf } from './built-files.ts';
import { type FileCache, keyOf } from './kept-files.ts';
import { type GpuRuntime, readPageMessage, versionLockOf } from './offline-messages.ts';

/**
 * Beside the files it is kept which files belong to which version: a tab that is open goes on
 * fetching parts of its own version, so these stay until it is closed.
 */

/** No file of a build lies there. */
const recordsFolder = '__kept__/';

/** Notes which files the version of this list has; called before any of them is kept. */
export async function recordVersion(
  cache: FileCache,
  files: readonly BuiltFile[],
  scope: string,
): Promise<void> {
  const keys = files.map((file) => keyOf(file, scope));
  await cache.put(recordKey(scope, versionOf(files)), Response.json(keys));
}

/** Notes that everything is wanted, not the shell alone, so that an update brings it, too. */
export async function recordWanted(
  cache: FileCache,
  gpu: GpuRuntime,
  scope: string,
): Promise<void> {
  await cache.put(wantedKey(scope), Response.json({ type: 'fill', gpu }));
}

/** What was wanted when it was noted last; null where nothing was. */
export async function readWanted(cache: FileCache, scope: string): Promise<GpuRuntime | null> {
  const message = readPageMessage(await readRecord(cache, wantedKey(scope)));
  return message?.type === 'fill' ? message.gpu : null;
}

/**
 * Removes what belongs to no version that is open or is the one of this list.
 * @param heldLocks names of the web locks that are held
 * @param pageCount how many pages are open; while one has not said its version all is left alone
 * @param waiting whether a newer version waits: what it keeps is not touched
 */
export async function removeLeftovers(
  cache: FileCache,
  files: readonly BuiltFile[],
  scope: string,
  open: {
    readonly heldLocks: readonly string[];
    readonly pageCount: number;
    readonly waiting: boolean;
  },
): Promise<void> {
  const prefix = versionLockOf(scope, '');
  const versions = open.heldLocks.flatMap((name) =>
    name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
  );
  if (open.waiting || versions.length < open.pageCount) return;
  const used = new Set(files.map((file) => keyOf(file, scope)));
  used.add(wantedKey(scope));
  for (const version of new Set([versionOf(files), ...versions])) {
    const key = recordKey(scope, version);
    used.add(key);
    for (const file of readKeys(await readRecord(cache, key))) used.add(file);
  }
  for (const { url } of await cache.keys()) {
    if (!used.has(url)) await cache.delete(url);
  }
}

/** Whether any file is kept, whichever version it belongs to. */
export async function keepsFiles(cache: FileCache, scope: string): Promise<boolean> {
  const records = new URL(recordsFolder, scope).href;
  return (await cache.keys()).some(({ url }) => !url.startsWith(records));
}

function versionOf(files: readonly BuiltFile[]): string {
  return pageOf(files).revision ?? '';
}

function recordKey(scope: string, version: string): string {
  return new URL(`${recordsFolder}version-${encodeURIComponent(version)}`, scope).href;
}

function wantedKey(scope: string): string {
  return new URL(`${recordsFolder}wanted`, scope).href;
}

async function readRecord(cache: FileCache, key: string): Promise<unknown> {
  const kept = await cache.match(key);
  // A record that is damaged is none.
  return kept?.json().catch(() => null) ?? null;
}

function readKeys(record: unknown): readonly string[] {
  return Array.isArray(record) ? record.filter((key) => typeof key === 'string') : [];
}
