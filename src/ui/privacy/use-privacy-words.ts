import { useLanguage } from '../language.ts';
import { type PrivacyDictionary, privacyEn } from './privacy-en.ts';
import { privacyZh } from './privacy-zh.ts';

/** Words about what left this machine, in the page's language. */
export function usePrivacyWords(): PrivacyDictionary {
  return useLanguage().tag === 'zh' ? privacyZh : privacyEn;
}
