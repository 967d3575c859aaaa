import { importFormats } from '../../app/import-interpretation.ts';
import { CopyButton } from '../CopyButton.tsx';
import { useImportWords } from './import-language.ts';
import '../styles/import.css';

/** One small example of each format; the words in them are nobody's. */
const examples = {
  'plain-text': 'The first document.\nThe second document.\n',
  json: '[\n  { "id": "d1", "title": "Tides", "text": "The moon pulls the sea." },\n  { "id": "d2", "text": "Rivers run to the sea." }\n]\n',
  jsonl: '{"_id": "d1", "title": "Tides", "text": "The moon pulls the sea."}\n',
  delimited: 'pid,passage\nd1,The moon pulls the sea.\nd2,"Rivers run, slowly, to the sea."\n',
  'trec-run': 'q1 Q0 d1 1 12.5 bm25\nq1 Q0 d2 2 11.8 bm25\n',
  'trec-qrels': 'q1 0 d1 2\nq1 0 d2 0\n',
  'first-stage-lists':
    '[{"query": "what causes tides", "hits": [{"content": "The moon pulls the sea.", "qid": "q1", "docid": "d1", "rank": 1, "score": 12.5}]}]\n',
  squad:
    '{"data": [{"paragraphs": [{"context": "The moon pulls the sea.", "qas": [{"id": "q1", "question": "What causes tides?"}]}]}]}\n',
  'rerank-request':
    '{"query": "what causes tides", "documents": ["The moon pulls the sea.", "Rivers run to the sea."]}\n',
  collection: null,
} as const satisfies Record<(typeof importFormats)[number], string | null>;

/** What can be brought, one line each, with an example to copy. */
export function ImportFormats() {
  const { formats } = useImportWords();
  return (
    <div className="import-formats">
      <h3>{formats.heading}</h3>
      <p className="import-note">{formats.lead}</p>
      <ul>
        {importFormats.map((format) => {
          const example = examples[format];
          return (
            <li key={format}>
              <span>{formats.names[format]}</span>
              {example === null ? (
                <span className="import-note">{formats.collectionExample}</span>
              ) : (
                <>
                  <code title={example}>{example.trim().replaceAll(/\n\s*/gu, ' ↵ ')}</code>
                  <CopyButton text={() => example} label={formats.copy} />
                </>
              )}
            </li>
          );
        })}
      </ul>
      <p className="import-note">{formats.limits}</p>
    </div>
  );
}
