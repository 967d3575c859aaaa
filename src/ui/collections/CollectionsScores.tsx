import { useEffect, useState } from 'react';
import { forgetScores, knownScores } from '../../app/known-scores.ts';
import { useLanguage } from '../language.ts';
import { useMeasures } from '../models-measures.ts';
import { useCollectionWords } from './use-collections.ts';

type Known = Awaited<ReturnType<typeof knownScores>>;

/** What is remembered besides the collections, and the way to be rid of it. */
export function CollectionsScores() {
  const { scores: words } = useCollectionWords();
  const { count } = useLanguage();
  const { size } = useMeasures();
  const [known, setKnown] = useState<Known>(null);
  useEffect(() => {
    knownScores().then(setKnown);
  }, []);
  if (known === null || known.scores === 0) return null;
  return (
    <p className="models-note">
      {words.known(count(known.scores), known.scores !== 1, size(known.bytes))}{' '}
      <button type="button" className="link" onClick={() => forgetScores().then(setKnown)}>
        {words.forget}
      </button>
    </p>
  );
}
