import { useLanguage } from './language.ts';
import { useWorkWords } from './use-work-words.ts';

/** Writes a moment: today and yesterday by name, other days by their date. */
export function useWhen(): (atMs: number) => string {
  const words = useWorkWords();
  const locale = useLanguage().tag === 'zh' ? 'zh-Hans' : 'en';
  return (atMs) => {
    const at = new Date(atMs);
    const today = new Date();
    const midnight = (date: Date): number => new Date(date).setHours(0, 0, 0, 0);
    // Days of 23 or 25 hours are days.
    const days = Math.round((midnight(at) - midnight(today)) / 86_400_000);
    const day =
      days === 0 || days === -1
        ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day')
        : new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(at);
    const time = new Intl.DateTimeFormat(locale, {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    return words.when(day, time.format(at));
  };
}
