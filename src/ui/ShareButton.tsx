import { useState } from 'react';
import { failureOf } from '../app/model-phase.ts';
import { useLanguage } from './language.ts';

/** Copies a link that carries query, documents and settings, and says whether that worked. */
export function ShareButton() {
  const { words, count } = useLanguage();
  const [said, setSaid] = useState<string | null>(null);
  const { share } = words;

  const copy = async (): Promise<void> => {
    try {
      const { makeShareLink } = await import('../app/share-actions.ts');
      const link = await makeShareLink();
      if (link === null) setSaid(share.unreadable);
      else if (!link.ok) setSaid(share.tooLong(count(link.length), count(link.limit)));
      else {
        await navigator.clipboard.writeText(link.url);
        setSaid(share.copied(count(link.url.length)));
      }
    } catch (error) {
      const { code } = failureOf(error);
      setSaid(code === 'too-large' ? share.tooMany : share.failed);
    }
  };

  return (
    <>
      <button type="button" className="button button-quiet" title={share.hint} onClick={copy}>
        {share.button}
      </button>
      <p className="share-outcome" aria-live="polite">
        {said}
      </p>
    </>
  );
}
