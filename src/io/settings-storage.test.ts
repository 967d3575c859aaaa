import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Draft, KeyValueStorage, Settings } from './settings-storage.ts';
import {
  changeKeptSettings,
  defaultSettings,
  draftLimit,
  peekSettings,
  readDraft,
  readSettings,
  writeDraft,
} from './settings-storage.ts';

/** Behaves like localStorage; `quota` counts the units of keys and values together. */
class FakeStorage implements KeyValueStorage {
  readonly entries: Map<string, string>;
  quota = Number.POSITIVE_INFINITY;

  constructor(entries: Record<string, string> = {}) {
    this.entries = new Map(Object.entries(entries));
  }

  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    const after = new Map(this.entries).set(key, value);
    let size = 0;
    for (const [name, kept] of after) size += name.length + kept.length;
    if (size > this.quota) throw new Error('QuotaExceededError');
    this.entries.set(key, value);
  }

  removeItem(key: string): void {
    this.entries.delete(key);
  }
}

/** What a browser does whose user blocks storage. */
const blockedStorage: KeyValueStorage = {
  getItem: refuse,
  setItem: refuse,
  removeItem: refuse,
};

function refuse(): never {
  throw new Error('SecurityError');
}

const darkChinese: Settings = {
  version: 1,
  language: 'zh',
  theme: 'dark',
  device: 'wasm',
  model: 'onnx-community/bge-reranker-v2-m3-ONNX',
  modelRevision: 'a1b2c3',
  modelDevice: 'wasm',
  dtype: 'int8',
  host: 'https://hf-mirror.com',
  longDocuments: 'truncate',
  maxLength: 1024,
  cascadeModel: 'crossrank-tiny-en-zh',
  cascadeDepth: 50,
};
const newerSettings = JSON.stringify({ ...darkChinese, version: 2, contrast: 'high' });
const unreadableValues = [
  '',
  '{',
  'null',
  '[]',
  '"dark"',
  '{}',
  JSON.stringify({ ...darkChinese, version: 0 }),
  JSON.stringify({ ...darkChinese, version: '2' }),
  JSON.stringify({ ...darkChinese, version: 1.5 }),
  JSON.stringify({ ...darkChinese, language: '<script>' }),
  JSON.stringify({ version: 1, language: 'zh', theme: 'dark' }),
  JSON.stringify({ ...darkChinese, longDocuments: 'best' }),
  JSON.stringify({ ...darkChinese, maxLength: 1.5 }),
  JSON.stringify({ ...darkChinese, cascadeDepth: 0 }),
];

describe('settings', () => {
  it('are the default on a first visit, without a problem', () => {
    expect(readSettings(new FakeStorage())).toEqual({ settings: defaultSettings });
  });

  it('come back as they were written', () => {
    const storage = new FakeStorage();
    expect(changeKeptSettings(storage, darkChinese)).toBe(true);
    expect(readSettings(storage)).toEqual({ settings: darkChinese });
    expect(changeKeptSettings(storage, defaultSettings)).toBe(true);
    expect(readSettings(storage)).toEqual({ settings: defaultSettings });
    expect([...storage.entries.keys()]).toEqual(['crossrank.settings']);
  });

  it('of a release that knew no models are read, with the defaults for the rest', () => {
    const older = JSON.stringify({ version: 1, language: 'zh', theme: 'dark', device: 'wasm' });
    expect(readSettings(new FakeStorage({ 'crossrank.settings': older }))).toEqual({
      settings: { ...defaultSettings, language: 'zh', theme: 'dark', device: 'wasm' },
    });
  });

  it('of a release that knew no cascades are read as they were, without one', () => {
    const { cascadeModel: _, cascadeDepth: __, ...older } = darkChinese;
    const storage = new FakeStorage({ 'crossrank.settings': JSON.stringify(older) });
    expect(readSettings(storage)).toEqual({
      settings: { ...older, cascadeModel: null, cascadeDepth: 20 },
    });
  });

  it.each(unreadableValues)('sets the unreadable value %j aside and reports it once', (value) => {
    const storage = new FakeStorage({ 'crossrank.settings': value });
    expect(readSettings(storage)).toEqual({ settings: defaultSettings, problem: 'unreadable' });
    expect([...storage.entries]).toEqual([['crossrank.settings.unreadable', value]]);
    expect(readSettings(storage)).toEqual({ settings: defaultSettings });
  });

  it('of a newer version are set aside and named so', () => {
    const storage = new FakeStorage({ 'crossrank.settings': newerSettings });
    expect(readSettings(storage)).toEqual({ settings: defaultSettings, problem: 'newer-version' });
    expect([...storage.entries]).toEqual([['crossrank.settings.unreadable', newerSettings]]);
  });

  it('set aside never replace others set aside before', () => {
    const storage = new FakeStorage();
    for (const value of ['first', 'second', 'first', 'third']) {
      storage.setItem('crossrank.settings', value);
      readSettings(storage);
    }
    expect([...storage.entries]).toEqual([
      ['crossrank.settings.unreadable', 'first'],
      ['crossrank.settings.unreadable.2', 'second'],
      ['crossrank.settings.unreadable.3', 'third'],
    ]);
  });

  it('stay where they are when there is no room to set them aside', () => {
    const storage = new FakeStorage({ 'crossrank.settings': newerSettings });
    storage.quota = newerSettings.length + 30;
    expect(readSettings(storage).problem).toBe('newer-version');
    expect(changeKeptSettings(storage, darkChinese)).toBe(false);
    expect([...storage.entries]).toEqual([['crossrank.settings', newerSettings]]);
  });

  it('are not written over those of a newer tab before these are set aside', () => {
    const storage = new FakeStorage({ 'crossrank.settings': newerSettings });
    expect(changeKeptSettings(storage, darkChinese)).toBe(true);
    expect(readSettings(storage)).toEqual({ settings: darkChinese });
    expect(storage.getItem('crossrank.settings.unreadable')).toBe(newerSettings);
  });

  it('are the default, and said to be refused, when storage is blocked', () => {
    expect(readSettings(blockedStorage)).toEqual({ settings: defaultSettings, problem: 'refused' });
    expect(changeKeptSettings(blockedStorage, darkChinese)).toBe(false);
  });

  it('changed in another tab meanwhile stay, and so does what this release does not know', () => {
    const storage = new FakeStorage();
    const tab = readSettings(storage).settings;
    const other = { ...tab, theme: 'dark', model: 'a/b', contrast: 'high' };
    storage.setItem('crossrank.settings', JSON.stringify(other));
    changeKeptSettings(storage, { language: 'zh' }, tab);
    const kept: unknown = JSON.parse(storage.getItem('crossrank.settings') ?? '');
    expect(kept).toEqual({ ...other, language: 'zh' });
  });

  it('that were damaged while the page is open become those of the page', () => {
    const storage = new FakeStorage({ 'crossrank.settings': '{' });
    changeKeptSettings(storage, { language: 'en' }, darkChinese);
    expect(peekSettings(storage)).toEqual({ ...darkChinese, language: 'en' });
  });

  it('that are the same already are not written', () => {
    const storage = new FakeStorage();
    changeKeptSettings(storage, darkChinese);
    storage.quota = 0;
    expect(changeKeptSettings(storage, { theme: darkChinese.theme })).toBe(true);
  });

  it('are looked at without being moved', () => {
    const storage = new FakeStorage({ 'crossrank.settings': newerSettings });
    expect(peekSettings(storage)).toBeNull();
    expect([...storage.entries]).toEqual([['crossrank.settings', newerSettings]]);
    expect(peekSettings(new FakeStorage())).toBeNull();
    expect(peekSettings(blockedStorage)).toBeNull();
  });

  it('that do not fit are reported, and the ones before stay', () => {
    const storage = new FakeStorage();
    changeKeptSettings(storage, defaultSettings);
    storage.quota = 0;
    expect(changeKeptSettings(storage, darkChinese)).toBe(false);
    expect(readSettings(storage)).toEqual({ settings: defaultSettings });
  });
});

