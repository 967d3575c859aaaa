import type { ModelLoading } from '../app/store.ts';
import { useLanguage } from './language.ts';
import { placeOf } from './model-summary.ts';
import type { ModelsDictionary } from './models-en.ts';
import { useModelsWords } from './use-models-words.ts';

/** Which builds were tried and why each was left: a ladder from the first down to the one in use. */
export function ModelsStepDowns({ steps }: { steps: ModelLoading['stepDowns'] }) {
  const language = useLanguage();
  const modelsWords = useModelsWords();
  const { words } = language;
  const last = steps.at(-1);
  if (last === undefined) return null;
  return (
    <div className="step-downs">
      <h3>{modelsWords.steps.heading}</h3>
      <ol>
        {steps.map(({ from, code, reason }) => (
          <li key={`${from.device} ${from.dtype} ${reason}`} data-rung="left">
            <span className="step-place">
              <span className="visually-hidden">
                {modelsWords.steps.from(placeOf(from, language))}:{' '}
              </span>
              <span aria-hidden="true">{placeOf(from, language)}</span>
            </span>
            <span className="muted">{reasonOf(code, modelsWords.steps.reasons)}</span>
            <details>
              <summary>{words.detail}</summary>
              <p className="mono">{reason}</p>
            </details>
          </li>
        ))}
        <li data-rung="taken">
          <span className="step-place">
            <span className="visually-hidden">
              {modelsWords.steps.to(placeOf(last.to, language))}
            </span>
            <span aria-hidden="true">{placeOf(last.to, language)}</span>
          </span>
        </li>
      </ol>
    </div>
  );
}

function reasonOf(
  code: ModelLoading['stepDowns'][number]['code'],
  reasons: ModelsDictionary['steps']['reasons'],
): string {
  const known: Partial<Record<typeof code, string>> = reasons;
  return known[code] ?? reasons.other;
}
