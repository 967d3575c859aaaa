import { useStore } from 'zustand';
import { type AppState, store } from '../app/store.ts';

/** One slice of the page's state; the component draws again when that slice changes. */
export function useApp<Slice>(select: (state: AppState) => Slice): Slice {
  return useStore(store, select);
}
