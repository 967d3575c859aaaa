import { type Settings, writeSettings } from '../io/settings-storage.ts';
import { localSettings } from './services.ts';
import { store } from './store.ts';

/** Changes settings and keeps them on this machine. */
export function changeSettings(change: Partial<Omit<Settings, 'version'>>): void {
  const settings = { ...store.getState().settings, ...change };
  store.setState({ settings });
  writeSettings(localSettings, settings);
}
