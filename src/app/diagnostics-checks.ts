import { RerankError } from '../core/errors.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import { WorkerReranker } from '../engine/worker-reranker.ts';
import { kindOf } from './diagnostics-errors.ts';
import { storageKinds, tryStorage } from './diagnostics-storage.ts';
import { startKeywordWorker, startScoringWorker } from './start-workers.ts';
import { type Failure, store } from './store.ts';

/** What the self-test tries, in this order. */
export const checkNames = [
  'keyword-worker',
  'keyword-order',
  'model-wasm',
  'model-webgpu',
  ...storageKinds,
] as const;

export type CheckName = (typeof checkNames)[number];

/** What came out of a check. Nothing that was typed is part of any. */
export type CheckDetail =
  | { readonly found: 'worker-answers' }
  /** Numbers of the three known documents, the best first. */
  | { readonly found: 'order'; readonly order: string; readonly expected: string }
  | {
      readonly found: 'logits';
      readonly pairs: number;
      readonly largestDifference: number | null;
      readonly tolerance: number;
    }
  | { readonly found: 'other-device'; readonly device: LoadedModel['device'] }
  | { readonly found: 'no-adapter' | 'kept' | 'absent' | 'refused' }
  /** The library's or the browser's own words, in English. */
  | { readonly found: 'message'; readonly message: string };

/** How one check ended. */
export interface CheckResult {
  readonly name: CheckName;
  /** `skipped`: this browser or machine has nothing of the kind. */
  readonly verdict: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  /** The library's code where one of its calls failed, else the class of the error; or null. */
  readonly code: Failure['code'] | string | null;
  readonly detail: CheckDetail;
}

/** What a check found; one that throws has failed. */
type Finding = Pick<CheckResult, 'verdict' | 'detail'> & { readonly code?: string | null };

/**
 * Tries for real what the app is made of, one after the other, in workers of its own: the model in
 * use and its runs are left alone. Never rejects.
 * @param onBegin told before each check, so that it can be shown as running
 * @returns as many results as there was time for before the abort
 */
export async function runChecks(
  signal: AbortSignal,
  onBegin: (name: CheckName) => void,
  onResult: (result: CheckResult) => void,
): Promise<void> {
  const keywords = new WorkerReranker({
    createWorker: () => startKeywordWorker('crossrank-check-keywords'),
  });
  const model = new WorkerReranker({ createWorker: () => startScoringWorker('crossrank-check') });
  try {
    for (const name of checkNames) {
      if (signal.aborted) return;
      onBegin(name);
      const startedMs = performance.now();
      const finding = await runCheck(name, { keywords, model, signal });
      if (signal.aborted) return;
      const ms = Math.round(performance.now() - startedMs);
      onResult({ name, ms, code: null, ...finding });
    }
  } finally {
    await Promise.all([keywords.dispose(), model.dispose()]);
  }
}

interface Tools {
  readonly keywords: WorkerReranker;
  readonly model: WorkerReranker;
  readonly signal: AbortSignal;
}

async function runCheck(name: CheckName, tools: Tools): Promise<Finding> {
  try {
    switch (name) {
      case 'keyword-worker':
        await tools.keywords.load({}, { signal: tools.signal });
        return { verdict: 'passed', detail: { found: 'worker-answers' } };
      case 'keyword-order':
        return await checkKeywordOrder(tools);
      case 'model-wasm':
        return modelFinding(await loadOn('wasm', tools), 'wasm');
      case 'model-webgpu':
        return await checkWebGpu(tools);
      default: {
        const trial = await tryStorage(name);
        if (trial.works) return { verdict: 'passed', detail: { found: 'kept' } };
        return trial.error === null
          ? { verdict: 'skipped', detail: { found: 'absent' } }
          : { verdict: 'failed', detail: { found: 'refused' }, code: trial.error };
      }
    }
  } catch (error) {
    if (error instanceof RerankError) {
      return failedWith(error.message, error.code);
    }
    return failedWith(String(error), kindOf(error));
  }
}

function failedWith(message: string, code: string | null): Finding {
  return { verdict: 'failed', detail: { found: 'message', message }, code };
}

const expectedOrder = '1, 0, 2';

/** Documents in an order that BM25 must change to the one above. */
const knownDocuments = [
  'The bank lends money.',
  'A river, and the river bank.',
  'Neither of them.',
];

async function checkKeywordOrder({ keywords, signal }: Tools): Promise<Finding> {
  const { ranking } = await keywords.rerank(
    { query: 'river bank', documents: knownDocuments },
    { signal },
  );
  const order = ranking.map(({ index }) => index).join(', ');
  return {
    verdict: order === expectedOrder ? 'passed' : 'failed',
    detail: { found: 'order', order, expected: expectedOrder },
  };
}

async function checkWebGpu(tools: Tools): Promise<Finding> {
  const { devices } = store.getState();
  if (devices?.webgpu.available !== true) {
    return { verdict: 'skipped', detail: { found: 'no-adapter' } };
  }
  return modelFinding(await loadOn('webgpu', tools), 'webgpu');
}

function loadOn(device: 'wasm' | 'webgpu', { model, signal }: Tools): Promise<LoadedModel> {
  return model.load({ device }, { signal });
}

function modelFinding(model: LoadedModel, wanted: 'wasm' | 'webgpu'): Finding {
  const { device, stepDowns, selfTest } = model;
  if (device !== wanted || selfTest === null) {
    const [step] = stepDowns;
    return step === undefined
      ? { verdict: 'failed', detail: { found: 'other-device', device } }
      : failedWith(step.reason, step.code);
  }
  const { verdict, reason, pairs, largestDifference, tolerance } = selfTest;
  if (verdict !== 'passed') return failedWith(reason, 'self-test-failed');
  return {
    verdict: 'passed',
    detail: { found: 'logits', pairs: pairs.length, largestDifference, tolerance },
  };
}
