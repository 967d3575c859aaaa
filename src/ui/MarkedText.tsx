import { type ReactNode, useMemo } from 'react';
import { findTermMatches } from '../core/term-matches.ts';

/** A text in which the words of the query are marked: the words that BM25 counts. */
export function MarkedText({ text, query }: { text: string; query: string }) {
  const parts = useMemo(() => markMatches(text, query), [text, query]);
  return <>{parts}</>;
}

function markMatches(text: string, query: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const { start, end } of findTermMatches(text, query)) {
    if (start > from) parts.push(text.slice(from, start));
    parts.push(<mark key={start}>{text.slice(start, end)}</mark>);
    from = end;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
