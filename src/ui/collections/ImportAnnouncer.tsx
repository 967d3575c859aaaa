import { useLanguage } from '../language.ts';
import { useImport, useImportWords } from './import-language.ts';
import { phraseOfCounts } from './import-phrases.ts';

/** Says when a step begins and ends, to those who do not see it; never each byte. */
export function ImportAnnouncer() {
  const words = useImportWords();
  const { count } = useLanguage();
  const { announce } = words;
  const looking = useImport((state) => state.phase === 'choosing' && state.looking > 0);
  const looked = useImport((state) =>
    state.phase === 'choosing' && state.looking === 0 ? state.draft.previews.length : 0,
  );
  const cancelled = useImport((state) => state.phase === 'choosing' && state.cancelled);
  const step = useImport((state) =>
    state.phase === 'importing' ? (state.progress?.step ?? 'starting') : null,
  );
  const report = useImport((state) => (state.phase === 'done' ? state.report : null));
  const messages = [
    looking ? announce.looking : '',
    looked > 0 ? announce.looked(count(looked), looked !== 1) : '',
    cancelled ? announce.cancelled : '',
    step === 'starting' ? announce.started : '',
    step !== null && step !== 'starting' ? announce.step(words.running.steps[step]) : '',
    report === null ? '' : done(),
  ];
  function done(): string {
    if (report === null || report.summary === null) return announce.doneNothing;
    const what = phraseOfCounts(report.counts, { words, count });
    return announce.done(what === '' ? words.goal.nothing : what);
  }
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
