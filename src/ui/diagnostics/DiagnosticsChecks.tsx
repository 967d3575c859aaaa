import { useId } from 'react';
import { startChecks, stopChecks } from '../../app/diagnostics-actions.ts';
import { type CheckName, type CheckResult, checkNames } from '../../app/diagnostics-checks.ts';
import { useLanguage } from '../language.ts';
import { useDiagnostics, useDiagnosticsWords } from './use-diagnostics.ts';

/** Tries what the app is made of, one thing after the other. */
export function DiagnosticsChecks() {
  const { count } = useLanguage();
  const { check: words } = useDiagnosticsWords();
  const { running, results } = useDiagnostics((state) => state.checks);
  const id = useId();
  const begun = running !== null || results.length > 0;
  const counted = (['passed', 'failed', 'skipped'] as const).flatMap((verdict) => {
    const inAll = results.filter((result) => result.verdict === verdict).length;
    return inAll === 0 ? [] : [words.counts[verdict](count(inAll))];
  });
  const said =
    running !== null ? words.announce(words.names[running]) : begun ? words.summary(counted) : '';
  return (
    <section className="checks" aria-labelledby={id}>
      <div className="checks-head">
        <h2 id={id}>{words.heading}</h2>
        {/* One button, so that focus stays where it is. */}
        <button
          type="button"
          className={running === null ? 'button button-main' : 'button'}
          onClick={running === null ? startChecks : stopChecks}
        >
          {running !== null ? words.stop : begun ? words.again : words.start}
        </button>
        <p className="checks-said" role="status">
          {said}
        </p>
      </div>
      {!begun && <p className="diagnostics-note">{words.note}</p>}
      {begun && (
        <ol>
          {checkNames.map((name) => (
            <Check
              key={name}
              name={name}
              result={results.find((result) => result.name === name) ?? null}
              isRunning={running === name}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

interface CheckProps {
  readonly name: CheckName;
  /** Null until it has ended. */
  readonly result: CheckResult | null;
  readonly isRunning: boolean;
}

function Check({ name, result, isRunning }: CheckProps) {
  const { count } = useLanguage();
  const { check: words } = useDiagnosticsWords();
  const verdict = result?.verdict ?? (isRunning ? 'running' : 'waiting');
  return (
    <li className="check" data-verdict={verdict}>
      <span className="check-verdict">
        {result !== null
          ? words.verdicts[result.verdict]
          : words[isRunning ? 'running' : 'waiting']}
      </span>
      <span className="check-name">{words.names[name]}</span>
      <span className="check-ms">{result === null ? '' : words.ms(count(result.ms))}</span>
      {result !== null && (
        <span className="check-detail" lang={result.detail.found === 'message' ? 'en' : undefined}>
          {words.detail(result.detail)}
          {result.code !== null && <code> {result.code}</code>}
        </span>
      )}
      {result?.verdict === 'failed' && <p className="check-advice">{words.advice[name]}</p>}
    </li>
  );
}
