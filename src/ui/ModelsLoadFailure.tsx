import { dismissModelFailures, loadModel } from '../app/model-actions.ts';
import { nameOfModel } from '../app/model-display.ts';
import type { ModelPhase } from '../app/store.ts';
import { FailureNotice } from './FailureNotice.tsx';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

type Loaded = Extract<ModelPhase, { phase: 'ready' }>['model'];

/** Why the last load ended without its model, and that the one before is still there. */
export function LoadFailure({ working }: { working: Loaded | null }) {
  const failed = useApp((state) => state.models.loadFailure);
  const { use } = useModelsWords();
  if (failed === null) return null;
  const { model } = failed;
  return (
    <FailureNotice
      failure={failed.failure}
      lead={use.failedLoad(nameOfModel(model))}
      onWasm={() => loadModel(model, { device: 'wasm' })}
    >
      {working !== null && <p>{use.stillWorks(nameOfModel(working.model))}</p>}
      <button type="button" className="button" onClick={dismissModelFailures}>
        {use.dismiss}
      </button>
    </FailureNotice>
  );
}
