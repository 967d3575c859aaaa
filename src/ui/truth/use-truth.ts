import { useLanguage } from '../language.ts';
import { type TruthDictionary, truthEn } from './truth-en.ts';
import { truthZh } from './truth-zh.ts';

/** Words of the panel about a run, in the page's language. */
export function useTruthWords(): TruthDictionary {
  return useLanguage().tag === 'zh' ? truthZh : truthEn;
}
