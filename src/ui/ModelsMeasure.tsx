import { cancelMeasuring, measureModel } from '../app/model-actions.ts';
import type { ModelsState } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { useLanguage } from './language.ts';
import { placeOf } from './model-summary.ts';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

type Report = Extract<ModelsState['benchmark'], { phase: 'done' }>['report'];
type Row = Pick<Report['rows'][number], 'tokens' | 'pairsPerSecond' | 'gflops'>;

/** How fast the model in use is here: measured on demand, for about fifteen seconds. */
export function ModelsMeasure({ ready }: { ready: boolean }) {
  const benchmark = useApp((state) => state.models.benchmark);
  const { measure } = useModelsWords();
  const running = benchmark.phase === 'running';
  return (
    <section className="measure-speed" aria-label={measure.heading}>
      <h3>{measure.heading}</h3>
      {benchmark.phase === 'done' && <ReportTable report={benchmark.report} />}
      {benchmark.phase === 'idle' && <p className="models-note">{measure.idle}</p>}
      {benchmark.phase === 'failed' && <FailureNotice failure={benchmark.failure} />}
      {running && (
        <>
          <progress className="progress" aria-label={measure.running} max={1} />
          <p className="models-note">{measure.running}</p>
        </>
      )}
      {/* One button all the time, so that focus stays on it. */}
      <button
        type="button"
        className="button"
        disabled={!ready && !running}
        onClick={() => (running ? cancelMeasuring() : measureModel())}
      >
        {running ? measure.cancel : benchmark.phase === 'done' ? measure.again : measure.start}
      </button>
    </section>
  );
}

function ReportTable({ report }: { report: Report }) {
  const language = useLanguage();
  const modelsWords = useModelsWords();
  const { count } = language;
  const { adapter, threads } = report;
  const where =
    report.device === 'webgpu' && adapter !== null
      ? adapter
      : modelsWords.measure.threads(count(threads), threads !== 1);
  return (
    <>
      <SpeedTable rows={report.rows} />
      <p className="models-note">{[placeOf(report, language), where].join(' · ')}</p>
    </>
  );
}

/** Tokens of a pair, pairs per second, and what that is in operations. */
function SpeedTable({ rows }: { rows: readonly Row[] }) {
  const { count, rough } = useLanguage();
  const { columns } = useModelsWords().measure;
  return (
    <table className="numbers numbers-small">
      <thead>
        <tr>
          <th scope="col">{columns.tokens}</th>
          <th scope="col">{columns.pairs}</th>
          <th scope="col">{columns.gflops}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ tokens, pairsPerSecond, gflops }) => (
          <tr key={tokens}>
            <td>{count(tokens)}</td>
            <td>{rough(pairsPerSecond)}</td>
            <td>{gflops === null ? '–' : rough(gflops)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
