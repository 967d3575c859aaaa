import type { RunPhase } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { type Language, useLanguage } from './language.ts';
import { runSummary } from './run-summary.ts';
import { useApp } from './use-app.ts';

/** Progress while scoring, what happened otherwise. */
export function RunStatus() {
  const language = useLanguage();
  const run = useApp((state) => state.run);
  const total = useApp((state) => state.result?.documents.length ?? 0);
  return (
    <div className="run-status">
      {/* One region for the whole time: a reader may not notice one that comes with its words. */}
      <p className="visually-hidden" role="status">
        {announcementOf(run, total, language)}
      </p>
      <RunNotice run={run} />
    </div>
  );
}

function announcementOf(run: RunPhase, total: number, { words, count }: Language): string {
  if (run.phase === 'scoring') return words.run.announceStart(count(run.total));
  if (run.phase === 'done') return words.run.announceDone(count(total));
  if (run.phase === 'cancelled') return words.run.announceCancelled;
  return '';
}

function RunNotice({ run }: { run: RunPhase }) {
  const language = useLanguage();
  const { words, count } = language;
  const result = useApp((state) => state.result);
  switch (run.phase) {
    case 'idle':
      return null;
    case 'failed':
      return <FailureNotice failure={run.failure} />;
    case 'cancelled':
      return <p className="notice">{words.run.cancelled(count(run.done), count(run.total))}</p>;
    case 'scoring':
      return <Progress run={run} />;
    case 'done':
      // As high as the progress was, so that the results do not jump when it ends.
      return (
        <>
          <span className="progress-ended" aria-hidden="true" />
          <p className="run-numbers">{result !== null && runSummary(result, language)}</p>
        </>
      );
    default: {
      const unknown: never = run;
      return String(unknown);
    }
  }
}

function Progress({ run }: { run: Extract<RunPhase, { phase: 'scoring' }> }) {
  const { words, count, rough, percent } = useLanguage();
  const model = useApp((state) => state.model);
  const shown: string[] = [];
  if (run.done > 0) {
    shown.push(words.run.scored(count(run.done), count(run.total)));
    if (run.pairsPerSecond !== null) shown.push(words.run.speed(rough(run.pairsPerSecond)));
    if (run.leftMs !== null) shown.push(words.run.left(rough(run.leftMs / 1000)));
  } else if (model.phase === 'downloading') {
    shown.push(words.model.downloading(percent(model.loadedBytes / model.totalBytes)));
  } else if (model.phase === 'preparing') shown.push(words.model.preparing);
  else shown.push(words.run.waiting);
  return (
    <>
      <progress
        className="progress"
        aria-label={words.run.progress}
        max={1}
        {...(run.done === 0 ? {} : { value: run.done / run.total })}
      />
      <p className="run-numbers">{shown.join(' · ')}</p>
    </>
  );
}
