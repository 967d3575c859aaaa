import type { CollectionsState } from '../../app/collections-store.ts';
import { type Language, useLanguage } from '../language.ts';
import type { CollectionsDictionary } from './collections-en.ts';
import { useCollections, useCollectionWords } from './use-collections.ts';

/** Says when something begins and ends, to those who do not see it; never each query. */
export function CollectionsAnnouncer() {
  const words = useCollectionWords();
  const language = useLanguage();
  const name = useCollections(({ opened, place }) =>
    opened.phase === 'ready' && place.page !== 'list' ? opened.overview.summary.name : null,
  );
  const run = useCollections((state) => state.run);
  const query = useCollections(({ place, opened }) =>
    place.page === 'query' && opened.phase === 'ready'
      ? (opened.overview.queries[place.queryNumber] ?? null)
      : null,
  );
  const work = useCollections((state) => state.work?.kind ?? null);
  const removed = useCollections((state) => state.removed?.name ?? null);
  const { announce } = words;
  const messages = [
    name === null ? '' : announce.opened(name),
    runMessage(run, words, language),
    query === null ? '' : announce.query(language.count(query.number + 1), query.text),
    work === null ? '' : announce[work],
    removed === null ? '' : announce.removed(removed),
  ];
  return (
    <div className="visually-hidden" role="status">
      {/* One element each, so that only the one that changed is read. */}
      {messages.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the places are fixed, the words change.
        <p key={index}>{message}</p>
      ))}
    </div>
  );
}

function runMessage(
  run: CollectionsState['run'],
  { announce, counts }: CollectionsDictionary,
  { count }: Language,
): string {
  if (run.phase === 'running') return announce.running;
  if (run.phase === 'idle') return '';
  if (run.end.kind === 'cancelled') return announce.cancelled;
  if (run.end.kind !== 'done') return '';
  const queries = run.target.onlyQuery === null ? (run.progress?.doneQueries ?? 0) : 1;
  return announce.done(counts.queries(count(queries), queries !== 1));
}
