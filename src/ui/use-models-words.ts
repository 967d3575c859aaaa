import { useLanguage } from './language.ts';
import { type ModelsDictionary, modelsEn } from './models-en.ts';
import { modelsZh } from './models-zh.ts';

/** Words of the Models view in one language. */
export function modelsWordsOf(tag: 'en' | 'zh'): ModelsDictionary {
  return tag === 'zh' ? modelsZh : modelsEn;
}

/** Words of the Models view, in the page's language. */
export function useModelsWords(): ModelsDictionary {
  return modelsWordsOf(useLanguage().tag);
}
