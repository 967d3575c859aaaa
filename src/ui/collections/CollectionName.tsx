import { useEffect, useRef, useState } from 'react';
import { useCollectionWords } from './use-collections.ts';

/** Names are shown in one line: longer ones are cut by whoever shows them. */
const longestName = 200;

interface Props {
  readonly name: string;
  /** What was typed; null when it was given up. */
  readonly onDone: (typed: string | null) => void;
}

/** A name that is being changed in its place: Enter or leaving it takes it, Escape gives it up. */
export function CollectionName({ name, onDone }: Props) {
  const { list } = useCollectionWords();
  const [typed, setTyped] = useState(name);
  const input = useRef<HTMLInputElement>(null);
  const ended = useRef(false);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  // Once: the field also loses focus when it goes away.
  const end = (result: string | null): void => {
    if (ended.current) return;
    ended.current = true;
    onDone(result);
  };
  return (
    <input
      ref={input}
      className="box collections-rename"
      value={typed}
      maxLength={longestName}
      aria-label={list.nameOf(name)}
      dir="auto"
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => end(typed)}
      onKeyDown={(event) => {
        // Enter also ends what an input method is composing.
        if (event.nativeEvent.isComposing) return;
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        // Else Enter would press the button that focus goes back to.
        event.preventDefault();
        // Not meant for a run that goes on elsewhere.
        event.stopPropagation();
        end(event.key === 'Enter' ? typed : null);
      }}
    />
  );
}
