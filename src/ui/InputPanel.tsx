import { type KeyboardEvent, lazy, Suspense, useEffect, useMemo, useRef } from 'react';
import { importHintOf, pastedDocuments } from '../app/input-view.ts';
import { nameOfModel } from '../app/model-display.ts';
import {
  cancelRerank,
  clearInput,
  editInput,
  openTrap,
  rerank,
  restoreInput,
} from '../app/rerank-actions.ts';
import { addressOf } from '../app/settings-actions.ts';
import { loadTraps } from '../app/trap-actions.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { LongDocuments } from './LongDocuments.tsx';
import { type Language, useLanguage } from './language.ts';
import { Segments } from './Segments.tsx';
import { ShareButton } from './ShareButton.tsx';
import { useApp } from './use-app.ts';

const layouts = ['auto', 'lines', 'blank-lines', 'json'] as const;

/** Apple's keyboards have a ⌘ key; both keys work everywhere. */
const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function InputPanel() {
  const { words } = useLanguage();
  const query = useApp((state) => state.query);
  const documentsText = useApp((state) => state.documentsText);
  const layout = useApp((state) => state.layout);
  const scoring = useApp((state) => state.run.phase === 'scoring');
  const failure = useApp((state) => state.inputFailure);
  const replaced = useApp((state) => state.replaced);
  const submit = useRef<HTMLButtonElement>(null);
  const cancelHadFocus = useRef(false);
  const empty = query === '' && documentsText === '';

  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter that ends the choice of a Chinese character is not meant for us.
    if (event.nativeEvent.isComposing || event.repeat) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      rerank();
    }
  };

  // The button "Cancel" goes with the run: whoever was on it goes on from "Rerank".
  useEffect(() => {
    if (scoring || !cancelHadFocus.current) return;
    cancelHadFocus.current = false;
    submit.current?.focus();
  }, [scoring]);

  return (
    <form
      className="input-panel"
      aria-label={words.input.heading}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        rerank();
      }}
    >
      <TrapPicker />
      <label className="field">
        <span className="field-label">{words.input.query}</span>
        <textarea
          className="box query-box"
          rows={2}
          value={query}
          placeholder={words.input.queryPlaceholder}
          spellCheck={false}
          onChange={(event) => editInput({ query: event.target.value })}
        />
      </label>
      <div className="field field-grow">
        <div className="field-head">
          <label className="field-label" htmlFor="documents">
            {words.input.documents}
          </label>
          <Segments
            label={words.input.layout}
            options={layouts}
            value={layout}
            wordOf={(option) => words.input.layouts[option]}
            hintOf={(option) => words.input.layoutHints[option]}
            onChoose={(option) => editInput({ layout: option })}
          />
        </div>
        <textarea
          id="documents"
          className="box documents-box"
          value={documentsText}
          placeholder={words.input.documentsPlaceholder}
          spellCheck={false}
          aria-describedby="documents-interpretation"
          onChange={(event) => editInput({ documentsText: event.target.value })}
        />
        <Interpretation />
        <ImportHint />
        <LongDocuments>
          <Cascade />
        </LongDocuments>
      </div>
      <div className="input-actions">
        <button
          ref={submit}
          type="submit"
          className="button button-main"
          title={words.input.shortcut}
        >
          {words.input.rerank}
          <span className="shortcut" aria-hidden="true">
            {isApple ? '⌘↵' : 'Ctrl ↵'}
          </span>
        </button>
        {scoring && (
          <button
            type="button"
            className="button"
            onFocus={() => {
              cancelHadFocus.current = true;
            }}
            onBlur={() => {
              cancelHadFocus.current = false;
            }}
            onClick={cancelRerank}
          >
            {words.input.cancel}
          </button>
        )}
        <span className="input-tools">
          {replaced !== null && (
            <button type="button" className="button button-quiet" onClick={restoreInput}>
              {words.input.restore}
            </button>
          )}
          {!empty && <ShareButton />}
          <button
            type="button"
            className="button button-quiet"
            disabled={empty}
            onClick={clearInput}
          >
            {words.input.clear}
          </button>
        </span>
      </div>
      <Opened />
      {failure !== null && <FailureNotice failure={failure} />}
    </form>
  );
}

