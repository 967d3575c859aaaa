import { useId, useState } from 'react';
import { includeInImport } from '../../app/import-actions.ts';
import { fileNameOf } from '../../app/import-files.ts';
import { chosenFields } from '../../app/import-interpretation.ts';
import { type ImportProblem, type ImportRow, problemsOf } from '../../app/import-view.ts';
import { useLanguage } from '../language.ts';
import { ImportChoices } from './ImportChoices.tsx';
import { ImportProblems } from './ImportProblems.tsx';
import { ImportSample } from './ImportSample.tsx';
import { useFileSize, useImportWords } from './import-language.ts';
import { folderOfRow, nameOfRow, type PhraseBook, phraseOfRow } from './import-phrases.ts';

/** Files of a group that are listed at once. */
const pageLength = 100;

interface Props {
  readonly row: ImportRow;
  /** Whether the user has said what it is. */
  readonly decided: boolean;
  readonly open: boolean;
  readonly onToggle: () => void;
}

/** One file, or a group of them: what it is taken for, and behind it how to change that. */
export function ImportRowView({ row, decided, open, onToggle }: Props) {
  const words = useImportWords();
  const { count } = useLanguage();
  const size = useFileSize();
  const details = useId();
  const { list } = words;
  const book: PhraseBook = { words, count };
  const { first, previews } = row;
  const included = previews.filter(({ interpretation }) => interpretation.included).length;
  const problems = problemsOf(previews);
  const name = nameOfRow(row, book);
  const bytes = previews.reduce((sum, preview) => sum + preview.bytes, 0);
  return (
    <li className="import-row" data-included={included > 0} data-open={open}>
      <div className="import-row-head">
        <input
          type="checkbox"
          className="import-check"
          aria-label={list.include(name)}
          checked={included === previews.length}
          ref={(box) => {
            if (box !== null) box.indeterminate = included > 0 && included < previews.length;
          }}
          onChange={({ target }) =>
            includeInImport(
              previews.map(({ path }) => path),
              target.checked,
            )
          }
        />
        <button
          type="button"
          className="import-toggle"
          aria-expanded={open}
          aria-controls={details}
          title={list.details(name)}
          onClick={onToggle}
        >
          <span className="import-name" dir="auto">
            <span className="muted">{folderOfRow(row)}</span>
            {name}
          </span>
          <span className="import-size">{size(bytes)}</span>
          <span className="import-taken">
            {included === 0 && <span className="import-out">{list.leftOut}</span>}
            <span>
              <Taken row={row} decided={decided} book={book} problems={problems} />
              {included > 0 && included < previews.length && (
                <> · {list.includedOf(count(included), count(previews.length))}</>
              )}
            </span>
          </span>
          {problems.length > 0 && <ProblemMark problems={problems} />}
        </button>
      </div>
      {open && (
        <div className="import-details" id={details}>
          <ImportChoices row={row} />
          <ImportSample preview={first} name={previews.length > 1 ? first.path : name} />
          {problems.length > 0 && (
            <div>
              {!previews.every(({ complete }) => complete) && (
                <p className="import-note">{words.problems.soFar}</p>
              )}
              <ImportProblems problems={problems} />
            </div>
          )}
          {previews.length > 1 && <GroupFiles row={row} />}
        </div>
      )}
    </li>
  );
}

interface TakenProps {
  readonly row: ImportRow;
  readonly decided: boolean;
  readonly book: PhraseBook;
  readonly problems: readonly ImportProblem[];
}

/** What it is taken for, in a sentence. */
function Taken({ row, decided, book, problems }: TakenProps) {
  const { list, choices } = book.words;
  const { interpretation, recognised, counts } = row.first;
  const broken = problems.some(({ severity }) => severity === 'file');
  const isEmpty = counts.documents + counts.queries + counts.candidates + counts.judgements === 0;
  if (broken && isEmpty && row.previews.length === 1) {
    return <span className="models-bad">{list.cannot}</span>;
  }
  const unsure = !recognised && !decided;
  if (unsure && isEmpty) return <span className="models-warning">{list.notRecognised}</span>;
  const numbered = interpretation.format === 'delimited' && interpretation.hasHeader === false;
  const { layout, take } = interpretation;
  return (
    <>
      {unsure && <span className="models-warning">{list.unsure} </span>}
      {phraseOfRow(row, book)}
      {layout !== undefined && `${list.fieldsLead}${list.layouts[layout]}`}
      {take !== undefined && take !== 'both' && `${list.fieldsLead}${choices.takes[take]}`}
      {chosenFields(interpretation).map(({ field, column }, index) => (
        <span key={field}>
          {index === 0 ? list.fieldsLead : list.fieldsJoin}
          {list.fieldFrom(choices.fields[field])}{' '}
          {numbered ? choices.column(column) : <code>{column}</code>}
        </span>
      ))}
    </>
  );
}

/** How many kinds of problems there are, in the colour of the worst. */
function ProblemMark({ problems }: { problems: readonly ImportProblem[] }) {
  const { list } = useImportWords();
  const { count } = useLanguage();
  const [worst] = problems;
  const kinds = problems.filter(({ severity }) => severity === worst?.severity).length;
  // What is only worth knowing can be read when the row is open.
  if (worst === undefined || worst.severity === 'note') return null;
  return (
    <span className="import-mark" data-severity={worst.severity}>
      {list.problems(count(kinds), kinds !== 1)}
    </span>
  );
}

/** Each file of a group with a box to leave it out. */
function GroupFiles({ row }: { row: ImportRow }) {
  const { list } = useImportWords();
  const { count } = useLanguage();
  const size = useFileSize();
  const [shown, setShown] = useState(pageLength);
  const { previews } = row;
  const more = Math.min(pageLength, previews.length - shown);
  return (
    <section className="import-group" aria-label={list.allFiles}>
      <ul>
        {previews.slice(0, shown).map(({ path, bytes, interpretation }) => (
          <li key={path}>
            <label className="toggle">
              <input
                type="checkbox"
                checked={interpretation.included}
                onChange={({ target }) => includeInImport([path], target.checked)}
              />
              <span title={path}>{fileNameOf(path)}</span>
            </label>
            <span className="import-size">{size(bytes)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <button
          type="button"
          className="button button-quiet button-small"
          onClick={() => setShown(shown + pageLength)}
        >
          {list.more(count(more))}
        </button>
      )}
    </section>
  );
}
