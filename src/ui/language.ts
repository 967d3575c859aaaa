import { createContext, use, useEffect, useState } from 'react';
import { type Dictionary, en } from './en.ts';

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

const english = createLanguage('en', en);

/** Fetched when it is spoken: most visits need one dictionary. */
let chinese: Language | null = null;

/** The language of everything below; set once by the app. */
export const LanguageContext = createContext<Language>(english);

export function useLanguage(): Language {
  return use(LanguageContext);
}

/** The words of a language; fetched the first time. */
export async function loadLanguage(tag: 'en' | 'zh'): Promise<Language> {
  if (tag === 'en') return english;
  if (chinese === null) {
    const { zh } = await import('./zh.ts');
    chinese = createLanguage('zh', zh);
  }
  return chinese;
}

/** The language that is wanted, as soon as it is here; until then the one before. */
export function useLoadedLanguage(tag: 'en' | 'zh'): Language {
  const [language, setLanguage] = useState((tag === 'zh' ? chinese : null) ?? english);
  useEffect(() => {
    let wanted = true;
    loadLanguage(tag).then(
      (loaded) => {
        if (wanted) setLanguage(loaded);
      },
      // The page goes on in the language that it has.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [tag]);
  return language;
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
