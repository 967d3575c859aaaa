import { type FormEvent, useId, useMemo, useRef, useState } from 'react';
import {
  defaultDepth,
  expectedSpeed,
  mostCandidates,
  offeredDepths,
  planRun,
  typedCount,
} from '../../app/collection-plan.ts';
import { rerankCollection } from '../../app/collection-run-actions.ts';
import { addressOfPlace } from '../../app/collections-address.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { LongDocuments } from '../LongDocuments.tsx';
import { useLanguage } from '../language.ts';
import { useMeasures } from '../models-measures.ts';
import { useApp } from '../use-app.ts';
import { useKeptFocus } from '../use-kept-focus.ts';
import { CollectionModel } from './CollectionModel.tsx';
import { CollectionRunEnd } from './CollectionRunEnd.tsx';
import { CollectionRunProgress } from './CollectionRunProgress.tsx';
import { useCollections, useCollectionWords } from './use-collections.ts';

type Opened = Extract<CollectionsState['opened'], { phase: 'ready' }>;

/** What is typed and ticked; it outlives a run, during which the form is away. */
interface Asked {
  readonly depth: string;
  readonly limit: string;
  readonly titles: boolean;
}

/** A model over all queries: what it is asked for, what that comes to, and how far it is. */
export function CollectionRerank({ opened }: { opened: Opened }) {
  const words = useCollectionWords();
  const [asked, setAsked] = useState<Asked>(() => ({
    depth: String(defaultDepth(opened.overview)),
    limit: '',
    titles: true,
  }));
  const part = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(part);
  const run = useCollections((state) => state.run);
  const { overview, collectionId } = opened;
  const isHere = run.phase !== 'idle' && run.target.collectionId === collectionId;
  return (
    <section
      ref={part}
      className="models-card collection-rerank"
      aria-labelledby="collection-rerank"
      tabIndex={-1}
      {...keptFocus}
    >
      <h2 id="collection-rerank">{words.rerank.heading}</h2>
      {run.phase === 'running' && !isHere && <Elsewhere collectionId={run.target.collectionId} />}
      {run.phase === 'running' && isHere && <CollectionRunProgress run={run} />}
      {run.phase === 'ended' && isHere && <CollectionRunEnd run={run} />}
      {mostCandidates(overview) === 0 ? (
        <p className="models-note">{words.rerank.nothing}</p>
      ) : (
        run.phase !== 'running' && (
          <Form
            opened={opened}
            asked={asked}
            onAsk={(change) => setAsked((before) => ({ ...before, ...change }))}
          />
        )
      )}
    </section>
  );
}

function Elsewhere({ collectionId }: { collectionId: string }) {
  const { rerank } = useCollectionWords();
  const name = useCollections(({ list }) =>
    list.phase === 'ready'
      ? (list.collections.find(({ id }) => id === collectionId)?.name ?? null)
      : null,
  );
  return (
    <p className="models-note">
      {name === null ? rerank.elsewhereUnnamed : rerank.elsewhere(name)}{' '}
      <a href={addressOfPlace({ page: 'collection', collectionId, tab: 'evaluation' })}>
        {rerank.show}
      </a>
    </p>
  );
}

