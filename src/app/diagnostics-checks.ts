import { RerankError } from '../core/errors.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import { WorkerReranker } from '../engine/worker-reranker.ts';
import { kindOf } from './diagnostics-errors.ts';
import { storageKinds, tryStorage } from './diagnostics-storage.ts';
import { watchRequests } from './requests-watch.ts';
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

/** How one check ended. */
export interface CheckResult {
  readonly name: CheckName;
  /** `skipped`: this browser or machine has nothing of the kind. */
  readonly verdict: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  /** The library's code where one of its calls failed, else the class of the error; or null. */
  readonly code: Failure['code'] | string | null;
  /** English: what came out. Nothing that was typed is part of any check. */
  readonly detail: string;
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
  const keywords = new WorkerReranker({ createWorker: startKeywordWorker });
  const model = new WorkerReranker({ createWorker: startModelWorker });
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
        return { verdict: 'passed', detail: 'A worker was started and answers.' };
      case 'keyword-order':
        return await checkKeywordOrder(tools);
      case 'model-wasm':
        return modelFinding(await loadOn('wasm', tools), 'wasm');
      case 'model-webgpu':
        return await checkWebGpu(tools);
      default: {
        const trial = await tryStorage(name);
        if (trial.works) {
          return { verdict: 'passed', detail: 'Written, read and deleted.' };
        }
        return trial.error === null
          ? { verdict: 'skipped', detail: 'This browser has none here.' }
          : { verdict: 'failed', detail: 'The browser refused.', code: trial.error };
      }
    }
  } catch (error) {
    if (error instanceof RerankError) {
      return { verdict: 'failed', detail: error.message, code: error.code };
    }
    return { verdict: 'failed', detail: String(error), code: kindOf(error) };
  }
}

/** Documents in an order that BM25 must change to 1, 0, 2. */
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
  const detail = `Three known documents were ranked ${order}.`;
  return order === '1, 0, 2'
    ? { verdict: 'passed', detail }
    : { verdict: 'failed', detail: `${detail} It should be 1, 0, 2.` };
}

async function checkWebGpu(tools: Tools): Promise<Finding> {
  const { devices } = store.getState();
  if (devices?.webgpu.available !== true) {
    return { verdict: 'skipped', detail: 'WebGPU found no adapter here.' };
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
    return {
      verdict: 'failed',
      detail: step?.reason ?? `It runs on ${device} instead.`,
      code: step?.code ?? null,
    };
  }
  const { verdict, reason, pairs, largestDifference, tolerance } = selfTest;
  if (verdict !== 'passed') return { verdict: 'failed', detail: reason, code: 'self-test-failed' };
  const difference = largestDifference?.toExponential(1) ?? '?';
  return {
    verdict: 'passed',
    detail: `${pairs.length} known pairs, largest difference ${difference} of ${tolerance} accepted.`,
  };
}

function startKeywordWorker(): Worker {
  return watchRequests(
    new Worker(new URL('../worker/lexical.worker.ts', import.meta.url), {
      type: 'module',
      name: 'crossrank-check-keywords',
    }),
    'keywords',
  );
}

function startModelWorker(): Worker {
  return watchRequests(
    new Worker(new URL('../worker/reranker.worker.ts', import.meta.url), {
      type: 'module',
      name: 'crossrank-check',
    }),
    'scoring',
  );
}
