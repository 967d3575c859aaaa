import { toRerankError } from '../core/errors.ts';
import type { RerankEvent } from '../engine/reranker.ts';
import { crossrank } from './services.ts';
import { type Failure, store } from './store.ts';

/** With these it is the model itself that could not be had. */
const loadCodes: ReadonlySet<Failure['code']> = new Set([
  'download-failed',
  'model-corrupt',
  'webgpu-unavailable',
  'session-failed',
  'out-of-memory',
]);

/** Shows the loading part of a call's events; other events are not its business. */
export function showLoading(event: RerankEvent): void {
  if (event.type === 'downloading') {
    const { loadedBytes, totalBytes } = event;
    store.setState({ model: { phase: 'downloading', loadedBytes, totalBytes } });
  } else if (event.type === 'preparing') store.setState({ model: { phase: 'preparing' } });
}

/**
 * Sets the model's phase to what is really loaded. After every call, since one that was aborted or
 * that found the model ready tells nothing.
 */
export function settleModelPhase(failure?: Failure): void {
  const { model } = crossrank;
  if (model !== null) store.setState({ model: { phase: 'ready', model } });
  else if (failure !== undefined && loadCodes.has(failure.code)) {
    store.setState({ model: { phase: 'failed', failure } });
  } else store.setState({ model: { phase: 'none' } });
}

/** An error of the library as the page keeps it. */
export function failureOf(error: unknown): Failure {
  const { code, message } = toRerankError(error, 'inference-failed');
  return { code, detail: message };
}
