import { useEffect, useId, useRef, useState } from 'react';
import { useModelsWords } from './use-models-words.ts';

interface Props {
  /** What the first button says, and its name for readers where that is longer. */
  readonly label: string;
  readonly name: string;
  /** What is asked after the first press. */
  readonly question: string;
  readonly onConfirm: () => void;
}

/** A button that asks in its own place before it does what cannot be undone. */
export function ModelsTwoStep({ label, name, question, onConfirm }: Props) {
  const modelsWords = useModelsWords();
  // Whoever speaks to the page says the word that is shown, so the name has to hold it.
  const { yes } = modelsWords.kept;
  const [asking, setAsking] = useState(false);
  const questionId = useId();
  const first = useRef<HTMLButtonElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);

  // Focus follows the question, and goes back to where it was asked. It starts on the harmless
  // answer, so that a second press of Enter deletes nothing.
  useEffect(() => {
    if (asking) keep.current?.focus();
    else if (wasAsking.current) first.current?.focus();
    wasAsking.current = asking;
  }, [asking]);

  if (!asking) {
    return (
      <button
        ref={first}
        type="button"
        className="button button-quiet"
        aria-label={name}
        onClick={() => setAsking(true)}
      >
        {label}
      </button>
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape reaches it from its buttons.
    <span
      className="two-step"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // Not meant for a run that goes on elsewhere.
        event.stopPropagation();
        setAsking(false);
      }}
    >
      <span id={questionId}>{question}</span>
      <button
        type="button"
        className="button button-bad"
        aria-label={name.includes(yes) ? name : `${yes}: ${name}`}
        onClick={() => {
          wasAsking.current = false;
          setAsking(false);
          onConfirm();
        }}
      >
        {yes}
      </button>
      <button
        ref={keep}
        type="button"
        className="button"
        aria-describedby={questionId}
        onClick={() => setAsking(false)}
      >
        {modelsWords.kept.no}
      </button>
    </span>
  );
}
