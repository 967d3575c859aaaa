import { useState } from 'react';
import { bestKeys } from '../../app/evaluation-view.ts';
import type { Evaluation, SystemFigures } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import {
  type Overview,
  useEvaluationWords,
  useFigures,
  useSystemNames,
} from './evaluation-language.ts';

interface Props {
  readonly summary: Overview['summary'];
  readonly evaluation: Evaluation;
}

/** Systems by metrics: means, and below them the difference to the baseline and how sure it is. */
export function EvaluationTable({ summary, evaluation }: Props) {
  const { table: words } = useEvaluationWords();
  const nameOf = useSystemNames(summary, evaluation.settings.fusionWeight);
  const [records, setRecords] = useState(false);
  const { systems, settings } = evaluation;
  const { metrics } = settings;
  const baseline = systems.find(({ key }) => key === settings.baseline);
  const label = `${words.heading}: ${metrics.join(', ')}`;
  const best = new Map(metrics.map((metric) => [metric, bestKeys(evaluation, metric)]));
  return (
    <section className="evaluation-part" aria-labelledby="evaluation-systems">
      <div className="evaluation-part-head">
        <h2 id="evaluation-systems">{words.heading}</h2>
        <label className="toggle">
          <input type="checkbox" checked={records} onChange={() => setRecords(!records)} />
          {words.records}
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where it is too wide. */}
      <section className="evaluation-scroll" aria-label={label} tabIndex={0}>
        <table className="evaluation-table" aria-describedby="evaluation-table-note">
          <thead>
            <tr>
              <th scope="col">{words.system}</th>
              {metrics.map((metric) => (
                <th key={metric} scope="col" className="evaluation-number">
                  {metric}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {systems.map((system) => {
              const { name, note } = nameOf(system);
              const isBaseline = system.key === settings.baseline;
              return (
                <tr key={system.key} data-kind={system.kind}>
                  <th scope="row">
                    <span className="evaluation-system">{name}</span>
                    <span className="evaluation-note">
                      {[note, ...(isBaseline ? [words.baseline] : [])]
                        .filter((part) => part !== '')
                        .join(' · ')}
                    </span>
                  </th>
                  {metrics.map((metric) => (
                    <Cell
                      key={metric}
                      figures={system.metrics[metric]}
                      best={best.get(metric)?.has(system.key) ?? false}
                      records={records}
                    />
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      <p id="evaluation-table-note" className="chart-text">
        {words.caption(baseline === undefined ? '' : nameOf(baseline).inText)}
      </p>
    </section>
  );
}

function Cell(props: {
  figures: SystemFigures['metrics'][string] | undefined;
  best: boolean;
  records: boolean;
}) {
  const { figures, best, records } = props;
  const { table: words } = useEvaluationWords();
  const { exact, signed, p } = useFigures();
  const { count } = useLanguage();
  if (figures === undefined) return <td />;
  const { mean, low, high, comparison } = figures;
  if (comparison === null) {
    return (
      <td className="evaluation-number">
        <Mean text={exact(mean)} best={best} />
        <span className="evaluation-note" title={words.ownIntervals}>
          {words.interval(exact(low), exact(high))}
        </span>
      </td>
    );
  }
  const { difference, pValue, wins, ties, losses } = comparison;
  const clear = pValue < 0.05 && difference.mean !== 0;
  return (
    <td className="evaluation-number">
      <Mean text={exact(mean)} best={best} />
      <span className="evaluation-note">
        <span
          className="evaluation-difference"
          data-effect={clear ? (difference.mean > 0 ? 'raises' : 'lowers') : 'unclear'}
        >
          {signed(difference.mean)}
        </span>{' '}
        {p(pValue)}
      </span>
      <span className="evaluation-note">
        {words.interval(signed(difference.low), signed(difference.high))}
      </span>
      {records && (
        <span
          className="evaluation-note"
          title={words.record(count(wins), count(ties), count(losses))}
        >
          {words.shortRecord(count(wins), count(ties), count(losses))}
        </span>
      )}
    </td>
  );
}

function Mean({ text, best }: { text: string; best: boolean }) {
  const { table: words } = useEvaluationWords();
  return (
    <span className={best ? 'evaluation-mean evaluation-best' : 'evaluation-mean'}>
      {text}
      {best && <span className="visually-hidden"> ({words.best})</span>}
    </span>
  );
}
