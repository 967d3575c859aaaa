import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { RankingRow } from '../app/ranking-view.ts';
import { useLanguage } from './language.ts';
import { MarkedText } from './MarkedText.tsx';

/** Characters of a document shown before it is opened, and at most after. */
const excerptCharacters = 480;
const openedCharacters = 20_000;

interface Props {
  readonly row: Pick<RankingRow, 'text' | 'passage'>;
  readonly query: string;
  /** Goes before the text. */
  readonly children: ReactNode;
}

/**
 * A document of the ranking: an excerpt, which opens to the whole. Of one that was scored in
 * passages the excerpt is the passage that decided, and the whole has it marked.
 */
export function DocumentText({ row, query, children }: Props) {
  const { text, passage } = row;
  const { words, count } = useLanguage();
  const [open, setOpen] = useState(false);
  const decided = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (open) decided.current?.scrollIntoView({ block: 'nearest' });
  }, [open]);

  const { start, end } = passage ?? { start: 0, end: text.length };
  const [from, to] = open
    ? windowAround(text.length, start, end)
    : [start, Math.min(end, start + excerptCharacters)];
  const closedLength = Math.min(end - start, excerptCharacters);
  const hidden = text.length - (to - from);
  return (
    <p className="document" dir="auto">
      {children}
      {from > 0 && <span className="muted">… </span>}
      {open && passage !== null ? (
        <>
          <MarkedText text={text.slice(from, start)} query={query} />
          <span ref={decided} className="deciding-passage" title={words.passages.decided}>
            <MarkedText text={text.slice(start, end)} query={query} />
          </span>
          <MarkedText text={text.slice(end, to)} query={query} />
        </>
      ) : (
        <MarkedText text={text.slice(from, to)} query={query} />
      )}
      {to < text.length && '… '}
      {open && hidden > 0 && (
        <span className="muted">{words.result.cutForDisplay(count(hidden))} </span>
      )}
      {text.length > closedLength && (
        <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? words.result.showLess : words.result.showAll}
        </button>
      )}
    </p>
  );
}

/** The part of a very long text that is drawn: the passage and what is around it. */
function windowAround(length: number, start: number, end: number): readonly [number, number] {
  if (length <= openedCharacters) return [0, length];
  if (start === 0 && end === length) return [0, openedCharacters];
  const around = Math.max(0, Math.floor((openedCharacters - (end - start)) / 2));
  const from = Math.max(0, start - around);
  return [from, Math.min(length, Math.max(end, from + openedCharacters))];
}
