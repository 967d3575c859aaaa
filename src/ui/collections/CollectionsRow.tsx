import { useRef, useState } from 'react';
import {
  cancelWork,
  downloadCollection,
  duplicateCollection,
  renameCollection,
} from '../../app/collections-actions.ts';
import { addressOfPlace } from '../../app/collections-address.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { useLanguage } from '../language.ts';
import { useMeasures } from '../models-measures.ts';
import { useKeptFocus } from '../use-kept-focus.ts';
import { CollectionName } from './CollectionName.tsx';
import { useCollections, useCollectionWords } from './use-collections.ts';

type Summary = Extract<CollectionsState['list'], { phase: 'ready' }>['collections'][number];

/** One collection of the list: a link as large as the row, and what can be done with it. */
export function CollectionsRow({ summary, onRemove }: { summary: Summary; onRemove: () => void }) {
  const words = useCollectionWords();
  const { list } = words;
  const [renaming, setRenaming] = useState(false);
  const part = useRef<HTMLLIElement>(null);
  const keptFocus = useKeptFocus(part);
  const { id, name, readable, problem = 'damaged' } = summary;
  return (
    <li
      ref={part}
      {...keptFocus}
      className="collections-row"
      aria-label={name}
      data-readable={readable}
    >
      <div className="collections-name">
        {renaming ? (
          <CollectionName
            name={name}
            onDone={(typed) => {
              setRenaming(false);
              if (typed !== null && typed !== name) renameCollection(id, typed);
            }}
          />
        ) : readable ? (
          <a
            className="collections-link"
            href={addressOfPlace({ page: 'collection', collectionId: id, tab: 'evaluation' })}
          >
            {name}
          </a>
        ) : (
          <span>{name}</span>
        )}
      </div>
      {readable ? (
        <Counts summary={summary} />
      ) : (
        <p className="models-note models-warning collections-unreadable">
          {list.unreadable[problem]}
        </p>
      )}
      <div className="collections-actions">
        <Actions summary={summary} onRename={() => setRenaming(true)} onRemove={onRemove} />
      </div>
    </li>
  );
}

function Counts({ summary }: { summary: Summary }) {
  const words = useCollectionWords();
  const { count } = useLanguage();
  const { ago } = useMeasures();
  const { columns, by, byHint } = words.list;
  const { candidateSource, firstStageTag, runs } = summary;
  const given = candidateSource === 'given';
  const hint =
    given && firstStageTag !== null
      ? byHint.given(firstStageTag)
      : byHint[given ? 'givenUnnamed' : candidateSource];
  return (
    <>
      <Count unit={columns.documents} value={count(summary.documents)} />
      <Count unit={columns.queries} value={count(summary.queries)} />
      <span className="collections-count" title={hint}>
        {given && <b>{count(summary.candidates)}</b>}{' '}
        <span className={given ? 'collections-unit' : 'collections-by'}>
          {given ? columns.candidates : by[candidateSource]}
        </span>
        <span className="visually-hidden"> {hint}</span>
      </span>
      <Count unit={columns.judgements} value={count(summary.judgements)} />
      <Count unit={columns.runs} value={count(runs.length)} />
      <span className="collections-count collections-changed">
        <span className="visually-hidden">{columns.changed} </span>
        {ago(summary.updatedAt)}
      </span>
    </>
  );
}

function Count({ value, unit }: { value: string; unit: string }) {
  return (
    <span className="collections-count">
      <b>{value}</b> <span className="collections-unit">{unit}</span>
    </span>
  );
}

function Actions(props: { summary: Summary; onRename: () => void; onRemove: () => void }) {
  const { summary, onRename, onRemove } = props;
  const { list } = useCollectionWords();
  const { percent } = useLanguage();
  const work = useCollections((state) => state.work);
  const { id, name, readable } = summary;
  if (work?.collectionId === id) {
    return (
      <span className="collections-working">
        <span>
          {list.working[work.kind]} {work.share !== null && percent(work.share)}
        </span>
        <button type="button" className="button button-small" onClick={cancelWork}>
          {list.stop}
        </button>
      </span>
    );
  }
  return (
    <>
      {readable && (
        <>
          <button
            type="button"
            className="button button-quiet button-small"
            aria-label={list.renameOf(name)}
            onClick={onRename}
          >
            {list.rename}
          </button>
          <button
            type="button"
            className="button button-quiet button-small"
            aria-label={list.duplicateOf(name)}
            onClick={() => duplicateCollection(summary)}
          >
            {list.duplicate}
          </button>
        </>
      )}
      <button
        type="button"
        className="button button-quiet button-small"
        aria-label={list.exportOf(name)}
        onClick={() => downloadCollection(summary)}
      >
        {list.export}
      </button>
      <button
        type="button"
        className="button button-quiet button-small"
        aria-label={list.removeOf(name)}
        onClick={onRemove}
      >
        {list.remove}
      </button>
    </>
  );
}