/** Offers to import a text that is more than documents. */
function ImportHint() {
  const { words } = useLanguage();
  const text = useApp((state) => state.documentsText);
  const hint = useMemo(() => importHintOf(text), [text]);
  if (hint === null) return null;
  return (
    <p className="interpretation">
      {words.input.importHints[hint]}{' '}
      <button
        type="button"
        className="link"
        onClick={async () => {
          const { beginImportOfText } = await import('../app/import-actions.ts');
          location.hash = addressOf('collections');
          await beginImportOfText(text);
        }}
      >
        {words.input.importIt}
      </button>
    </p>
  );
}

/** Fetched where there is a second model to choose. */
const CascadeChoice = lazy(async () => ({
  default: (await import('./CascadeChoice.tsx')).CascadeChoice,
}));

/** Offers to have another model score everything first, once it is known that there is another. */
function Cascade() {
  const offered = useApp(
    ({ settings, models, cascadeGone }) =>
      settings.cascadeModel !== null || cascadeGone !== null || (models.kept ?? []).length > 0,
  );
  const settled = useApp(({ run, result }) => result !== null && run.phase !== 'scoring');
  useEffect(() => {
    if (!settled) return;
    // Not before the first ranking, which should not wait; without it there is nothing to choose.
    import('../app/cascade-models.ts').then(
      ({ lookForModels }) => lookForModels(),
      () => undefined,
    );
  }, [settled]);
  if (!offered) return null;
  return (
    <Suspense>
      <CascadeChoice />
    </Suspense>
  );
}

/** Says that the boxes hold what a link brought. */
function Opened() {
  const { words } = useLanguage();
  const opened = useApp((state) => state.opened);
  if (opened === null) return null;
  const { otherModel, otherCascade } = opened;
  return (
    <p className="notice">
      {words.share.opened} {otherModel !== null && words.share.otherModel(nameOfModel(otherModel))}
      {otherModel === null && otherCascade && words.share.otherCascade}
    </p>
  );
}

/** How many documents the text makes, and why; or what is wrong with it. */
function Interpretation() {
  const language = useLanguage();
  const { words, count } = language;
  const pasted = useApp(pastedDocuments);
  const draft = useApp((state) => state.draft);
  if (!pasted.ok) {
    return (
      <p id="documents-interpretation" className="interpretation interpretation-bad">
        {problemOf(pasted.problem, language)}
      </p>
    );
  }
  const { documents, layout, skippedBlank } = pasted;
  const parts =
    documents.length === 0
      ? [words.input.none]
      : [
          words.input.count(count(documents.length), documents.length !== 1),
          words.input.interpretation[layout],
        ];
  if (skippedBlank > 0) parts.push(words.input.skippedBlank(count(skippedBlank)));
  if (draft !== 'kept') parts.push(words.input.drafts[draft]);
  return (
    <p id="documents-interpretation" className="interpretation">
      {parts.join(' · ')}
    </p>
  );
}

type Problem = Extract<ReturnType<typeof pastedDocuments>, { ok: false }>['problem'];

function problemOf(problem: Problem, { words, count }: Language): string {
  switch (problem.code) {
    case 'json-syntax':
      return problem.line === undefined || problem.column === undefined
        ? words.problems['json-syntax-unlocated']
        : words.problems['json-syntax'](count(problem.line), count(problem.column));
    case 'json-not-array':
      return words.problems['json-not-array'];
    case 'json-not-string':
      return words.problems['json-not-string'](count(problem.position + 1));
    default: {
      const unknown: never = problem;
      return String(unknown);
    }
  }
}

/** Fills the boxes with a scenario of the gallery. */
function TrapPicker() {
  const { tag, words } = useLanguage();
  const traps = useApp((state) => state.traps.traps);
  const loadedId = useApp((state) => state.loadedTrap?.id ?? '');
  useEffect(() => {
    loadTraps();
  }, []);
  return (
    <select
      className="select trap-picker"
      aria-label={words.input.tryTrap}
      value={loadedId}
      onChange={(event) => {
        const trap = traps.find((candidate) => candidate.id === event.target.value);
        if (trap !== undefined) openTrap(trap);
      }}
    >
      <option value="">
        {loadedId === '' ? `${words.input.tryTrap}…` : words.input.tryTrapNone}
      </option>
      {traps.map((trap) => (
        <option key={trap.id} value={trap.id}>
          {trap.title[tag]} · {words.traps.languages[trap.language]}
        </option>
      ))}
    </select>
  );
}
