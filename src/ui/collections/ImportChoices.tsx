import { type ReactNode, useId, useState } from 'react';
import { changeImport } from '../../app/import-actions.ts';
import {
  fieldsOfRole,
  importEncodings,
  importFormats,
  recordRoles,
  withEncoding,
  withField,
  withFormat,
  withRecords,
  withRole,
} from '../../app/import-interpretation.ts';
import type { FilePreview, ImportRow, Interpretation } from '../../app/import-view.ts';
import { useImportWords } from './import-language.ts';

const delimiters = [',', '\t', ';', '|'] as const;
const layouts = ['lines', 'blank-lines', 'whole-file'] as const;
const takes = ['both', 'questions', 'paragraphs'] as const;

/** How the files of a row are understood, each part changeable. */
export function ImportChoices({ row }: { row: ImportRow }) {
  const { choices } = useImportWords();
  const { interpretation } = row.first;
  const change = (to: (preview: FilePreview) => Interpretation): void => {
    changeImport(
      row.previews.map(({ path }) => path),
      to,
    );
  };
  const set = (part: Partial<Interpretation>): void =>
    change((preview) => ({ ...preview.interpretation, ...part }));
  const place = (found: Parameters<typeof withRecords>[1]): void =>
    change((preview) => withRecords(preview.interpretation, found));
  const { format } = interpretation;
  return (
    <div className="import-choices">
      <Choice
        label={choices.format}
        options={importFormats}
        value={format}
        wordOf={(option) => (option === 'delimited' ? choices.csvOrTsv : choices.formats[option])}
        onChoose={(option) => change((preview) => withFormat(preview.interpretation, option))}
      />
      <Choice
        label={choices.encoding}
        options={importEncodings}
        value={interpretation.encoding}
        wordOf={(option) => choices.encodings[option]}
        onChoose={(encoding) => change((preview) => withEncoding(preview.interpretation, encoding))}
      />
      {format === 'plain-text' && (
        <Choice
          label={choices.layout}
          options={layouts}
          value={interpretation.layout ?? 'lines'}
          wordOf={(option) => choices.layouts[option]}
          onChoose={(layout) => set({ layout })}
        />
      )}
      {format === 'squad' && (
        <Choice
          label={choices.take}
          options={takes}
          value={interpretation.take ?? 'both'}
          wordOf={(option) => choices.takes[option]}
          onChoose={(take) => set({ take })}
        />
      )}
      {format === 'json' && (
        <RecordsPath
          key={interpretation.recordsPath}
          path={interpretation.recordsPath ?? ''}
          onChoose={(recordsPath) => place({ recordsPath })}
        />
      )}
      {format === 'delimited' && (
        <Choice
          label={choices.delimiter}
          options={delimiters}
          value={interpretation.delimiter ?? ','}
          wordOf={(option) => choices.delimiters[option]}
          onChoose={(delimiter) => place({ delimiter })}
        />
      )}
      {interpretation.role !== undefined && (
        <Choice
          label={choices.role}
          options={recordRoles}
          value={interpretation.role}
          wordOf={(option) => choices.roles[option]}
          onChoose={(role) => change((preview) => withRole(preview.interpretation, role))}
        />
      )}
      {format === 'delimited' && (
        <label className="toggle import-wide">
          <input
            type="checkbox"
            checked={interpretation.hasHeader ?? false}
            onChange={({ target }) => place({ hasHeader: target.checked })}
          />
          {choices.header}
        </label>
      )}
      {interpretation.role !== undefined && row.first.columns.length > 0 && (
        <Fields preview={row.first} onChange={change} />
      )}
    </div>
  );
}

interface FieldsProps {
  readonly preview: FilePreview;
  readonly onChange: (to: (preview: FilePreview) => Interpretation) => void;
}

/** Which column each field of a record is taken from. */
function Fields({ preview, onChange }: FieldsProps) {
  const { choices } = useImportWords();
  const { columns, interpretation } = preview;
  const { role, fields, hasHeader, format } = interpretation;
  if (role === undefined) return null;
  const numbered = format === 'delimited' && hasHeader === false;
  return (
    <fieldset className="import-fields">
      <legend>{choices.fieldsLegend}</legend>
      {fieldsOfRole[role].map((field) => {
        const chosen = fields?.[field];
        const offered =
          chosen === undefined || columns.includes(chosen) ? columns : [...columns, chosen];
        const isId = field === 'docId' || field === 'queryId';
        const assigned = isId && role !== 'judgements' && role !== 'run';
        return (
          <Choice
            key={field}
            label={choices.fields[field]}
            options={['', ...offered]}
            value={chosen ?? ''}
            wordOf={(column) => {
              if (column === '') return assigned ? choices.assigned : choices.none;
              return numbered ? choices.column(column) : column;
            }}
            onChoose={(column) =>
              onChange(({ interpretation: before }) =>
                withField(before, field, column === '' ? null : column),
              )
            }
          />
        );
      })}
    </fieldset>
  );
}

interface ChoiceProps<Option extends string> {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: Option;
  readonly wordOf: (option: Option) => string;
  readonly onChoose: (option: Option) => void;
}

function Choice<Option extends string>(props: ChoiceProps<Option>) {
  const { label, options, value, wordOf, onChoose } = props;
  return (
    <Labelled label={label}>
      {(id) => (
        <select
          id={id}
          className="import-select"
          value={value}
          onChange={({ target }) => {
            const option = options.find((known) => known === target.value);
            if (option !== undefined) onChoose(option);
          }}
        >
          {options.map((option) => (
            <option key={option} value={option}>
              {wordOf(option)}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function RecordsPath({ path, onChoose }: { path: string; onChoose: (path: string) => void }) {
  const { choices } = useImportWords();
  const [typed, setTyped] = useState(path);
  const hint = useId();
  const take = (): void => {
    if (typed.trim() !== path) onChoose(typed.trim());
  };
  return (
    <Labelled label={choices.recordsPath}>
      {(id) => (
        <>
          <input
            id={id}
            type="text"
            className="import-select mono"
            aria-describedby={hint}
            title={choices.recordsPathHint}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
            onBlur={take}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && !event.nativeEvent.isComposing) take();
            }}
          />
          <span id={hint} className="visually-hidden">
            {choices.recordsPathHint}
          </span>
        </>
      )}
    </Labelled>
  );
}

/** A label above its control. */
function Labelled({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="import-choice">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}
