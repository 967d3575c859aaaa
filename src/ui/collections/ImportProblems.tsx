import { type ImportProblem, problemSeverities } from '../../app/import-view.ts';
import { useLanguage } from '../language.ts';
import { useImportWords } from './import-language.ts';
import { type PhraseBook, phraseOfPlace, phraseOfProblem } from './import-phrases.ts';

/** What is wrong, how often, where first, and what to do; the worst first. */
export function ImportProblems({ problems }: { problems: readonly ImportProblem[] }) {
  const words = useImportWords();
  const { count } = useLanguage();
  const book: PhraseBook = { words, count };
  return (
    <div className="import-problems">
      {problemSeverities.map((severity) => {
        const found = problems.filter((problem) => problem.severity === severity);
        if (found.length === 0) return null;
        return (
          <section key={severity} data-severity={severity}>
            <h3>{words.problems.severities[severity]}</h3>
            <ul>
              {found.map((problem) => (
                <Problem key={problem.code} problem={problem} book={book} />
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function Problem({ problem, book }: { problem: ImportProblem; book: PhraseBook }) {
  const { places, count: times } = problem;
  const more = times - places.length;
  return (
    <li>
      <p>{phraseOfProblem(problem, book)}</p>
      {places.length > 0 && (
        <ul className="import-places">
          {places.map((place, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two places may be the same line.
            <li key={index}>{phraseOfPlace(problem.code, place, book)}</li>
          ))}
          {more > 0 && <li>{book.words.problems.more(book.count(more))}</li>}
        </ul>
      )}
    </li>
  );
}
