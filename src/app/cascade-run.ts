import type { LoadOptions, RerankRequest } from '../engine/reranker.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { CascadeDraft } from './cascade-draft.ts';
import { forgetMissingCascade } from './cascade-gone.ts';
import { loadOptionsOf, showLoading } from './model-phase.ts';
import type { ResultDraft } from './result-draft.ts';
import { noteRecovery } from './run-recovery.ts';
import { crossrank } from './services.ts';
import { type CascadePlan, store } from './store.ts';

/** Scoring by two models, as one run. */
export interface CascadeRun {
  readonly plan: CascadePlan;
  readonly request: RerankRequest;
  /** Of the model in use. */
  readonly strong: LoadOptions;
  readonly draft: ResultDraft;
  readonly signal: AbortSignal;
  /** Called after scores were put into the draft. */
  readonly onScores: () => void;
}

/**
 * Scores every document with the fast model and the best again with the one in use, into the draft.
 * @returns false, with nothing done, when the fast model is no longer on this machine: fetching it
 *   again wants to be asked for
 * @throws RerankError as `crossrank.cascade`
 */
export async function scoreInCascade(run: CascadeRun): Promise<boolean> {
  const { plan, request, strong, draft, signal, onScores } = run;
  if (await forgetMissingCascade()) return false;
  draft.cascade = new CascadeDraft(plan, request.documents.length);
  const result = await crossrank.cascade({
    ...request,
    fast: fastOptions(plan.fast),
    strong,
    depth: plan.depth,
    signal,
    onEvent: (event) => {
      if (event.type === 'scoring') {
        draft.add(event);
        onScores();
      } else if (event.type === 'recovering') {
        noteRecovery(event);
      } else if (event.stage === 'strong') {
        // What is told of the model is the one in use.
        showLoading(event);
      }
    },
  });
  draft.endCascade(result);
  return true;
}

/** The fast model as it would be loaded if it were the one in use. */
function fastOptions(id: string): LoadOptions {
  const { settings } = store.getState();
  const model = id === embeddedModel.id ? null : id;
  return loadOptionsOf({
    ...settings,
    ...{ model, modelRevision: null, modelDevice: null, dtype: null },
  });
}
