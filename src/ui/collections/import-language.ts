import { useStore } from 'zustand';
import { type ImportState, importStore } from '../../app/import-store.ts';
import { useLanguage } from '../language.ts';
import { useMeasures } from '../models-measures.ts';
import { useModelsWords } from '../use-models-words.ts';
import { type ImportWords, importEn } from './import-en.ts';
import { importZh } from './import-zh.ts';

const dictionaries = { en: importEn, zh: importZh } as const;

/** One slice of the import's state; the component draws again when that slice changes. */
export function useImport<Slice>(select: (state: ImportState) => Slice): Slice {
  return useStore(importStore, select);
}

/** Sizes of files: in bytes where that says more. */
export function useFileSize(): (bytes: number) => string {
  const { count } = useLanguage();
  const modelsWords = useModelsWords();
  const { size } = useMeasures();
  return (bytes) => (bytes < 1_000 ? modelsWords.size(count(bytes), 'B') : size(bytes));
}

/** Words of the import in the page's language. */
export function useImportWords(): ImportWords {
  return dictionaries[useLanguage().tag];
}
