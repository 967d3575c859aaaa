import { useRef, useState } from 'react';
import { changeEvaluation } from '../../app/evaluation-actions.ts';
import {
  mostMetrics,
  offeredMetrics,
  withCutOff,
  withMainMetric,
  withMetric,
  withoutMetric,
} from '../../app/evaluation-choices.ts';
import { useKeptFocus } from '../use-kept-focus.ts';
import { useEvaluation, useEvaluationWords } from './evaluation-language.ts';

/** The metrics, the main one first: each with its cut-off, to be changed, removed, added. */
export function EvaluationMetrics() {
  const { settings: words } = useEvaluationWords();
  const metrics = useEvaluation((state) => state.choices.metrics);
  const part = useRef<HTMLDivElement>(null);
  const keptFocus = useKeptFocus(part);
  const choose = (changed: readonly string[]): void => {
    if (changed !== metrics) changeEvaluation({ metrics: changed });
  };
  const offered = offeredMetrics.filter((name) => !metrics.includes(name));
  return (
    <details className="evaluation-setting-more">
      <summary>
        {words.metrics} <b>{metrics.join(', ')}</b>
      </summary>
      <div ref={part} className="evaluation-open" tabIndex={-1} {...keptFocus}>
        <ol className="evaluation-metrics">
          {metrics.map((metric, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: by place, so that focus stays when it changes.
            <li key={place}>
              <CutOff
                metric={metric}
                onChange={(k) => choose(withCutOff(metrics, place, k))}
                label={words.cutOffOf(metric)}
                whole={words.whole}
              />
              {place === 0 ? (
                <span className="muted">{words.main}</span>
              ) : (
                <button
                  type="button"
                  className="button button-quiet button-small"
                  aria-label={words.makeMainOf(metric)}
                  onClick={() => choose(withMainMetric(metrics, metric))}
                >
                  {words.makeMain}
                </button>
              )}
              {metrics.length > 1 && (
                <button
                  type="button"
                  className="button button-quiet button-small"
                  aria-label={words.removeOf(metric)}
                  onClick={() => choose(withoutMetric(metrics, metric))}
                >
                  {words.remove}
                </button>
              )}
            </li>
          ))}
        </ol>
        {offered.length > 0 && metrics.length < mostMetrics && (
          <select
            className="select evaluation-select"
            aria-label={words.addLabel}
            value=""
            onChange={({ target }) => choose(withMetric(metrics, target.value))}
          >
            <option value="">{words.add}…</option>
            {offered.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
        <p className="models-note">{words.metricsHint}</p>
      </div>
    </details>
  );
}

function CutOff(props: {
  metric: string;
  label: string;
  whole: string;
  onChange: (k: string) => void;
}) {
  const { metric, label, whole, onChange } = props;
  /** What is typed and not taken yet; null: what holds. */
  const [typed, setTyped] = useState<string | null>(null);
  const [measure = '', k = ''] = metric.split('@');
  // Whether it is taken or not, from then on what holds is shown.
  const settle = (): void => {
    if (typed !== null && typed !== k) onChange(typed);
    setTyped(null);
  };
  return (
    <label className="evaluation-cut">
      {measure} @
      <input
        type="number"
        className="box evaluation-small"
        aria-label={label}
        min={1}
        placeholder={whole}
        value={typed ?? k}
        onChange={({ target }) => setTyped(target.value)}
        onBlur={settle}
        onKeyDown={({ key }) => {
          if (key === 'Enter') settle();
        }}
      />
    </label>
  );
}
