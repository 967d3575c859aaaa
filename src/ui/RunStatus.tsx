import { lazy, Suspense } from 'react';
import { useStore } from 'zustand';
import { runRecovery } from '../app/run-recovery.ts';
import type { RunPhase } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { type Language, useLanguage } from './language.ts';
import { CascadeCancelled, CascadeProgress } from './lazy-cascade.ts';
import { RunTruthLine } from './RunTruthLine.tsx';
import { useApp } from './use-app.ts';

/** Fetched with the first run that something happened to. */
const RecoveryNote = lazy(async () => ({
  default: (await import('./RecoveryNote.tsx')).RecoveryNote,
}));

/** Fetched with a restored result whose run was cut off. */
const RunLeft = lazy(async () => ({ default: (await import('./RunLeft.tsx')).RunLeft }));

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
      {run.phase !== 'failed' && <Recovered goesOn={run.phase === 'scoring'} />}
      <RunTruthLine scoring={run.phase === 'scoring'} />
    </div>
  );
}

function Recovered({ goesOn }: { goesOn: boolean }) {
  const recovery = useStore(runRecovery, (state) => state.recovery);
  if (recovery === null) return null;
  return (
    <Suspense>
      <RecoveryNote code={recovery.code} goesOn={goesOn} />
    </Suspense>
  );
}

function announcementOf(run: RunPhase, total: number, { words, count }: Language): string {
  if (run.phase === 'scoring')
    return words.run.announceStart(count(run.total - (run.cascade?.depth ?? 0)));
  if (run.phase === 'done') return words.run.announceDone(count(total));
  if (run.phase === 'cancelled') return words.run.announceCancelled;
  return '';
}

function RunNotice({ run }: { run: RunPhase }) {
  const { words, count } = useLanguage();
  switch (run.phase) {
    case 'idle':
      return null;
    case 'failed':
      return <FailureNotice failure={run.failure} />;
    case 'cancelled':
      if (run.cascade === null) {
        return <p className="notice">{words.run.cancelled(count(run.done), count(run.total))}</p>;
      }
      return (
        <Suspense>
          <p className="notice">
            <CascadeCancelled cascade={run.cascade} />
          </p>
        </Suspense>
      );
    case 'left':
      return (
        <Suspense>
          <RunLeft run={run} />
        </Suspense>
      );
    case 'scoring':
      return <Progress run={run} />;
    case 'done':
      // As high as the progress was, so that the results do not jump when it ends.
      return <span className="progress-ended" aria-hidden="true" />;
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
  const { cascade } = run;
  if ((cascade ?? run).done > 0) {
    if (cascade === null) shown.push(words.run.scored(count(run.done), count(run.total)));
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
      <p className="run-numbers">
        {cascade !== null && (
          <Suspense>
            <CascadeProgress cascade={cascade} />
            {shown.length > 0 && ' · '}
          </Suspense>
        )}
        {shown.join(' · ')}
      </p>
    </>
  );
}
