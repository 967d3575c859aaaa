import { relativeTime } from '../app/model-display.ts';
import { type Language, useLanguage } from './language.ts';
import { modelsWordsOf } from './use-models-words.ts';

/** Sizes and times of models, as the page's language writes them. */
export interface Measures {
  /** Decimal bytes: 1.14 GB, 571 MB, 8.9 MB, 713 kB. */
  readonly size: (bytes: number) => string;
  /** Signed or not, three decimals, as logits are compared: 0.012. */
  readonly fine: (value: number) => string;
  /** A moment that is past, against now: 3 hours ago. */
  readonly ago: (atMs: number) => string;
  /** How long something takes: 42 s, 3 min. */
  readonly duration: (ms: number) => string;
}

/** The measures of the page's language. */
export function useMeasures(): Measures {
  return measuresOf(useLanguage());
}

const known = new Map<string, Measures>();

/** The measures of one language; made once. */
export function measuresOf(language: Language): Measures {
  const made = known.get(language.tag) ?? createMeasures(language);
  known.set(language.tag, made);
  return made;
}

function createMeasures({ tag, count }: Language): Measures {
  const locale = tag === 'zh' ? 'zh-Hans' : 'en';
  const digits = [0, 1, 2].map(
    (most) => new Intl.NumberFormat(locale, { maximumFractionDigits: most }),
  );
  const number = (value: number, decimals: number): string =>
    digits[decimals]?.format(value) ?? String(value);
  const thousandths = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
    // No -0.000.
    signDisplay: 'negative',
  });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const { size, use } = modelsWordsOf(tag);
  return {
    size: (bytes) => {
      if (bytes >= 999.5e6) return size(number(bytes / 1e9, 2), 'GB');
      if (bytes >= 9.95e6) return size(number(bytes / 1e6, 0), 'MB');
      if (bytes >= 999.5e3) return size(number(bytes / 1e6, 1), 'MB');
      return size(number(bytes / 1e3, bytes < 1e3 ? 1 : 0), 'kB');
    },
    fine: (value) => thousandths.format(value),
    ago: (atMs) => {
      const { value, unit } = relativeTime(atMs, Date.now());
      return relative.format(value, unit);
    },
    duration: (ms) =>
      ms < 90_000
        ? use.seconds(count(Math.ceil(ms / 1000)))
        : use.minutes(count(Math.round(ms / 60_000))),
  };
}
