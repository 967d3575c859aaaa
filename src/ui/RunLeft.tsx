import { isStale } from '../app/input-view.ts';
import { nameOfModel } from '../app/model-display.ts';
import { rerank } from '../app/rerank-actions.ts';
import type { RunPhase } from '../app/store.ts';
import { useLanguage } from './language.ts';
import { useApp } from './use-app.ts';
import { useWorkWords } from './use-work-words.ts';
import './styles/work.css';

/** Says that the page went away during a run, and offers to score what is missing. */
export function RunLeft({ run }: { run: Extract<RunPhase, { phase: 'left' }> }) {
  const { left: words } = useWorkWords();
  const { count } = useLanguage();
  const isOrdered = useApp(({ result }) => result !== null && result.bm25Scores !== null);
  // Other text would be another run.
  const canGoOn = useApp((state) => state.result !== null && !isStale(state, state.result));
  const { cascade } = run;
  const place = cascade ?? run;
  const [done, total] = [count(place.done), count(place.total)];
  const told =
    cascade === null
      ? words[isOrdered ? 'one' : 'unordered'](done, total)
      : cascade.stage === 'fast'
        ? words.fast(done, total, nameOfModel(cascade.fast))
        : words.strong(
            done,
            count(cascade.depth),
            nameOfModel(cascade.fast),
            nameOfModel(cascade.strong),
          );
  return (
    <div className="notice run-left">
      <p role="status">{told}</p>
      {canGoOn && (
        <button type="button" className="button" onClick={goOn}>
          {words.goOn}
        </button>
      )}
    </div>
  );
}

function goOn(): void {
  // The button goes with the notice: from the one that does the same, one can go on.
  document.querySelector<HTMLElement>('.input-panel [type="submit"]')?.focus();
  rerank();
}
