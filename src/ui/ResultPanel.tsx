import { Suspense, useDeferredValue } from 'react';
import { isStale } from '../app/input-view.ts';
import { rankingRows } from '../app/ranking-view.ts';
import { rerank } from '../app/rerank-actions.ts';
import { isOfTwo } from '../app/run-truth.ts';
import { chooseArrangement, chooseOrder, toggleLogits } from '../app/settings-actions.ts';
import type { Result } from '../app/store.ts';
import { CopyButton } from './CopyButton.tsx';
import { ExportResult } from './ExportResult.tsx';
import { FailureNotice } from './FailureNotice.tsx';
import { useLanguage } from './language.ts';
import { CascadeFailure, CascadeStamp } from './lazy-cascade.ts';
import { lazyPart } from './lazy-part.tsx';
import { RankingList } from './RankingList.tsx';
import { RunStatus } from './RunStatus.tsx';
import { runSummary } from './run-summary.ts';
import { Segments } from './Segments.tsx';
import { TrapCaption } from './TrapCaption.tsx';
import { useApp } from './use-app.ts';

/** Fetched when it is chosen. */
const SideBySide = lazyPart(async () => (await import('./SideBySide.tsx')).SideBySide);

const orders = ['cross-encoder', 'bm25', 'both'] as const;
const arrangements = ['list', 'side-by-side'] as const;

export function ResultPanel() {
  const { words } = useLanguage();
  // Deferred: drawing partial results gives way to typing and never blocks the page for long.
  const result = useDeferredValue(useApp((state) => state.result));
  return (
    <section id="results" className="result-panel" aria-label={words.result.heading} tabIndex={-1}>
      <RunStatus />
      {result === null ? <Empty /> : <Ranked result={result} />}
    </section>
  );
}

function Empty() {
  const { words } = useLanguage();
  const failure = useApp((state) => state.traps.failure);
  const idle = useApp((state) => state.run.phase === 'idle');
  if (idle && failure !== null) return <FailureNotice failure={failure} />;
  return <p className="empty">{words.result.empty}</p>;
}

function Ranked({ result }: { result: Result }) {
  const { words } = useLanguage();
  const chosenOrder = useApp((state) => state.order);
  const chosenArrangement = useApp((state) => state.arrangement);
  const showLogits = useApp((state) => state.showLogits);
  // Without BM25's scores there is one order, and nothing to set beside it.
  const bm25 = result.bm25Scores !== null;
  const arrangement = bm25 ? chosenArrangement : 'list';
  const besides = arrangement === 'side-by-side' && chosenOrder === 'bm25';
  const order = bm25 && !besides ? chosenOrder : 'cross-encoder';
  const stale = useApp((state) => isStale(state, result));

  return (
    <>
      <div className="result-head">
        <h2 className="result-query">
          <span className="muted">{words.result.queryLabel}</span> {result.query}
        </h2>
        {stale && (
          <p className="stale">
            {words.result.stale}{' '}
            <button
              type="button"
              className="link"
              onClick={() => {
                // The button goes as soon as the result is new; the results stay.
                document.getElementById('results')?.focus();
                rerank();
              }}
            >
              {words.result.rerankNow}
            </button>
          </p>
        )}
        {result.trap !== null && <TrapCaption trap={result.trap} result={result} />}
      </div>
      <div className="result-controls">
        <Segments
          label={words.result.order}
          options={orders}
          value={order}
          wordOf={(option) => words.result.orders[option]}
          hintOf={(option) => words.result.orderHints[option]}
          disabled={bm25 ? (arrangement === 'side-by-side' ? ['bm25'] : []) : ['bm25', 'both']}
          onChoose={chooseOrder}
        />
        <Segments
          label={words.result.arrangement}
          options={arrangements}
          value={arrangement}
          wordOf={(option) => words.result.arrangements[option]}
          disabled={bm25 ? [] : ['side-by-side']}
          onChoose={chooseArrangement}
        />
        <span className="result-tools">
          <label className="toggle">
            <input type="checkbox" checked={showLogits} onChange={toggleLogits} />
            {words.result.logits}
          </label>
          <CopyButton
            label={words.result.copy}
            text={() => asJson(result, rankingRows(result, order))}
          />
          <ExportResult result={result} order={order} />
        </span>
      </div>
      {result.cascade !== null && result.cascade.strongFailure !== null && (
        <Suspense>
          <CascadeFailure cascade={result.cascade} failure={result.cascade.strongFailure} />
        </Suspense>
      )}
      {result.bm25Failure !== null && (
        <p className="notice notice-bad" role="alert">
          {words.result.bm25Failed} <span className="mono">{result.bm25Failure.detail}</span>
        </p>
      )}
      {order === 'bm25' || arrangement === 'list' ? (
        <RankingList key={result.runNumber} result={result} order={order} showLogits={showLogits} />
      ) : (
        <Suspense>
          <SideBySide key={result.runNumber} result={result} order={order} />
        </Suspense>
      )}
      <Stamp result={result} />
    </>
  );
}

/** Which model and settings made the result, and what it took. */
function Stamp({ result }: { result: Result }) {
  const language = useLanguage();
  const { words, count, percent } = language;
  const { model, timings } = result;
  if (model === null || timings === null) return null;
  if (isOfTwo(result)) {
    return (
      <Suspense>
        <CascadeStamp result={result} />
      </Suspense>
    );
  }
  const threads = words.model.deviceHints.threads(count(model.threads), model.threads !== 1);
  const parts = [
    `${model.model} ${model.revision}`,
    model.dtype,
    [words.model.devices[model.device], model.adapter].filter(Boolean).join(' '),
    threads,
    runSummary(result, language),
    // Where all scores were known there is nothing to tell of tokens.
    ...(timings.pairs > 0
      ? [words.result.tokens(count(timings.tokens)), words.run.padded(percent(timings.paddedShare))]
      : []),
  ];
  return (
    <p className="stamp" data-testid="stamp">
      {words.result.madeBy} {parts.join(' · ')}
    </p>
  );
}

/** The ranking in the shape that the console API resolves to, with the texts. */
function asJson(result: Result, rows: ReturnType<typeof rankingRows>): string {
  const { cascade } = result;
  const ranking = rows.map(({ rank, index, relevance, logit, bm25Score, zSum, ...row }) => ({
    rank,
    index,
    relevance,
    logit,
    ...(cascade !== null && {
      stage: cascade.stages[index],
      fastLogit: cascade.fastLogits[index],
    }),
    bm25Score,
    ...(zSum !== null && { zSum }),
    tokens: row.tokens,
    truncated: row.truncated,
    ...(row.passage !== null && { passage: row.passage }),
    document: row.text,
  }));
  const { query, model, timings } = result;
  const run = { version: 1, query, ranking, ...model, timings };
  if (cascade === null) return JSON.stringify(run, null, 2);
  const { depth, fastRun: fast, strongFailure } = cascade;
  return JSON.stringify({ ...run, cascade: { depth, fast, strongFailure } }, null, 2);
}
