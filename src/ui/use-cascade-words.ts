import { type CascadeDictionary, cascadeEn } from './cascade-en.ts';
import { cascadeZh } from './cascade-zh.ts';
import { useLanguage } from './language.ts';

/** Words of runs with two models, in the page's language. */
export function useCascadeWords(): CascadeDictionary {
  return useLanguage().tag === 'zh' ? cascadeZh : cascadeEn;
}
