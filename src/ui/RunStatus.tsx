import { FailureNotice } from './FailureNotice.tsx';
import { useLanguage } from './language.ts';
import { useApp } from './use-app.ts';

/** Progress while scoring, what happened otherwise; also said to screen readers. */
export function RunStatus() {
  const { words, count, rough, percent } = useLanguage();
  const run = useApp((state) => state.run);
  const model = useApp((state) => state.model);
  const total = useApp((state) => state.result?.documents.length ?? 0);
  const timings = useApp((state) => state.result?.timings ?? null);

  if (run.phase === 'failed') return <FailureNotice failure={run.failure} />;
  if (run.phase === 'cancelled') {
    return (
      <p className="notice" role="status">
        {words.run.cancelled(count(run.done), count(run.total))}
      </p>
    );
  }
  if (run.phase === 'idle') return null;
  if (run.phase === 'done') {
    // As high as the progress was, so that the results do not jump when it ends.
    return (
      <div className="run-status">
        <span className="progress-ended" aria-hidden="true" />
        <p className="run-numbers">
          {timings !== null &&
            words.run.summary(
              count(total),
              rough(timings.totalMs / 1000),
              rough(timings.pairsPerSecond),
            )}
        </p>
        <p className="visually-hidden" role="status">
          {words.run.announceDone(count(total))}
        </p>
      </div>
    );
  }

  const { done, doneTokens, totalTokens, elapsedMs } = run;
  const loading = model.phase !== 'ready';
  const share = run.total === 0 ? 0 : done / run.total;
  const shown: string[] = [];
  if (model.phase === 'downloading') {
    shown.push(words.model.downloading(percent(model.loadedBytes / model.totalBytes)));
  } else if (model.phase === 'preparing') shown.push(words.model.preparing);
  else if (done === 0) shown.push(words.run.waiting);
  else {
    // Time is linear in tokens, and batches come shortest first: pairs would promise too much.
    const leftMs = elapsedMs * (totalTokens / Math.max(1, doneTokens) - 1);
    shown.push(words.run.scored(count(done), count(run.total)));
    shown.push(words.run.speed(rough((done / elapsedMs) * 1000)));
    shown.push(words.run.left(rough(Math.max(0, leftMs) / 1000)));
  }
  return (
    <div className="run-status">
      <progress
        className="progress"
        aria-label={words.run.progress}
        max={1}
        {...(loading || done === 0 ? {} : { value: share })}
      />
      <p className="run-numbers">{shown.join(' · ')}</p>
      <p className="visually-hidden" role="status">
        {words.run.announceStart(count(run.total))}
      </p>
    </div>
  );
}
