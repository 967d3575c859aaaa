import { goTo } from '../../app/collections-actions.ts';
import { backToImportChoices, closeImport } from '../../app/import-actions.ts';
import type { ImportState } from '../../app/import-store.ts';
import type { ImportReport } from '../../app/import-view.ts';
import { CopyButton } from '../CopyButton.tsx';
import { useLanguage } from '../language.ts';
import { ImportProblems } from './ImportProblems.tsx';
import { useImportWords } from './import-language.ts';
import { type PhraseBook, phraseOfCounts, textOfReport } from './import-phrases.ts';

type Done = Extract<ImportState, { phase: 'done' }>;

/** What came of the import: what was taken in, and everything that was not. */
export function ImportOutcome({ state }: { state: Done }) {
  const words = useImportWords();
  const { count, rough } = useLanguage();
  const { outcome } = words;
  const { report, draft } = state;
  const { summary, problems } = report;
  const book: PhraseBook = { words, count };
  const lines = headlines(report, draft.target === 'into', book);
  const elapsed = outcome.elapsed(rough(Math.max(0.1, report.elapsedMs / 1000)));
  return (
    <>
      <div className="import-outcome" data-taken={summary !== null}>
        {lines.map((line, index) => (
          <p key={line}>
            {line} {index === 0 && <span className="muted">{elapsed}</span>}
          </p>
        ))}
        {problems.length === 0 && <p className="import-clean">{outcome.clean}</p>}
      </div>
      {problems.length > 0 && <ImportProblems problems={problems} />}
      <p className="import-buttons">
        {summary !== null && (
          <button
            type="button"
            className="button button-main"
            onClick={() => {
              closeImport();
              goTo({
                page: 'collection',
                collectionId: summary.id,
                tab: summary.judgedQueries > 0 ? 'evaluation' : 'queries',
              });
            }}
          >
            {outcome.open}
          </button>
        )}
        {summary === null && (
          <button
            type="button"
            className="button button-main"
            onClick={() => backToImportChoices()}
          >
            {outcome.back}
          </button>
        )}
        <button type="button" className="button" onClick={() => closeImport()}>
          {outcome.close}
        </button>
        <CopyButton text={() => textOfReport(report, book, lines)} label={outcome.copy} />
      </p>
    </>
  );
}

/** What was taken in, in sentences. */
function headlines(report: ImportReport, into: boolean, book: PhraseBook): readonly string[] {
  const { outcome } = book.words;
  const { summary, counts, importedRuns } = report;
  if (summary === null) return [outcome.nothing];
  const taken = phraseOfCounts(counts, book);
  const runs =
    importedRuns.length > 0 ? [outcome.runs(importedRuns.join(book.words.list.listJoin))] : [];
  const first =
    taken === '' && runs.length === 0
      ? [outcome.takenNothingNew(summary.name)]
      : taken === ''
        ? []
        : [outcome.taken(taken, summary.name)];
  const holds = into ? [outcome.holds(summary.name, phraseOfCounts(summary, book))] : [];
  return [...first, ...runs, ...holds];
}
