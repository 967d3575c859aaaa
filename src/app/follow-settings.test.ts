import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { defaultSettings, settingsKey } from '../io/settings-storage.ts';
import { changeSettings } from './change-settings.ts';
import { followSettings } from './follow-settings.ts';
import { store } from './store.ts';

const kept = new Map<string, string>();
let tellStorage: (event: { key: string }) => void = () => undefined;

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('window', {
    localStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    },
  });
  vi.stubGlobal('addEventListener', (_: string, listener: typeof tellStorage) => {
    tellStorage = listener;
  });
  store.setState({ settings: defaultSettings, opened: null });
  followSettings();
});

afterEach(() => vi.unstubAllGlobals());

function keptSettings(): unknown {
  return JSON.parse(kept.get(settingsKey) ?? 'null');
}

/** Another tab writes what it has read before this tab wrote. */
function writeElsewhere(change: object): void {
  kept.set(settingsKey, JSON.stringify({ ...defaultSettings, ...change }));
  tellStorage({ key: settingsKey });
}

it('a change of this tab is not lost to one that another tab makes in the same moment', () => {
  changeSettings({ maxLength: 256 });
  writeElsewhere({ theme: 'dark' });
  expect(keptSettings()).toMatchObject({ maxLength: 256, theme: 'dark' });
  expect(store.getState().settings).toMatchObject({ maxLength: 256, theme: 'dark' });
});

it('what a link has brought is not kept for it', () => {
  const settings = { ...defaultSettings, maxLength: 64 };
  store.setState({ settings, opened: { otherModel: null, otherCascade: false } });
  writeElsewhere({ theme: 'dark' });
  expect(keptSettings()).toMatchObject({ maxLength: defaultSettings.maxLength, theme: 'dark' });
});
