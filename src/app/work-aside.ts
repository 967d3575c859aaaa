import { isAsideKey, reasonOf } from '../io/set-aside.ts';
import { asideJson, describeAside } from '../io/work-aside.ts';
import type { WorkDatabase } from '../io/work-database.ts';
import { localSettings } from './services.ts';
import type { AsideEntry } from './work-store.ts';

/** Where this page remembers which of them it has told of. */
const toldKey = 'crossrank.told-aside';

const storages = { local: () => window.localStorage, tab: () => window.sessionStorage } as const;
type Place = keyof typeof storages;

/** A file of something that was set aside. */
export interface AsideFile {
  readonly name: string;
  readonly content: Blob;
}

/** All that was set aside, in the database (null: it cannot be read) and in the storages. */
export async function listAside(database: WorkDatabase | null): Promise<readonly AsideEntry[]> {
  const told = readTold();
  const records = (await database?.aside().catch(() => null)) ?? [];
  const works = records.map(([number, record]): AsideEntry => {
    const id = `work:${number}`;
    const bytes = new Blob([asideJson(record)]).size;
    return { id, kind: 'work', ...describeAside(record), bytes, isNew: !told.has(id) };
  });
  const values = (['local', 'tab'] as const).flatMap((place) =>
    valuesIn(place).map(([key, value]): AsideEntry => {
      const id = `${place}:${key}`;
      const bytes = new Blob([value]).size;
      const common = { id, kind: kindOf(key), reason: reasonOf(value), bytes };
      return { ...common, setAsideAt: null, isNew: !told.has(id) };
    }),
  );
  return [...works, ...values];
}

/** The file of one of them, with all that was there; null when it is gone. */
export async function asideFile(database: WorkDatabase, id: string): Promise<AsideFile | null> {
  const { place, key } = partsOf(id);
  if (place !== null) {
    const value = valuesIn(place).find(([name]) => name === key)?.[1];
    return value === undefined ? null : fileOf(key, value);
  }
  const record = (await database.aside()).find(([number]) => String(number) === key)?.[1];
  return record === undefined ? null : fileOf(`crossrank.work.${key}`, asideJson(record));
}

/** Deletes one of them for good. */
export async function removeAside(database: WorkDatabase, id: string): Promise<void> {
  const { place, key } = partsOf(id);
  if (place === null) await database.removeAside(Number(key));
  else if (isAsideKey(key)) storages[place]().removeItem(key);
}

/** Remembers that the user was told of these. */
export function rememberTold(ids: readonly string[]): void {
  try {
    const all = [...new Set([...readTold(), ...ids])].slice(-mostTold);
    localSettings.setItem(toldKey, JSON.stringify(all));
  } catch {
    // Then it is told again with the next visit.
  }
}

const mostTold = 200;

function readTold(): ReadonlySet<string> {
  try {
    const told: unknown = JSON.parse(localSettings.getItem(toldKey) ?? '[]');
    return new Set(Array.isArray(told) ? told.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}

function valuesIn(place: Place): readonly (readonly [key: string, value: string])[] {
  try {
    const storage = storages[place]();
    const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '');
    return keys.filter(isAsideKey).map((key) => [key, storage.getItem(key) ?? '']);
  } catch {
    return [];
  }
}

function kindOf(key: string): AsideEntry['kind'] {
  if (key.startsWith('crossrank.settings.')) return 'settings';
  return key.startsWith('crossrank.draft.') ? 'draft' : 'other';
}

function partsOf(id: string): { place: Place | null; key: string } {
  const at = id.indexOf(':');
  const place = id.slice(0, at);
  const key = id.slice(at + 1);
  return { place: place === 'local' || place === 'tab' ? place : null, key };
}

function fileOf(name: string, text: string): AsideFile {
  return { name: `${name}.json`, content: new Blob([text], { type: 'application/json' }) };
}
