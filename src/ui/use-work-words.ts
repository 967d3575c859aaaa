import { useLanguage } from './language.ts';
import { type WorkDictionary, workEn } from './work-en.ts';
import { workZh } from './work-zh.ts';

/** The words about kept work, in the language of the page. */
export function useWorkWords(): WorkDictionary {
  return useLanguage().tag === 'zh' ? workZh : workEn;
}
