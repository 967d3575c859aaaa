import { keepStorage, refreshDiagnostics } from '../../app/diagnostics-actions.ts';
import { type StorageTrial, storageKinds } from '../../app/diagnostics-storage.ts';
import { useMeasures } from '../models-measures.ts';
import { type Fact, FactSheet } from './FactSheet.tsx';
import { useDiagnostics, useDiagnosticsWords } from './use-diagnostics.ts';

/** How much is kept here, how much may be, and which kinds of storage work. */
export function DiagnosticsStorage() {
  const { size } = useMeasures();
  const { asking, unknown, storage: words } = useDiagnosticsWords();
  const storage = useDiagnostics((state) => state.storage);
  const keepRefused = useDiagnostics((state) => state.keepRefused);
  if (storage === null) {
    return (
      <FactSheet heading={words.heading} facts={[]}>
        <p className="diagnostics-note">{asking}</p>
      </FactSheet>
    );
  }
  const { usedBytes, quotaBytes, persisted, trials } = storage;
  const saidOf = (trial: StorageTrial): string => {
    if (trial.works) return words.works;
    return trial.error === null ? words.missing : words.refused(trial.error);
  };
  const facts: readonly Fact[] = [
    { term: words.used, value: usedBytes === null ? unknown : size(usedBytes) },
    { term: words.quota, value: quotaBytes === null ? unknown : size(quotaBytes) },
    {
      term: words.persisted,
      value: persisted === null ? unknown : words.persistedWords[persisted ? 'yes' : 'no'],
      verdict: persisted === true ? 'good' : undefined,
    },
    ...storageKinds.map((kind) => ({
      term: words.kinds[kind],
      value: saidOf(trials[kind]),
      verdict: trials[kind].works ? ('good' as const) : ('bad' as const),
    })),
  ];
  return (
    <FactSheet heading={words.heading} facts={facts}>
      <p className="diagnostics-actions">
        {/* It stays when the answer is yes, so that focus is not lost. */}
        <button type="button" className="button" onClick={keepStorage}>
          {words.keep}
        </button>
        <button type="button" className="button button-quiet" onClick={refreshDiagnostics}>
          {words.refresh}
        </button>
      </p>
      <p role="status">{keepRefused ? words.keepRefused : ''}</p>
    </FactSheet>
  );
}
