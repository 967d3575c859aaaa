import { useState } from 'react';
import { reportFile } from '../../app/evaluation-export.ts';
import { failureOf } from '../../app/model-phase.ts';
import type { Failure } from '../../app/store.ts';
import type { Evaluation } from '../../core/evaluation-types.ts';
import { saveFile } from '../save-file.ts';
import { CollectionsFailure } from './CollectionsFailure.tsx';
import { type Overview, useEvaluationWords } from './evaluation-language.ts';

interface Props {
  readonly summary: Overview['summary'];
  readonly evaluation: Evaluation;
}

/** What came of the last press of a button; said in the language of the moment. */
type Said = 'making' | 'copied' | 'failed' | { readonly saved: string };

/** The evaluation to take along: copied or saved. */
export function EvaluationReport({ summary, evaluation }: Props) {
  const { report: words } = useEvaluationWords();
  const [said, setSaid] = useState<Said | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const take = async (format: 'markdown' | 'json', to: 'clipboard' | 'file'): Promise<void> => {
    setSaid('making');
    setFailure(null);
    try {
      const { name, mediaType, text } = await reportFile(summary, evaluation, format);
      if (to === 'file') {
        saveFile(name, new Blob([text], { type: mediaType }));
        setSaid({ saved: name });
      } else {
        await navigator.clipboard.writeText(text).then(
          () => setSaid('copied'),
          () => setSaid('failed'),
        );
      }
    } catch (error) {
      setSaid(null);
      setFailure(failureOf(error));
    }
  };
  return (
    <section className="evaluation-part" aria-labelledby="evaluation-report">
      <h2 id="evaluation-report">{words.heading}</h2>
      <p className="models-note">{words.text}</p>
      <div className="evaluation-actions">
        <button type="button" className="button" onClick={() => take('markdown', 'clipboard')}>
          {words.copy}
        </button>
        <button type="button" className="button" onClick={() => take('markdown', 'file')}>
          {words.markdown}
        </button>
        <button type="button" className="button" onClick={() => take('json', 'file')}>
          {words.json}
        </button>
        <span className="models-note" role="status">
          {said !== null && (typeof said === 'string' ? words[said] : said.saved)}
        </span>
      </div>
      {failure !== null && <CollectionsFailure failure={failure} />}
    </section>
  );
}
