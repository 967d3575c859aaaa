import { createContext, use } from 'react';
import { type Dictionary, en } from './en.ts';
import { zh } from './zh.ts';

/** Words and number formats of the language that the page speaks. */
export interface Language {
  readonly tag: 'en' | 'zh';
  readonly words: Dictionary;
  /** Whole numbers with separators: 1,204. */
  readonly count: (value: number) => string;
  /** Two decimals, as scores are shown: 0.91. */
  readonly decimal: (value: number) => string;
  /** One decimal below ten, none from there: 4.2, 53. */
  readonly rough: (value: number) => string;
  /** 0..1 as a percentage: 2.1 %. */
  readonly percent: (value: number) => string;
}

const languages: Record<'en' | 'zh', Language> = {
  en: createLanguage('en', en),
  zh: createLanguage('zh', zh),
};

/** The language of everything below; set once by the app. */
export const LanguageContext = createContext<Language>(languages.en);

export function useLanguage(): Language {
  return use(LanguageContext);
}

export function languageFor(tag: 'en' | 'zh'): Language {
  return languages[tag];
}

function createLanguage(tag: 'en' | 'zh', words: Dictionary): Language {
  const locale = tag === 'zh' ? 'zh-Hans' : 'en';
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const scores = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  return {
    tag,
    words,
    count: (value) => whole.format(value),
    decimal: (value) => scores.format(value),
    rough: (value) => (value < 10 ? tenths : whole).format(value),
    percent: (value) => percents.format(value),
  };
}
