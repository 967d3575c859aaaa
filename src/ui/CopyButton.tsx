import { useState } from 'react';
import { useLanguage } from './language.ts';

/** Copies a text that is made when the button is pressed, and says whether that worked. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const { words } = useLanguage();
  const [outcome, setOutcome] = useState<'none' | 'copied' | 'failed'>('none');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setOutcome('copied');
    } catch {
      setOutcome('failed');
    }
    setTimeout(() => setOutcome('none'), 2000);
  };
  const shown = { none: label, copied: words.result.copied, failed: words.result.copyFailed };
  return (
    <button type="button" className="button button-quiet" onClick={copy}>
      <span aria-live="polite">{shown[outcome]}</span>
    </button>
  );
}
