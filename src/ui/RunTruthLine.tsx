import { lazy, Suspense, useState } from 'react';
import { type FinishedResult, isFinished, isOfTwo } from '../app/run-truth.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { useLanguage } from './language.ts';
import { CascadeSummary } from './lazy-cascade.ts';
import { runSummary } from './run-summary.ts';
import { useApp } from './use-app.ts';

/** Fetched when it is opened. */
const TruthPanel = lazy(async () => ({
  default: (await import('./truth/TruthPanel.tsx')).TruthPanel,
}));

/**
 * What a finished run took, in one line that opens to all there is to know about it. Open it stays
 * through the next run and shows the last one until then.
 */
export function RunTruthLine({ scoring }: { scoring: boolean }) {
  const language = useLanguage();
  const { words } = language;
  const result = useApp((state) => state.result);
  const [open, setOpen] = useState(false);
  const [last, setLast] = useState<FinishedResult | null>(null);
  if (isFinished(result) && result !== last) setLast(result);
  const shown = isFinished(result) ? result : last;
  const current = shown === result && !scoring;
  if (shown === null || (!open && !current)) return null;
  return (
    <details
      className="run-truth"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="run-numbers">
        <span>
          {isOfTwo(shown) ? (
            <Suspense>
              <CascadeSummary result={shown} />
            </Suspense>
          ) : (
            runSummary(shown, language)
          )}
        </span>
        <span className="run-truth-more">{words.run.truth}</span>
      </summary>
      {open && (
        <ErrorBoundary>
          <Suspense>
            <TruthPanel result={shown} current={current} />
          </Suspense>
        </ErrorBoundary>
      )}
    </details>
  );
}
