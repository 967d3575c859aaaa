import { useStore } from 'zustand';
import { type CollectionsState, collectionsStore } from '../../app/collections-store.ts';
import { useLanguage } from '../language.ts';
import { type CollectionsDictionary, collectionsEn } from './collections-en.ts';
import { collectionsZh } from './collections-zh.ts';

/** One slice of the view's state; the component draws again when that slice changes. */
export function useCollections<Slice>(select: (state: CollectionsState) => Slice): Slice {
  return useStore(collectionsStore, select);
}

/** Words of the Collections view in the page's language. */
export function useCollectionWords(): CollectionsDictionary {
  return useLanguage().tag === 'zh' ? collectionsZh : collectionsEn;
}
