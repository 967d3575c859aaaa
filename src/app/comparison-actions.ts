import type { LoadOptions, RerankRequest } from '../engine/reranker.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { Dtype } from '../models/model-card.ts';
import { type ComparisonPhase, comparisonStore } from './comparison-store.ts';
import { beginComparison, hasGivenWay, isNewest } from './comparison-turn.ts';
import {
  type ComparedDevice,
  type ComparisonDevices,
  compareDevices,
  documentsToCompare,
  tokensToCompare,
} from './device-comparison.ts';
import { rememberFaster } from './device-memory.ts';
import {
  failureOf,
  loadOptionsOf,
  loadWanted,
  settleModelPhase,
  showLoading,
} from './model-phase.ts';
import { type FinishedResult, runTruth } from './run-truth.ts';
import { crossrank } from './services.ts';
import { store } from './store.ts';
import { cancelTraps } from './trap-actions.ts';

/**
 * Compares both devices on the documents of a result, with the model in use, and remembers which
 * one is faster. Afterwards that one is loaded, or the one that was chosen by name. Whatever else
 * wants the model ends the comparison.
 */
export async function compareOnResult(result: FinishedResult): Promise<void> {
  const { devices, settings } = store.getState();
  const { model, timings, documents, bm25Scores } = result;
  if (!devices?.webgpu.available) return;
  const { adapter, software } = devices.webgpu;
  cancelTraps();
  const signal = beginComparison();
  /** What an earlier one still says is not shown. */
  const show = (phase: ComparisonPhase): void => {
    if (isNewest(signal)) comparisonStore.setState(phase, true);
  };
  show({ phase: 'running', step: null });
  const wanted = wantedModel();
  try {
    const dtypes = await localDtypes(wanted, settings.dtype);
    if (dtypes === null) return show({ phase: 'not-here' });
    const { tokensPerSecond } = runTruth(timings);
    const mostTokens = tokensToCompare({ ...model, tokensPerSecond }, software);
    const chosen = documentsToCompare(documents, result.tokens, bm25Scores, mostTokens);
    const request: RerankRequest = {
      query: result.query,
      documents: chosen.map((index) => documents[index] ?? ''),
      ...result.reading,
    };
    const comparison = await compareDevices(
      comparedWith(wanted, dtypes),
      {
        request,
        ofDocuments: documents.length,
        first: crossrank.model?.device === 'webgpu' ? 'webgpu' : 'wasm',
      },
      signal,
      (step) => {
        if (!signal.aborted) show({ phase: 'running', step });
      },
    );
    const { faster, factor } = comparison;
    const compared = comparison.wasm.model.model;
    // A few short texts on a GPU measure the cost of a call. A software adapter loses with any.
    const remembered = software || comparison.tokens >= leastRememberedTokens;
    if (remembered) {
      rememberFaster(compared, { device: faster, factor, adapter, comparedAt: Date.now() });
    }
    show({ phase: 'done', model: compared, comparison, remembered });
  } catch (error) {
    const failure = failureOf(error);
    show(signal.aborted ? { phase: 'cancelled' } : { phase: 'failed', failure });
  } finally {
    if (!hasGivenWay(signal)) await loadWanted();
  }
}

/** With fewer tokens on a real GPU the outcome is shown, but decides nothing. */
const leastRememberedTokens = 1000;

/** The model that the settings ask for, without the device. */
function wantedModel(): LoadOptions {
  const { device: _, dtype: __, ...model } = loadOptionsOf(store.getState().settings);
  return model;
}

/** The library as the comparison sees it; loading shows where the model is told of. */
function comparedWith(
  wanted: LoadOptions,
  dtypes: Readonly<Record<ComparedDevice, Dtype | null>>,
): ComparisonDevices {
  let options: LoadOptions = wanted;
  return {
    load: async (device, signal) => {
      const dtype = dtypes[device];
      options = { ...wanted, device, ...(dtype !== null && { dtype }) };
      const model = await crossrank.load({
        ...options,
        signal,
        onEvent: (event) => {
          if (!signal.aborted) showLoading(event);
        },
      });
      settleModelPhase();
      return model;
    },
    rerank: (request, signal) => crossrank.rerank({ ...request, ...options, signal }),
  };
}

/**
 * The weights to compare with, as far as they have to be named so that nothing is downloaded; null
 * where one of the devices has none on this machine. The embedded model's are always here.
 */
async function localDtypes(
  wanted: LoadOptions,
  dtype: Dtype | null,
): Promise<Readonly<Record<ComparedDevice, Dtype | null>> | null> {
  if ((wanted.model ?? embeddedModel.id) === embeddedModel.id) {
    return { wasm: dtype, webgpu: dtype };
  }
  const kept = await crossrank.models();
  const localDtype = async (device: ComparedDevice): Promise<Dtype | null> => {
    const outlook = await crossrank.plan({ ...wanted, device, ...(dtype !== null && { dtype }) });
    const builds = kept
      .filter(({ id, revision }) => id === outlook.card.id && revision === outlook.revision)
      .flatMap((model) => model.builds.filter(({ complete }) => complete));
    const rung = outlook.rungs.find(({ build }) =>
      builds.some((local) => local.dtype === build.dtype),
    );
    return rung?.build.dtype ?? null;
  };
  const [wasm, webgpu] = [await localDtype('wasm'), await localDtype('webgpu')];
  return wasm === null || webgpu === null ? null : { wasm, webgpu };
}
