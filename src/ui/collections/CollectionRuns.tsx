import { useMemo, useRef } from 'react';
import { isSameModel } from '../../app/collection-provenance.ts';
import { removeRun, resumeRun, resumeWithItsModel } from '../../app/collection-run-actions.ts';
import { isUnfinished, withRunUnderWay } from '../../app/collection-view.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { nameOfModel } from '../../app/model-display.ts';
import { type Language, useLanguage } from '../language.ts';
import { ModelsTwoStep } from '../ModelsTwoStep.tsx';
import { useMeasures } from '../models-measures.ts';
import { useApp } from '../use-app.ts';
import { labelOfRun, placeOfRun } from './run-labels.ts';
import { useCollections, useCollectionWords } from './use-collections.ts';

type Summary = Extract<CollectionsState['opened'], { phase: 'ready' }>['overview']['summary'];
type Run = Summary['runs'][number];

/** The runs of a collection, newest first: what they were asked for, what they took. */
export function CollectionRuns({ summary }: { summary: Summary }) {
  const { runs: words } = useCollectionWords();
  const heading = useRef<HTMLHeadingElement>(null);
  const { id } = summary;
  const run = useCollections((state) => state.run);
  const runs = useMemo(() => {
    const ours = run.phase !== 'idle' && run.target.collectionId === id ? run.run : null;
    return withRunUnderWay(summary.runs, ours);
  }, [summary, run, id]);
  return (
    <section className="models-card collection-runs" aria-labelledby="collection-runs">
      <h2 id="collection-runs" ref={heading} tabIndex={-1}>
        {words.heading}
      </h2>
      {runs.length === 0 && <p className="models-note">{words.none}</p>}
      {runs.length > 0 && (
        <ul aria-labelledby="collection-runs">
          {runs.map((one) => (
            <RunRow
              key={one.runId}
              run={one}
              collectionId={id}
              onRemove={() => {
                // The button goes with its row: reading goes on from the top of the list.
                heading.current?.focus();
                removeRun(id, one.runId);
              }}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function RunRow(props: { run: Run; collectionId: string; onRemove: () => void }) {
  const { run, collectionId, onRemove } = props;
  const { runs: words } = useCollectionWords();
  const { ago } = useMeasures();
  const name = run.kind === 'model' ? nameOfModel(run.tag) : run.tag;
  const now = useCollections((state) =>
    state.run.phase === 'running' && state.run.run?.runId === run.runId ? state.run : null,
  );
  return (
    <li className="collection-run" aria-label={words.of(name, ago(run.createdAt))}>
      <div className="kept-head">
        <p className="kept-name">{name}</p>
        <ModelsTwoStep
          label={words.remove}
          name={words.removeOf(name)}
          question={words.reallyRemove}
          onConfirm={onRemove}
        />
      </div>
      <RunNumbers run={run} />
      {now !== null && <p className="models-note collection-running">{words.running}</p>}
      {now === null && isUnfinished(run) && (
        <Unfinished run={run} name={name} collectionId={collectionId} />
      )}
      {run.provenance !== null && <RunFacts run={run} />}
    </li>
  );
}

function RunNumbers({ run }: { run: Run }) {
  const { runs: words } = useCollectionWords();
  const { count, rough } = useLanguage();
  const { ago, duration } = useMeasures();
  const { settings, scoredPairs, cachedPairs, scoringMs } = run;
  const asked = [
    ...(run.kind === 'imported' ? [words.imported] : []),
    ...(settings === null ? [] : [words.depth(count(settings.depth))]),
    words.queries(count(run.doneQueries), count(run.totalQueries)),
    ago(run.createdAt),
  ];
  const took = [
    ...(scoredPairs > 0 ? [words.scored(count(scoredPairs))] : []),
    ...(cachedPairs > 0 ? [words.known(count(cachedPairs))] : []),
    ...(scoringMs > 0
      ? [words.took(duration(scoringMs)), words.speed(rough((scoredPairs / scoringMs) * 1000))]
      : []),
  ];
  return (
    <>
      <p className="models-note collection-numbers">{asked.join(' · ')}</p>
      {took.length > 0 && <p className="models-note collection-numbers">{took.join(' · ')}</p>}
    </>
  );
}

/** A run that was stopped: it goes on with its own model, or loads that first. */
function Unfinished(props: { run: Run; name: string; collectionId: string }) {
  const { run, name, collectionId } = props;
  const { runs: words } = useCollectionWords();
  const language = useLanguage();
  const loaded = useApp((state) => (state.model.phase === 'ready' ? state.model.model : null));
  const busy = useCollections((state) => state.run.phase === 'running');
  const other =
    loaded !== null && run.provenance !== null && !isSameModel(run.provenance, loaded)
      ? run.provenance
      : null;
  return (
    <div className="collection-unfinished">
      <span className="models-note models-warning">
        {[
          words.unfinished,
          ...(other === null ? [] : [words.otherModel(labelOfRun(other, language))]),
        ].join(' · ')}
      </span>
      <button
        type="button"
        className="button button-small"
        aria-label={words.resumeOf(name)}
        disabled={busy}
        onClick={() =>
          other === null ? resumeRun(collectionId, run) : resumeWithItsModel(collectionId, run)
        }
      >
        {other === null ? words.resume : words.loadAndResume}
      </button>
    </div>
  );
}

function RunFacts({ run }: { run: Run }) {
  const { runs: words } = useCollectionWords();
  const language = useLanguage();
  const rows = factsOf(run, words.fact, language);
  return (
    <details className="collection-facts-more">
      <summary>{words.facts}</summary>
      <dl className="facts">
        {rows.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function factsOf(
  { provenance, settings, createdAt, tag }: Run,
  fact: ReturnType<typeof useCollectionWords>['runs']['fact'],
  language: Language,
): readonly (readonly [string, string])[] {
  if (provenance === null) return [];
  const { words, count } = language;
  const { revision, adapter, threads, maxLength, titles, browser } = provenance;
  const begun = new Intl.DateTimeFormat(language.tag === 'zh' ? 'zh-Hans' : 'en', {
    dateStyle: 'medium',
    timeStyle: 'short',
  }).format(createdAt);
  return [
    [words.model.facts.model, tag],
    [fact.revision, revision],
    [fact.place, placeOfRun(provenance, language)],
    [fact.adapter, adapter ?? fact.noAdapter],
    [fact.threads, count(threads)],
    [fact.maxLength, words.model.tokens(count(maxLength))],
    ...(settings === null
      ? []
      : [[fact.longDocuments, words.passages.choices[settings.longDocuments]] as const]),
    [fact.titles, titles ? fact.withTitles : fact.withoutTitles],
    [fact.begun, begun],
    [fact.browser, browser],
  ];
}
