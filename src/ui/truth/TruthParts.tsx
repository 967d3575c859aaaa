import { type FinishedResult, runTruth } from '../../app/run-truth.ts';
import { useLanguage } from '../language.ts';
import { durationText } from '../run-summary.ts';
import { useTruthWords } from './use-truth.ts';

/** What the time of a run went into, as one bar and in numbers. */
export function TruthParts({ result }: { result: FinishedResult }) {
  const language = useLanguage();
  const { percent } = language;
  const { parts: words, sentences } = useTruthWords();
  const { timings, model } = result;
  const { parts, overlapMs } = runTruth(timings);
  const time = (ms: number): string => durationText(ms, language);
  const { gpuMs, inferenceMs } = timings;
  const gpu =
    gpuMs === null
      ? model.device === 'webgpu'
        ? words.noGpuClock
        : words.noGpu
      : words.gpu(time(gpuMs), percent(inferenceMs > 0 ? Math.min(1, gpuMs / inferenceMs) : 0));
  return (
    <section className="truth-parts">
      <h3>{words.heading}</h3>
      <div className="truth-bar" aria-hidden="true">
        {parts.map(
          ({ name, share }) =>
            share > 0 && (
              <span
                key={name}
                data-part={name}
                title={words.names[name]}
                style={{ flexGrow: share }}
              />
            ),
        )}
      </div>
      <table className="truth-table">
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{words.part}</th>
            <th scope="col">{words.time}</th>
            <th scope="col">{words.share}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ name, ms, share }) => (
            <tr key={name}>
              <th scope="row">
                <span className="truth-swatch" data-part={name} aria-hidden="true" />
                {words.names[name]} <span className="truth-note">{words.hints[name]}</span>
              </th>
              <td>{time(ms)}</td>
              <td>{name !== 'queue' && percent(share)}</td>
            </tr>
          ))}
          <tr className="truth-total">
            <th scope="row">{words.total}</th>
            <td>{time(timings.totalMs)}</td>
            <td />
          </tr>
        </tbody>
      </table>
      <p className="truth-note">
        {sentences([overlapMs >= 1 ? words.overlap(time(overlapMs)) : '', gpu])}
      </p>
    </section>
  );
}
