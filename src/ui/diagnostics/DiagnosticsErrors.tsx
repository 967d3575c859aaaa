import { useStore } from 'zustand';
import { errorsStore } from '../../app/diagnostics-errors.ts';
import { useLanguage } from '../language.ts';
import { FactSheet } from './FactSheet.tsx';
import { useDiagnosticsWords } from './use-diagnostics.ts';

/** What has failed since the page was opened: classes and places. */
export function DiagnosticsErrors() {
  const { rough } = useLanguage();
  const { errors: words } = useDiagnosticsWords();
  const errors = useStore(errorsStore);
  return (
    <FactSheet heading={words.heading} facts={[]}>
      <p className="diagnostics-note">{errors.length === 0 ? words.none : words.note}</p>
      {errors.length > 0 && (
        <ol className="noted-errors">
          {errors.map(({ number, kind, code, where, recovered, atMs, frames }) => (
            <li key={number}>
              <p>
                <code>{code ?? kind}</code> {words.where[where]}, {words.after(rough(atMs / 1000))}
                {recovered && ` · ${words.recovered}`}
              </p>
              {frames.map(({ name, file, line, column }) => (
                <code key={`${name}${file}${line}:${column}`} className="noted-frame">
                  {name} {file}:{line}:{column}
                </code>
              ))}
            </li>
          ))}
        </ol>
      )}
    </FactSheet>
  );
}
