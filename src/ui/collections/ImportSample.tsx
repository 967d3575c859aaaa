import type { FilePreview, SampleRecord } from '../../app/import-view.ts';
import { useLanguage } from '../language.ts';
import { useImportWords } from './import-language.ts';

type Kind = SampleRecord['kind'];

const kinds = ['document', 'query', 'candidate', 'judgement'] as const satisfies readonly Kind[];

/** The first records of a file as they would be taken in, a small table for each kind. */
export function ImportSample({ preview, name }: { preview: FilePreview; name: string }) {
  const { sample: words } = useImportWords();
  const { sample } = preview;
  if (sample.length === 0) return <p className="import-note">{words.none}</p>;
  return (
    <section className="import-sample" aria-label={words.label(name)}>
      {kinds.map((kind) => {
        const records = sample.filter((record) => record.kind === kind);
        return records.length > 0 && <SampleTable key={kind} kind={kind} records={records} />;
      })}
    </section>
  );
}

function SampleTable({ kind, records }: { kind: Kind; records: readonly SampleRecord[] }) {
  const { sample: words } = useImportWords();
  const { columns } = words;
  const titled = records.some((record) => record.kind === 'document' && record.title !== null);
  const headings: Record<Kind, readonly string[]> = {
    document: titled ? [columns.docId, columns.title, columns.text] : [columns.docId, columns.text],
    query: [columns.queryId, columns.text],
    candidate: [columns.queryId, columns.docId, columns.score],
    judgement: [columns.queryId, columns.docId, columns.grade],
  };
  return (
    <table data-kind={kind}>
      <caption>{words.kinds[kind]}</caption>
      <thead>
        <tr>
          {headings[kind].map((heading) => (
            <th key={heading} scope="col">
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {records.map((record, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the first few records, never reordered.
          <SampleRow key={index} record={record} titled={titled} />
        ))}
      </tbody>
    </table>
  );
}

function SampleRow({ record, titled }: { record: SampleRecord; titled: boolean }) {
  const { sample: words } = useImportWords();
  const { count } = useLanguage();
  switch (record.kind) {
    case 'document':
      return (
        <tr>
          <IdCell id={record.docId} />
          {titled && (
            <td className="import-title" dir="auto">
              {record.title}
            </td>
          )}
          <td className="import-text" dir="auto">
            <span>{record.text}</span>
          </td>
        </tr>
      );
    case 'query':
      return (
        <tr>
          <IdCell id={record.queryId} />
          <td className="import-text" dir="auto">
            <span>{record.text}</span>
          </td>
        </tr>
      );
    case 'candidate':
      return (
        <tr>
          <IdCell id={record.queryId} />
          <IdCell id={record.docId} />
          <td className="import-number">
            {record.score === null ? (
              <span className="muted">{words.noScore}</span>
            ) : (
              String(record.score)
            )}
          </td>
        </tr>
      );
    case 'judgement':
      return (
        <tr>
          <IdCell id={record.queryId} />
          <IdCell id={record.docId} />
          <td className="import-number">{count(record.grade)}</td>
        </tr>
      );
    default: {
      const unknown: never = record;
      return unknown;
    }
  }
}

function IdCell({ id }: { id: string | null }) {
  const { sample: words } = useImportWords();
  return (
    <td className="import-id">
      {id === null ? <span className="muted">{words.assigned}</span> : id}
    </td>
  );
}
