import { changeKeptSettings, type Settings } from '../io/settings-storage.ts';
import { localSettings } from './services.ts';
import { store } from './store.ts';

/** Changes settings and keeps them on this machine; what other tabs have changed stays. */
export function changeSettings(change: Partial<Omit<Settings, 'version'>>): void {
  const { settings } = store.getState();
  store.setState({ settings: { ...settings, ...change } });
  changeKeptSettings(localSettings, change, settings);
}
