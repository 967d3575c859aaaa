import type { Result } from '../app/store.ts';
import { answersFirst, firstDocId } from '../app/trap-view.ts';
import { useLanguage } from './language.ts';

type Trap = NonNullable<Result['trap']>;

/** What a keyword trap teaches, and what the orders really made of it. */
export function TrapCaption({ trap, result }: { trap: Trap; result: Result }) {
  const { tag, words } = useLanguage();
  const { verdicts } = words.traps;
  const said: string[] = [];
  if (result.bm25Scores !== null) {
    const first = firstDocId(trap, result, 'bm25');
    if (first === trap.answerId) said.push(verdicts.bm25Right);
    else said.push(first === trap.trapId ? verdicts.trapFooledBm25 : verdicts.bm25Wrong);
  }
  if (result.done === result.documents.length) {
    const first = firstDocId(trap, result, 'cross-encoder');
    if (first === trap.answerId) said.push(verdicts.modelRight);
    else said.push(first === trap.trapId ? verdicts.modelTrapped : verdicts.modelWrong);
    if (result.bm25Scores !== null) {
      said.push(answersFirst(trap, result, 'both') ? verdicts.bothRight : verdicts.bothWrong);
    }
  }
  return (
    <p className="trap-caption">
      <strong>{words.traps.favours[trap.favours]}.</strong> {trap.explanation[tag]}{' '}
      <span className="trap-verdict">{said.join(' ')}</span>
    </p>
  );
}

/** Marks the document that answers and the one that only looks as if it did. */
export function TrapRole({ trap, index }: { trap: Result['trap']; index: number }) {
  const { words } = useLanguage();
  const docId = trap?.documents[index]?.docId;
  if (trap === null || (docId !== trap.answerId && docId !== trap.trapId)) return null;
  if (docId === trap.answerId) {
    return <span className="role role-answer">{words.traps.answer}</span>;
  }
  const word = trap.favours === 'meaning' ? words.traps.trap : words.traps.decoy;
  return <span className="role role-trap">{word}</span>;
}
