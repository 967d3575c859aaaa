import { useEffect, useId, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { forgetToken, giveToken, originOf, tokensStore } from '../app/token-actions.ts';
import { useLanguage } from './language.ts';
import { tokensEn } from './tokens-en.ts';
import { tokensZh } from './tokens-zh.ts';
import { useApp } from './use-app.ts';
import './styles/models-token.css';

/** The access token of the host that models are fetched from: given, kept if asked for, forgotten. */
export function ModelsToken() {
  const host = useApp((state) => state.settings.host);
  const origin = originOf(host);
  // What is typed belongs to one host: another one begins with an empty box.
  return origin === null ? null : <TokenOfHost key={origin} origin={origin} />;
}

function TokenOfHost({ origin }: { origin: string }) {
  const words = useLanguage().tag === 'zh' ? tokensZh : tokensEn;
  const place = useStore(tokensStore, ({ places }) => places[origin] ?? null);
  const [open, setOpen] = useState(false);
  const [outcome, setOutcome] = useState<ReturnType<typeof giveToken>>('given');
  const { host } = new URL(origin);
  const forget = useRef<HTMLButtonElement>(null);
  const add = useRef<HTMLButtonElement>(null);
  const hasChanged = useRef(false);
  // The button that was pressed is gone: focus goes to the one in its place.
  useEffect(() => {
    if (!hasChanged.current) return;
    hasChanged.current = false;
    (place === null ? add : forget).current?.focus();
  }, [place]);
  return (
    <div className="models-token">
      {place !== null && (
        <p className="models-token-line models-note">
          <span>{words.places[place](host)}</span>
          <button
            type="button"
            ref={forget}
            className="link"
            onClick={() => {
              hasChanged.current = true;
              forgetToken(origin);
              setOutcome('given');
            }}
          >
            {words.forget}
          </button>
        </p>
      )}
      {place === null && !open && (
        <button ref={add} type="button" className="link models-note" onClick={() => setOpen(true)}>
          {words.add}
        </button>
      )}
      {place === null && open && (
        <TokenForm
          host={host}
          onGive={(typed, keep) => {
            hasChanged.current = true;
            const given = giveToken(origin, typed, keep);
            setOutcome(given);
            if (given === 'refused') hasChanged.current = false;
            else setOpen(false);
          }}
        />
      )}
      <p className="models-note models-bad" role="status">
        {outcome === 'refused' && words.refused}
        {outcome === 'not-kept' && words.notKept}
      </p>
    </div>
  );
}

interface FormProps {
  readonly host: string;
  readonly onGive: (typed: string, keep: boolean) => void;
}

function TokenForm({ host, onGive }: FormProps) {
  const words = useLanguage().tag === 'zh' ? tokensZh : tokensEn;
  const id = useId();
  // Nowhere but here until it is given, and gone from here then.
  const [typed, setTyped] = useState('');
  const [shown, setShown] = useState(false);
  const [keep, setKeep] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  // It comes with a press on the button that is gone now.
  useEffect(() => box.current?.focus(), []);
  return (
    <form
      className="models-token-form"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== '') onGive(typed, keep);
      }}
    >
      <label className="models-note" htmlFor={`${id}-token`}>
        {words.labelOf(host)}
      </label>
      <div className="models-look-up">
        <input
          ref={box}
          id={`${id}-token`}
          type={shown ? 'text' : 'password'}
          className="box mono"
          aria-describedby={`${id}-hint`}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="button" className="button button-quiet" onClick={() => setShown(!shown)}>
          {shown ? words.hide : words.show}
        </button>
        <button type="submit" className="button" disabled={typed.trim() === ''}>
          {words.use}
        </button>
      </div>
      <label className="toggle models-token-keep">
        <input
          type="checkbox"
          checked={keep}
          aria-describedby={`${id}-keep`}
          onChange={(event) => setKeep(event.target.checked)}
        />
        <span>{words.keep}</span>
      </label>
      <p id={`${id}-keep`} className="models-note">
        {words.keepHint}
      </p>
      <p id={`${id}-hint`} className="models-note">
        {words.hint(host)}
      </p>
    </form>
  );
}
