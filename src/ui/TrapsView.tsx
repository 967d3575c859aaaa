import { openTrap } from '../app/rerank-actions.ts';
import { addressOf } from '../app/settings-actions.ts';
import type { Result, TrapsState } from '../app/store.ts';
import { cancelTraps, runTraps, selectTrap } from '../app/trap-actions.ts';
import { answersFirst, scoreboardOf } from '../app/trap-view.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { useLanguage } from './language.ts';
import { SideBySide } from './SideBySide.tsx';
import { TrapCaption } from './TrapCaption.tsx';
import { useApp } from './use-app.ts';

type Trap = TrapsState['traps'][number];

const orders = ['bm25', 'cross-encoder', 'both'] as const;

export function TrapsView() {
  const { words } = useLanguage();
  const state = useApp((app) => app.traps);
  const selected = state.traps.find((trap) => trap.id === state.selectedId) ?? null;
  return (
    <div className="traps-view">
      <header className="traps-head">
        <div>
          <h1>{words.traps.heading}</h1>
          <p className="lead">{words.traps.lead}</p>
        </div>
        <Scoreboard state={state} />
      </header>
      {state.failure !== null && <FailureNotice failure={state.failure} />}
      <div className="traps-body">
        <div className="trap-list">
          <p className="trap-list-head" aria-hidden="true">
            {orders.map((order) => (
              <span key={order} data-order={order}>
                {words.traps.marks[order]}
              </span>
            ))}
          </p>
          <ul aria-label={words.traps.list}>
            {state.traps.map((trap) => (
              <TrapEntry
                key={trap.id}
                trap={trap}
                outcome={state.outcomes.get(trap.id)}
                selected={trap.id === state.selectedId}
              />
            ))}
          </ul>
        </div>
        {selected !== null && (
          <TrapDetail trap={selected} outcome={state.outcomes.get(selected.id)} />
        )}
      </div>
    </div>
  );
}

/** Right document first: how often in each order. Misses are not hidden. */
function Scoreboard({ state }: { state: TrapsState }) {
  const { words, count } = useLanguage();
  const { traps, outcomes, phase } = state;
  const running = phase === 'running' || phase === 'loading';
  const stamp = [...outcomes.values()][0]?.model ?? null;
  return (
    <section className="scoreboard" aria-label={words.traps.scoreboard}>
      <h2>{words.traps.scoreboard}</h2>
      <dl>
        {orders.map((order) => {
          const right = scoreboardOf(traps, outcomes, order);
          return (
            <div key={order} className="board-row" data-order={order}>
              <dt>{words.result.orders[order]}</dt>
              <dd>
                <span className="bar" aria-hidden="true">
                  <span
                    className="bar-fill"
                    style={{
                      inlineSize: `${outcomes.size > 0 ? (right / outcomes.size) * 100 : 0}%`,
                    }}
                  />
                </span>
                <span className="value">
                  {outcomes.size === 0 ? '–' : words.traps.of(count(right), count(outcomes.size))}
                </span>
              </dd>
            </div>
          );
        })}
      </dl>
      <p className="scoreboard-foot">
        <span className="visually-hidden" role="status">
          {/* Start and end only: a count that moves with every scenario would not stop talking. */}
          {running ? words.traps.loading : words.traps.scoreboard}
        </span>
        <span>
          {phase === 'loading' && words.traps.loading}
          {phase === 'running' && words.traps.running(count(outcomes.size), count(traps.length))}
          {phase === 'ready' &&
            stamp !== null &&
            words.traps.measuredOn(
              `${stamp.model} ${stamp.revision}`,
              stamp.dtype,
              words.model.devices[stamp.device],
            )}
        </span>
        <button
          type="button"
          className="button button-quiet"
          onClick={() => (running ? cancelTraps() : runTraps())}
        >
          {running ? words.traps.cancel : words.traps.run}
        </button>
      </p>
    </section>
  );
}

function TrapEntry(props: { trap: Trap; outcome: Result | undefined; selected: boolean }) {
  const { trap, outcome, selected } = props;
  const { tag, words } = useLanguage();
  return (
    <li>
      <button
        type="button"
        className="trap-entry"
        aria-pressed={selected}
        onClick={() => selectTrap(trap.id)}
      >
        <span className="trap-title">{trap.title[tag]}</span>
        <span className="trap-query" dir="auto">
          {trap.query}
        </span>
        <span className="trap-tags">
          <span>{words.traps.languages[trap.language]}</span>
          <span>{words.traps.kinds[trap.kind]}</span>
        </span>
        <span className="trap-marks">
          {orders.map((order) => (
            <Verdict
              key={order}
              name={words.result.orders[order]}
              right={outcome === undefined ? null : answersFirst(trap, outcome, order)}
            />
          ))}
        </span>
      </button>
    </li>
  );
}

function Verdict({ name, right }: { name: string; right: boolean | null }) {
  const { words } = useLanguage();
  const word = right === null ? words.traps.notRun : right ? words.traps.right : words.traps.wrong;
  const sign = right === null ? '·' : right ? '✓' : '✗';
  return (
    <span className="verdict" data-right={right} title={`${name}: ${word}`}>
      <span aria-hidden="true">{sign}</span>
      <span className="visually-hidden">
        {name}: {word}
      </span>
    </span>
  );
}

function TrapDetail({ trap, outcome }: { trap: Trap; outcome: Result | undefined }) {
  const { tag, words } = useLanguage();
  return (
    <section className="trap-detail" aria-label={trap.title[tag]}>
      <div className="trap-detail-head">
        <h2 dir="auto">
          <span className="muted">{words.traps.query}</span> {trap.query}
        </h2>
        <button
          type="button"
          className="button"
          onClick={() => {
            location.hash = addressOf('rerank');
            openTrap(trap);
          }}
        >
          {words.traps.open}
        </button>
      </div>
      {outcome === undefined ? (
        <p className="trap-caption">{trap.explanation[tag]}</p>
      ) : (
        <>
          <TrapCaption trap={trap} result={outcome} />
          <SideBySide result={outcome} order="cross-encoder" />
        </>
      )}
    </section>
  );
}
