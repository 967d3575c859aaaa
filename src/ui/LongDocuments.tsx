import type { ReactNode } from 'react';
import { changeSettings } from '../app/change-settings.ts';
import { useLanguage } from './language.ts';
import { useApp } from './use-app.ts';

const choices = ['max', 'mean-of-top-3', 'first', 'truncate'] as const;
/** Longest pairs to choose from. Tokens; a model's own maximum holds where it is less. */
const lengths = [128, 256, 512, 1024, 2048, 4096, 8192];

/**
 * What becomes of documents that do not fit the model, and how long a pair may be.
 * @param props.children further choices, each a label and a control
 */
export function LongDocuments({ children }: { readonly children?: ReactNode }) {
  const { words, count } = useLanguage();
  const longDocuments = useApp((state) => state.settings.longDocuments);
  const maxLength = useApp((state) => state.settings.maxLength);
  const most = useApp((state) => (state.model.phase === 'ready' ? state.model.model.maxLength : 0));
  const offered = lengths.filter((length) => most === 0 || length <= most || length === maxLength);
  return (
    <div className="long-documents">
      <label className="long-documents-choice">
        <span className="muted">{words.passages.label}</span>
        <select
          className="select"
          value={longDocuments}
          title={words.passages.hints[longDocuments]}
          onChange={(event) => {
            const chosen = choices.find((choice) => choice === event.target.value);
            if (chosen !== undefined) changeSettings({ longDocuments: chosen });
          }}
        >
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {words.passages.choices[choice]}
            </option>
          ))}
        </select>
      </label>
      <label className="long-documents-choice">
        <span className="muted">{words.passages.length}</span>
        <select
          className="select"
          value={maxLength}
          title={words.passages.lengthHint}
          onChange={(event) => changeSettings({ maxLength: Number(event.target.value) })}
        >
          {offered.map((length) => (
            <option key={length} value={length}>
              {words.model.tokens(count(length))}
            </option>
          ))}
        </select>
      </label>
      {children}
    </div>
  );
}
