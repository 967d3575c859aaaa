import { RerankError } from '../core/errors.ts';
import type { Dtype } from '../models/model-card.ts';
import type { CallOptions, LoadOptions, LongDocuments, RerankRequest, Tuning } from './reranker.ts';

const longDocumentChoices: readonly LongDocuments[] = ['max', 'mean-of-top-3', 'first', 'truncate'];
const dtypes: readonly Dtype[] = ['fp32', 'fp16', 'int8', 'q8', 'q4', 'q4f16'];

/** Below this there is no room for a query and a passage worth the name. Tokens. */
const leastPairLength = 32;

/**
 * Refuses a request that cannot be ranked, before any work is done. Callers from plain JavaScript
 * and from the console pass anything, so nothing is taken from the declared type.
 * @throws RerankError `empty-query`, `no-documents` or `invalid-request`; the message names what
 * is wrong (for a document its index from 0) and what to pass instead
 */
export function checkRequest(request: RerankRequest): void {
  const { query, documents, topK, longDocuments, maxLength, promise, remember } = fieldsOf(request);
  if (typeof query !== 'string') {
    throw invalid(`The query is ${nameOf(query)}; pass a string.`);
  }
  if (!/\S/.test(query)) {
    throw new RerankError('empty-query', 'The query is empty; pass at least one word.');
  }
  if (!Array.isArray(documents)) {
    throw invalid(`The documents are ${nameOf(documents)}; pass an array of strings.`);
  }
  if (documents.length === 0) {
    throw new RerankError('no-documents', 'There are no documents; pass at least one.');
  }
  // Not `findIndex` with a type guard: a loop by index also sees the holes of a sparse array.
  for (let index = 0; index < documents.length; index += 1) {
    const document: unknown = documents[index];
    if (typeof document === 'string') continue;
    throw invalid(`Document ${index} (from 0) is ${nameOf(document)}; pass strings only.`);
  }
  if (topK !== undefined && !(typeof topK === 'number' && Number.isInteger(topK) && topK >= 1)) {
    const given = typeof topK === 'number' ? topK : nameOf(topK);
    throw invalid(`topK is ${given}; pass a whole number >= 1, or leave it out to keep all.`);
  }
  if (longDocuments !== undefined && !longDocumentChoices.some((one) => one === longDocuments)) {
    const given = typeof longDocuments === 'string' ? longDocuments : nameOf(longDocuments);
    throw invalid(`longDocuments is ${given}; pass one of ${longDocumentChoices.join(', ')}.`);
  }
  if (maxLength !== undefined && !isPairLength(maxLength)) {
    const given = typeof maxLength === 'number' ? maxLength : nameOf(maxLength);
    throw invalid(`maxLength is ${given}; pass a whole number of tokens >= ${leastPairLength}.`);
  }
  if (promise !== undefined) checkPromise(promise, documents.length);
  if (remember !== undefined && typeof remember !== 'boolean') {
    throw invalid(`remember is ${nameOf(remember)}; pass true or false, or leave it out.`);
  }
}

/**
 * Refuses a tuning that batches cannot be planned with.
 * @throws RerankError `invalid-request`
 */
export function checkTuning({ tokenBudget, overheadTokens }: Tuning): void {
  const budget = Number.isSafeInteger(tokenBudget) && tokenBudget > 0;
  if (budget && Number.isFinite(overheadTokens) && overheadTokens >= 0) return;
  throw invalid(
    `The tuning has a budget of ${tokenBudget} tokens and ${overheadTokens} tokens a batch; pass ` +
      'a whole number > 0 and a number >= 0.',
  );
}

/** Refuses a signal or a listener of the wrong kind, which would fail later and elsewhere. */
export function checkCall({ signal, onEvent }: CallOptions): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalid(`The signal is ${nameOf(signal)}; pass the signal of an AbortController.`);
  }
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw invalid(`onEvent is ${nameOf(onEvent)}; pass a function.`);
  }
}

/**
 * Refuses a device or dtype that there is not, and names that are no strings; `undefined` means
 * the default. What the names mean is for the models layer to say.
 */
export function checkLoadOptions(options: LoadOptions): void {
  const { device, dtype } = options;
  if (device !== undefined && !['auto', 'webgpu', 'wasm'].includes(device)) {
    throw invalid(`The device is ${JSON.stringify(device)}; pass 'auto', 'webgpu' or 'wasm'.`);
  }
  if (dtype !== undefined && !dtypes.includes(dtype)) {
    throw invalid(`The dtype is ${JSON.stringify(dtype)}; pass one of ${dtypes.join(', ')}.`);
  }
  for (const name of ['model', 'revision', 'host'] as const) {
    const given: unknown = options[name];
    if (given === undefined || (typeof given === 'string' && given !== '')) continue;
    throw invalid(`The ${name} is ${given === '' ? 'empty' : nameOf(given)}; pass its name.`);
  }
}

function checkPromise(promise: unknown, count: number): void {
  if (!Array.isArray(promise)) {
    throw invalid(`The promise is ${nameOf(promise)}; pass an array of one number per document.`);
  }
  if (promise.length !== count) {
    throw invalid(
      `The promise has ${promise.length} numbers for ${count} documents; pass one per document.`,
    );
  }
  // By index, which also sees the holes of a sparse array.
  for (let index = 0; index < count; index += 1) {
    const one: unknown = promise[index];
    if (typeof one === 'number' && Number.isFinite(one)) continue;
    const given = typeof one === 'number' ? one : nameOf(one);
    throw invalid(`The promise of document ${index} (from 0) is ${given}; pass finite numbers.`);
  }
}

function isPairLength(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= leastPairLength;
}

function fieldsOf(request: unknown): Partial<Record<keyof RerankRequest, unknown>> {
  if (typeof request !== 'object' || request === null) {
    throw invalid(`The request is ${nameOf(request)}; pass { query, documents }.`);
  }
  // Any object has these fields, if only as undefined, and their values are taken as unknown.
  return request as Partial<Record<keyof RerankRequest, unknown>>;
}

function invalid(message: string): RerankError {
  return new RerankError('invalid-request', message);
}

/** What a value is, for a message: its kind, never its content, which may be long or private. */
function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