function Form(props: { opened: Opened; asked: Asked; onAsk: (change: Partial<Asked>) => void }) {
  const { opened, asked, onAsk } = props;
  const words = useCollectionWords();
  const { count } = useLanguage();
  const { overview, collectionId, titles } = opened;
  const longDocuments = useApp((state) => state.settings.longDocuments);
  const maxLength = useApp((state) => state.settings.maxLength);
  const most = mostCandidates(overview);
  const queries = overview.queries.length;
  const ids = { depth: useId(), limit: useId(), problem: useId() };
  const { rerank } = words;

  const depth = typedCount(asked.depth, most);
  const limit = asked.limit.trim() === '' ? queries : typedCount(asked.limit, queries);
  const possible = depth !== null && limit !== null;
  const queryLimit = limit === queries ? null : limit;

  const start = (event: FormEvent): void => {
    event.preventDefault();
    if (!possible) return;
    rerankCollection(collectionId, {
      depth,
      queryLimit,
      titles: titles !== false && asked.titles,
      longDocuments,
      maxLength,
    });
  };

  return (
    <form className="collection-form" onSubmit={start}>
      <CollectionModel />
      <div className="collection-field">
        <label htmlFor={ids.depth} title={rerank.depthHint}>
          {rerank.depth}
        </label>
        <div className="collection-depth">
          <input
            id={ids.depth}
            className="box collection-number"
            inputMode="numeric"
            autoComplete="off"
            value={asked.depth}
            aria-invalid={depth === null}
            aria-describedby={depth === null ? ids.problem : undefined}
            onChange={(event) => onAsk({ depth: event.target.value })}
          />
          <fieldset className="collection-presets">
            <legend className="visually-hidden">{rerank.presets}</legend>
            {offeredDepths(overview).map((preset) => (
              <button
                key={preset}
                type="button"
                className="button button-small"
                aria-pressed={preset === depth}
                onClick={() => onAsk({ depth: String(preset) })}
              >
                {preset === most ? rerank.all(count(preset)) : count(preset)}
              </button>
            ))}
          </fieldset>
        </div>
      </div>
      <div className="collection-field">
        <label htmlFor={ids.limit} title={rerank.limitHint}>
          {rerank.limit}
        </label>
        <input
          id={ids.limit}
          className="box collection-number"
          inputMode="numeric"
          autoComplete="off"
          placeholder={rerank.limitAll(count(queries))}
          value={asked.limit}
          aria-invalid={limit === null}
          aria-describedby={limit === null ? ids.problem : undefined}
          onChange={(event) => onAsk({ limit: event.target.value })}
        />
      </div>
      {titles !== false && (
        <label className="toggle">
          <input
            type="checkbox"
            checked={asked.titles}
            onChange={(event) => onAsk({ titles: event.target.checked })}
          />
          {rerank.titles}
        </label>
      )}
      <LongDocuments />
      {!possible && (
        <p id={ids.problem} className="models-note models-bad">
          {rerank.wrong(count(depth === null ? most : queries))}
        </p>
      )}
      {possible && <Plan opened={opened} depth={depth} queryLimit={queryLimit} />}
      <p className="collection-start">
        <button type="submit" className="button button-main" disabled={!possible}>
          {rerank.start}
        </button>
      </p>
    </form>
  );
}

/** What the run comes to, and how long it may take. */
function Plan(props: { opened: Opened; depth: number; queryLimit: number | null }) {
  const { opened, depth, queryLimit } = props;
  const words = useCollectionWords();
  const { count } = useLanguage();
  const { duration } = useMeasures();
  const { overview } = opened;
  const { queries, pairs } = useMemo(
    () => planRun(overview, { depth, queryLimit }),
    [overview, depth, queryLimit],
  );
  const speed = useSpeed(overview);
  const { rerank, counts } = words;
  const said = overview.summary.candidateSource === 'bm25' ? rerank.planAtMost : rerank.plan;
  return (
    <p className="collection-plan">
      <strong>
        {said(
          counts.queries(count(queries), queries !== 1),
          counts.pairs(count(pairs), pairs !== 1),
        )}
      </strong>
      {speed === null ? (
        <span className="models-note">{rerank.estimateUnknown}</span>
      ) : (
        <span>{rerank.estimate(duration((pairs / speed) * 1000))}</span>
      )}
      <span className="models-note">{rerank.known}</span>
    </p>
  );
}

/** Pairs per second to be expected of the model in use; null where nothing tells. */
function useSpeed(overview: Opened['overview']): number | null {
  const model = useApp((state) => (state.model.phase === 'ready' ? state.model.model : null));
  const kept = useApp((state) => state.models.kept);
  const benchmark = useApp(({ models }) =>
    models.benchmark.phase === 'done' ? models.benchmark.report : null,
  );
  const list = useCollections((state) => state.list);
  return useMemo(() => {
    if (model === null) return null;
    const { summary } = overview;
    const others = list.phase === 'ready' ? list.collections : [];
    const runs = [
      ...summary.runs,
      ...others.flatMap((other) => (other.id === summary.id ? [] : other.runs)),
    ];
    const measured = (kept ?? []).flatMap(({ id, revision, benchmarks }) =>
      benchmarks.map((one) => ({ ...one, model: id, revision })),
    );
    return expectedSpeed(
      model,
      runs,
      benchmark === null ? measured : [benchmark, ...measured],
      summary,
    );
  }, [model, kept, benchmark, list, overview]);
}
