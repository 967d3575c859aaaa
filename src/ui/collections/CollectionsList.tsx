import { useEffect, useRef } from 'react';
import {
  dismissCollectionFailure,
  refreshCollections,
  removeCollection,
  restoreCollection,
} from '../../app/collections-actions.ts';
import { openSampleCollection } from '../../app/sample-collection.ts';
import { useLanguage } from '../language.ts';
import { CollectionsFailure } from './CollectionsFailure.tsx';
import { CollectionsRow } from './CollectionsRow.tsx';
import { CollectionsScores } from './CollectionsScores.tsx';
import { ImportButton } from './ImportButton.tsx';
import { ImportDrop } from './ImportDrop.tsx';
import { ImportPanel } from './ImportPanel.tsx';
import { useImport } from './import-language.ts';
import { useCollections, useCollectionWords } from './use-collections.ts';

/** The collections on this machine, and the way to bring more. */
export function CollectionsList() {
  const words = useCollectionWords();
  const main = useLanguage().words;
  const list = useCollections((state) => state.list);
  const failure = useCollections((state) => state.failure);
  const inMemory = useCollections((state) => state.storage === 'memory');
  const heading = useRef<HTMLHeadingElement>(null);
  const count = list.phase === 'ready' ? list.collections.length : 0;
  const importing = useImport((state) => state.phase !== 'idle');
  return (
    <>
      <header className="collections-head">
        <div className="collections-head-text">
          <h1 ref={heading} tabIndex={-1}>
            {words.heading}
          </h1>
          <p className="lead">{words.lead}</p>
        </div>
        {/* While something is imported, the empty list with its buttons is not there. */}
        {(count > 0 || importing) && <ImportButton into={null} main />}
      </header>
      {inMemory && <p className="notice">{words.memory}</p>}
      {failure !== null && (
        <CollectionsFailure failure={failure}>
          <button type="button" className="button" onClick={dismissCollectionFailure}>
            {words.page.dismiss}
          </button>
        </CollectionsFailure>
      )}
      {list.phase === 'failed' && (
        <CollectionsFailure failure={list.failure}>
          <button type="button" className="button" onClick={() => refreshCollections()}>
            {main.reload}
          </button>
        </CollectionsFailure>
      )}
      <ImportPanel />
      <Removed />
      {list.phase === 'loading' && <p className="models-note">{words.loading}</p>}
      {list.phase === 'ready' && count === 0 && !importing && <Nothing />}
      {list.phase === 'ready' && count > 0 && (
        <div className="collections-list">
          <Columns />
          <ul aria-label={words.list.label}>
            {list.collections.map((summary) => (
              <CollectionsRow
                key={summary.id}
                summary={summary}
                onRemove={() => {
                  // The button goes with its row: reading goes on from the top of the list.
                  heading.current?.focus();
                  removeCollection(summary);
                }}
              />
            ))}
          </ul>
        </div>
      )}
      {list.phase === 'ready' && <CollectionsScores />}
      <ImportDrop into={null} />
    </>
  );
}

function Columns() {
  const { columns } = useCollectionWords().list;
  return (
    <p className="collections-columns" aria-hidden="true">
      <span>{columns.name}</span>
      <span>{columns.documents}</span>
      <span>{columns.queries}</span>
      <span>{columns.candidates}</span>
      <span>{columns.judgements}</span>
      <span>{columns.runs}</span>
      <span>{columns.changed}</span>
    </p>
  );
}

/** What was deleted last, as long as it can be brought back. */
function Removed() {
  const words = useCollectionWords();
  const removed = useCollections((state) => state.removed);
  const undo = useRef<HTMLButtonElement>(null);
  const id = removed?.id ?? null;
  useEffect(() => {
    if (id !== null) undo.current?.focus();
  }, [id]);
  if (removed === null) return null;
  return (
    <p className="notice collections-removed">
      <span>{words.list.removed(removed.name)}</span>
      <button
        ref={undo}
        type="button"
        className="button button-small"
        aria-label={words.list.undoOf(removed.name)}
        onClick={() => restoreCollection()}
      >
        {words.list.undo}
      </button>
    </p>
  );
}

/** What this view is for, while there is nothing in it. */
function Nothing() {
  const { none } = useCollectionWords();
  return (
    <section className="collections-none" aria-labelledby="collections-none">
      <h2 id="collections-none">{none.heading}</h2>
      <p>{none.text}</p>
      <div className="collections-none-action">
        <ImportButton into={null} main />
      </div>
      <p>
        {none.sampleLead}{' '}
        <button
          type="button"
          className="link"
          onClick={() => openSampleCollection(none.sampleName)}
        >
          {none.sample}
        </button>
      </p>
      <h3>{none.what}</h3>
      <dl>
        {none.kinds.map(([kind, what]) => (
          <div key={kind}>
            <dt>{kind}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="models-note">{none.private}</p>
    </section>
  );
}