describe('draft', () => {
  const draft: Draft = {
    version: 1,
    query: '公积金贷款',
    documents: 'a\n\nb 😀',
    layout: 'auto',
    changes: 7,
  };

  it('is absent at first, without a problem', () => {
    expect(readDraft(new FakeStorage())).toEqual({});
  });

  it('comes back unit by unit, whatever was typed', () => {
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800', '\udc00 lone', 'שלום\u202e', '<script>1</script>', '\r\n\u2028\0'),
    );
    const layouts = fc.constantFrom('auto', 'lines', 'blank-lines', 'json');
    fc.assert(
      fc.property(typed, typed, layouts, (query, documents, layout) => {
        const storage = new FakeStorage();
        const written: Draft = { version: 1, query, documents, layout, changes: 1 };
        expect(writeDraft(storage, written)).toBe('kept');
        expect(readDraft(storage)).toEqual({ draft: written });
      }),
    );
  });

  it('of a release that did not count changes has none', () => {
    const { changes: _, ...older } = draft;
    const storage = new FakeStorage({ 'crossrank.draft': JSON.stringify(older) });
    expect(readDraft(storage)).toEqual({ draft: { ...older, changes: 0 } });
  });

  it('is kept up to the limit, query and documents together', () => {
    const storage = new FakeStorage();
    const longest = { ...draft, query: '问', documents: 'x'.repeat(draftLimit - 1) };
    expect(writeDraft(storage, longest)).toBe('kept');
    expect(readDraft(storage)).toEqual({ draft: longest });
  });

  it('over the limit is not kept, and the one before stays', () => {
    const storage = new FakeStorage();
    writeDraft(storage, draft);
    const tooLong = { ...draft, documents: 'x'.repeat(draftLimit) };
    expect(writeDraft(storage, tooLong)).toBe('too-long');
    expect(readDraft(storage)).toEqual({ draft });
  });

  it.each([
    ['unreadable', 'not JSON'],
    ['unreadable', JSON.stringify({ ...draft, layout: 'table' })],
    ['newer-version', JSON.stringify({ ...draft, version: 3 })],
  ])('that is %s is set aside: %j', (problem, value) => {
    const storage = new FakeStorage({ 'crossrank.draft': value });
    expect(readDraft(storage)).toEqual({ problem });
    expect([...storage.entries]).toEqual([['crossrank.draft.unreadable', value]]);
  });

  it('is refused, not thrown about, when storage is blocked or full', () => {
    expect(readDraft(blockedStorage)).toEqual({ problem: 'refused' });
    expect(writeDraft(blockedStorage, draft)).toBe('refused');
    const full = new FakeStorage();
    full.quota = 10;
    expect(writeDraft(full, draft)).toBe('refused');
  });
});
