import { useEffect, useRef, useState } from 'react';
import {
  dismissCollectionFailure,
  readCollection,
  renameCollection,
} from '../../app/collections-actions.ts';
import {
  addressOfPlace,
  type CollectionTab,
  collectionTabs,
} from '../../app/collections-address.ts';
import type { CollectionsState } from '../../app/collections-store.ts';
import { useLanguage } from '../language.ts';
import { useMeasures } from '../models-measures.ts';
import { useKeptFocus } from '../use-kept-focus.ts';
import { CollectionName } from './CollectionName.tsx';
import { CollectionQueries } from './CollectionQueries.tsx';
import { CollectionRerank } from './CollectionRerank.tsx';
import { CollectionRuns } from './CollectionRuns.tsx';
import { CollectionsFailure } from './CollectionsFailure.tsx';
import { EvaluationPanel } from './EvaluationPanel.tsx';
import { ExportPanel } from './ExportPanel.tsx';
import { ImportButton } from './ImportButton.tsx';
import { ImportDrop } from './ImportDrop.tsx';
import { ImportPanel } from './ImportPanel.tsx';
import { useCollections, useCollectionWords } from './use-collections.ts';

type Opened = Extract<CollectionsState['opened'], { phase: 'ready' }>;

interface Props {
  readonly collectionId: string;
  readonly tab: CollectionTab;
}

/** One collection: what is in it, a model over its queries, and what comes of that. */
export function CollectionPage({ collectionId, tab }: Props) {
  const words = useCollectionWords();
  const main = useLanguage().words;
  const opened = useCollections((state) => state.opened);
  const failure = useCollections((state) => state.failure);
  const back = useRef<HTMLAnchorElement>(null);
  const shown = useRef(false);

  useEffect(() => {
    // Deleted in another tab: what had the focus goes away with the page.
    const gone = shown.current && opened.phase === 'failed';
    if (gone && document.activeElement === document.body) back.current?.focus();
    shown.current = opened.phase === 'ready';
  }, [opened]);

  return (
    <>
      <p className="collection-back">
        <a ref={back} href={addressOfPlace({ page: 'list' })}>
          ← {words.page.back}
        </a>
      </p>
      {failure !== null && (
        <CollectionsFailure failure={failure}>
          <button type="button" className="button" onClick={dismissCollectionFailure}>
            {words.page.dismiss}
          </button>
        </CollectionsFailure>
      )}
      {opened.phase === 'opening' && <p className="models-note">{words.page.opening}</p>}
      {opened.phase === 'failed' && (
        <CollectionsFailure failure={opened.failure} lead={words.page.missing}>
          <button type="button" className="button" onClick={() => readCollection(collectionId)}>
            {main.reload}
          </button>
        </CollectionsFailure>
      )}
      {opened.phase === 'ready' && opened.collectionId === collectionId && (
        <Opened opened={opened} tab={tab} />
      )}
    </>
  );
}

function Opened({ opened, tab }: { opened: Opened; tab: CollectionTab }) {
  const words = useCollectionWords();
  const { overview, collectionId } = opened;
  const { summary } = overview;
  const into = { collectionId, name: summary.name };
  const running = useCollections(
    ({ run }) => run.phase !== 'idle' && run.target.collectionId === collectionId,
  );
  return (
    <>
      <Head summary={summary} />
      <ImportPanel />
      <div className="collection-body" data-tab={tab} data-running={running}>
        <nav className="collection-tabs" aria-label={words.page.parts}>
          {collectionTabs.map((name) => (
            <a
              key={name}
              href={addressOfPlace({ page: 'collection', collectionId, tab: name })}
              aria-current={name === tab ? 'page' : undefined}
            >
              {words.page.tabs[name]}
            </a>
          ))}
        </nav>
        <div className="collection-column">
          <CollectionRerank opened={opened} />
          <CollectionRuns summary={summary} />
        </div>
        <div className="collection-main">
          {tab === 'evaluation' && <EvaluationPanel overview={overview} />}
          {tab === 'queries' && <CollectionQueries overview={overview} />}
          {tab === 'export' && <ExportPanel overview={overview} />}
        </div>
      </div>
      <ImportDrop into={into} />
    </>
  );
}

function Head({ summary }: { summary: Opened['overview']['summary'] }) {
  const words = useCollectionWords();
  const { count } = useLanguage();
  const { ago } = useMeasures();
  const [renaming, setRenaming] = useState(false);
  const part = useRef<HTMLDivElement>(null);
  const keptFocus = useKeptFocus(part);
  const { counts } = words;
  const { id, name, candidateSource, firstStageTag } = summary;
  const origin = {
    given: firstStageTag === null ? counts.given : counts.firstStage(firstStageTag),
    bm25: counts.bm25,
    none: counts.noCandidates,
  };
  const facts = [
    counts.queries(count(summary.queries), summary.queries !== 1),
    counts.documents(count(summary.documents), summary.documents !== 1),
    ...(candidateSource === 'given'
      ? [counts.candidates(count(summary.candidates), summary.candidates !== 1)]
      : []),
    origin[candidateSource],
    counts.judgements(count(summary.judgements), summary.judgements !== 1),
    ...(summary.judgements > 0
      ? [counts.judgedQueries(count(summary.judgedQueries), count(summary.queries))]
      : []),
    counts.changed(ago(summary.updatedAt)),
  ];
  return (
    <header className="collections-head">
      <div className="collections-head-text">
        <div ref={part} className="collection-name" {...keptFocus}>
          {renaming ? (
            <CollectionName
              name={name}
              onDone={(typed) => {
                setRenaming(false);
                if (typed !== null && typed !== name) renameCollection(id, typed);
              }}
            />
          ) : (
            <>
              <h1 dir="auto">{name}</h1>
              <button
                type="button"
                className="button button-quiet button-small"
                aria-label={words.list.renameOf(name)}
                onClick={() => setRenaming(true)}
              >
                {words.list.rename}
              </button>
            </>
          )}
        </div>
        <p className="collection-facts">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
      <ImportButton into={{ collectionId: id, name }} />
    </header>
  );
}
