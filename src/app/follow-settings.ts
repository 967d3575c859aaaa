import {
  changeKeptSettings,
  peekSettings,
  type Settings,
  settingsKey,
} from '../io/settings-storage.ts';
import { localSettings } from './services.ts';
import { store } from './store.ts';

/**
 * How long a change of this tab is looked after: two tabs that write in the same moment may each
 * have read the settings before the other wrote.
 */
const guardMs = 1000;

interface OwnChange {
  readonly from: unknown;
  readonly to: unknown;
  readonly atMs: number;
}

/**
 * Takes over the language and the theme that another tab chooses, and nothing that this tab works
 * with; and sees to it that a change of this tab is not lost to another's. Called once.
 */
export function followSettings(): void {
  /** What this tab has changed lately, by field. */
  const own = new Map<string, OwnChange>();
  let isFollowing = false;

  store.subscribe(({ settings, opened }, before) => {
    if (settings === before.settings || isFollowing) return;
    // What a link brings holds until the page is left, and is not written.
    if (opened !== null && opened !== before.opened) return;
    const previous = new Map<string, unknown>(Object.entries(before.settings));
    for (const [field, to] of Object.entries(settings)) {
      const from = previous.get(field);
      if (from !== to) own.set(field, { from, to, atMs: performance.now() });
    }
  });

  addEventListener('storage', ({ key }) => {
    if (key !== settingsKey) return;
    const kept = peekSettings(localSettings);
    if (kept === null) return;
    const lost = lostChanges(kept, own, performance.now());
    changeKeptSettings(localSettings, lost, kept);
    const { settings } = store.getState();
    const { language, theme } = { ...kept, ...lost };
    if (language === settings.language && theme === settings.theme) return;
    isFollowing = true;
    store.setState({ settings: { ...settings, language, theme } });
    isFollowing = false;
  });
}

/**
 * Which of this tab's late changes another tab has written over without having seen them: the
 * fields are back at what they were before. Forgets changes that are too old to tell.
 */
function lostChanges(
  kept: Settings,
  own: Map<string, OwnChange>,
  nowMs: number,
): Partial<Settings> {
  const keptFields = new Map<string, unknown>(Object.entries(kept));
  const lost = new Map<string, unknown>();
  for (const [field, { from, to, atMs }] of own) {
    if (nowMs - atMs > guardMs) own.delete(field);
    else if (keptFields.get(field) === from) lost.set(field, to);
  }
  // The names and values are those of settings that this tab had.
  return Object.fromEntries(lost) as Partial<Settings>;
}
