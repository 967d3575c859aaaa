import { useEffect, useId, useState } from 'react';
import { failureOf } from '../app/model-phase.ts';
import type { Failure } from '../app/store.ts';
import { exportEn } from './export-en.ts';
import { exportZh } from './export-zh.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { useLanguage } from './language.ts';
import { saveFile } from './save-file.ts';

type Format = keyof typeof exportEn.formats;

/** What the writers take besides the format. */
interface Options {
  /** Documents per query; null: all. */
  readonly topK: number | null;
  readonly texts: boolean;
  readonly rawScores: boolean;
}

interface ExportedText {
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
}

interface Props {
  /** Writes the file. Changes of this function, such as another order, make it anew. */
  readonly makeFile: (format: Format, options: Options) => Promise<ExportedText>;
  /** Most documents per query that there are. */
  readonly mostDocuments: number;
  /** False: the file is written only when it is asked for, since it may be large. */
  readonly previews: boolean;
}

const groups = [
  ['files', ['trec-run', 'json', 'jsonl', 'csv']],
  ['services', ['cohere', 'jina', 'tei', 'voyage']],
  ['prompt', ['markdown']],
] as const satisfies readonly (readonly [keyof typeof exportEn.groups, readonly Format[]])[];

const hasTexts: readonly Format[] = ['json', 'jsonl', 'csv'];
const previewCharacters = 1200;

/** Chooses a format, shows what it looks like, and copies or saves it. */
export function ExportBox({ makeFile, mostDocuments, previews }: Props) {
  const { tag, count } = useLanguage();
  const words = tag === 'zh' ? exportZh : exportEn;
  const id = useId();
  const [format, setFormat] = useState<Format>('trec-run');
  const [topK, setTopK] = useState('');
  const [texts, setTexts] = useState(true);
  const [rawScores, setRawScores] = useState(false);
  const [file, setFile] = useState<ExportedText | null>(null);
  const [said, setSaid] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);

  const options: Options = {
    topK: /^[1-9]\d*$/.test(topK) ? Number(topK) : null,
    texts,
    rawScores,
  };
  const { topK: kept } = options;

  useEffect(() => {
    if (!previews) return;
    let wanted = true;
    makeFile(format, { topK: kept, texts, rawScores }).then(
      (made) => {
        if (!wanted) return;
        setFile(made);
        setFailure(null);
      },
      (error: unknown) => {
        if (wanted) setFailure(failureOf(error));
      },
    );
    return () => {
      wanted = false;
    };
  }, [previews, makeFile, format, kept, texts, rawScores]);

  const take = async (use: (made: ExportedText) => Promise<void> | void): Promise<void> => {
    setSaid(words.making);
    try {
      const made = await makeFile(format, options);
      setSaid('');
      setFailure(null);
      await use(made);
    } catch (error) {
      setSaid('');
      setFailure(failureOf(error));
    }
  };

  const copy = ({ text }: ExportedText): Promise<void> =>
    navigator.clipboard.writeText(text).then(
      () => setSaid(words.copied),
      () => setSaid(words.copyFailed),
    );

  return (
    <div className="export-box">
      <div className="export-choices">
        <label className="export-field" htmlFor={`${id}-format`}>
          <span className="field-label">{words.format}</span>
          <select
            id={`${id}-format`}
            className="select"
            value={format}
            onChange={(event) => {
              const chosen = groups
                .flatMap(([, formats]) => formats as readonly Format[])
                .find((known) => known === event.target.value);
              if (chosen !== undefined) setFormat(chosen);
            }}
          >
            {groups.map(([group, formats]) => (
              <optgroup key={group} label={words.groups[group]}>
                {formats.map((name) => (
                  <option key={name} value={name}>
                    {words.formats[name]}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <label className="export-field" htmlFor={`${id}-top`}>
          <span className="field-label">{words.topK}</span>
          <input
            id={`${id}-top`}
            className="box export-number"
            type="number"
            min={1}
            max={mostDocuments}
            inputMode="numeric"
            placeholder={words.allDocuments}
            value={topK}
            onChange={(event) => setTopK(event.target.value)}
          />
        </label>
        {hasTexts.includes(format) && (
          <label className="toggle">
            <input type="checkbox" checked={texts} onChange={() => setTexts(!texts)} />
            {words.texts}
          </label>
        )}
        {format === 'tei' && (
          <label className="toggle">
            <input type="checkbox" checked={rawScores} onChange={() => setRawScores(!rawScores)} />
            {words.rawScores}
          </label>
        )}
      </div>
      <p className="export-hint">{words.formatHints[format]}</p>
      {previews && file !== null && (
        // A text box, so that the keyboard can scroll in it and select.
        <textarea
          className="box export-preview"
          aria-label={words.preview}
          rows={9}
          readOnly
          spellCheck={false}
          value={
            file.text.slice(0, previewCharacters) +
            (file.text.length > previewCharacters
              ? `\n${words.cut(count(file.text.length - previewCharacters))}`
              : '')
          }
        />
      )}
      <div className="export-actions">
        <button
          type="button"
          className="button button-main"
          onClick={() =>
            take(({ name, mediaType, text }) =>
              saveFile(name, new Blob([text], { type: mediaType })),
            )
          }
        >
          {words.download}
        </button>
        <button type="button" className="button" onClick={() => take(copy)}>
          {words.copy}
        </button>
        <span className="muted" aria-live="polite">
          {said}
        </span>
        {previews && file !== null && (
          <span className="export-name">
            {file.name} · {words.characters(count(file.text.length))}
          </span>
        )}
      </div>
      {failure !== null && <FailureNotice failure={failure} />}
    </div>
  );
}
