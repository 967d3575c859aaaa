import { useShallow } from 'zustand/react/shallow';
import { type PresenceState, presenceStateOf } from '../app/models-view.ts';
import { crossrank } from '../app/services.ts';
import { useApp } from './use-app.ts';

/** What is on this machine and in use; draws again when that changes, not with every byte. */
export function usePresence(): PresenceState {
  return useApp(
    useShallow(({ model, models }) =>
      // While another model is fetched the state tells of that; the library knows what works.
      presenceStateOf(model.phase === 'ready' ? model.model : crossrank.model, models),
    ),
  );
}
