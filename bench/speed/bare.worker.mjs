// Runs inside a worker of the browser, bundled with the project's own code: the ceiling (d). It has
// the very session that Crossrank makes of a model's file, rewritten weights included, since
// Crossrank's own CrossEncoder makes it here. Then it runs that session and does nothing else: texts
// are tokenised, packed and written into tensors before the clock starts, there is no message, event
// or cancellation between batches, and which packing is fastest was tried out before.
//
// It also measures the peak of the device, with the same build of the runtime and the same threads.

import { CrossEncoder } from '../../src/engine/cross-encoder.ts';
import { encodePair, encodeQuery } from '../../src/engine/pairs.ts';
import { createPairTokenizer } from '../../src/engine/tokenizer.ts';
import { readModelFiles } from '../../src/models/model-files.ts';
import { readOnnxOutline } from '../../src/models/onnx-outline.ts';
import { pairFlop } from '../../src/models/pair-cost.ts';
import { openRuntime } from '../../src/worker/runtime.ts';
import {
  fillBatches,
  findPacking,
  packBatches,
  paddedShareOf,
  runBatches,
  samplePairs,
} from './packed-batches.mjs';
import { gpuPeakGflops, wasmPeakGflops } from './peak.mjs';

/** @typedef {import('../../src/engine/onnx-session.ts').OnnxRuntime} OnnxRuntime */
/** @typedef {import('../../src/models/model-source.ts').FileSource} FileSource */
/** @typedef {import('../../src/models/model-source.ts').ModelSource} ModelSource */
/** @typedef {import('onnxruntime-web').InferenceSession} Session */
/** @typedef {import('./models.mjs').BenchModel} BenchModel */
/** @typedef {import('./packed-batches.mjs').TokenRow} TokenRow */
/**
 * @typedef {object} OpenRequest
 * @property {BenchModel} model
 * @property {'wasm' | 'webgpu'} device
 * @property {number} threads
 * @property {string} [uploadTo] address that the session's graph and weights are sent to
 */
/** @typedef {{ query: string, documents: string[], packing: import('./packed-batches.mjs').Packing | null }} PrepareRequest */

/** @typedef {{ pairs: TokenRow[], lengths: number[], filled: import('./packed-batches.mjs').FilledBatch[] }} Prepared */

/** @type {{ session: Session, runtime: OnnxRuntime, request: OpenRequest } | null} */
let opened = null;
/** @type {Prepared | null} */
let prepared = null;

addEventListener('message', async ({ data }) => {
  try {
    /** @type {{ open: OpenRequest } | { prepare: PrepareRequest } | { run: true } | { peak: true }} */
    const request = data;
    postMessage(await answer(request));
  } catch (error) {
    postMessage({ error: error instanceof Error ? `${error.stack}` : String(error) });
  }
});

/** @param {{ open: OpenRequest } | { prepare: PrepareRequest } | { run: true } | { peak: true }} request */
function answer(request) {
  if ('open' in request) return open(request.open);
  if ('prepare' in request) return prepare(request.prepare);
  return 'run' in request ? run() : peak();
}

/** @param {OpenRequest} request */
async function open(request) {
  const { model, device, threads, uploadTo } = request;
  // What the project reads to find its number of threads.
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: threads });
  /** @type {Set<Session>} */
  const sessions = new Set();
  /** @type {OnnxRuntime | null} */
  let used = null;
  /** @type {Promise<unknown>} */
  let upload = Promise.resolve();
  const encoder = new CrossEncoder(await sourceOf(model), {
    openRuntime: async (wanted) => {
      const runtime = await openRuntime(wanted);
      used = runtime;
      /** @type {OnnxRuntime['InferenceSession']['create']} */
      const create = async (graph, options) => {
        // Weights can be read only while the session is made. The last one made is the one used.
        const copy = uploadTo === undefined ? null : copyModel(graph, options);
        const session = await runtime.InferenceSession.create(graph, options);
        if (copy !== null) {
          upload = upload.then(() => send(`${uploadTo}`, copy));
        }
        if (`${options.executionProviders?.map(nameOf)}` !== device) return session;
        sessions.add(session);
        const release = session.release.bind(session);
        session.release = () => {
          sessions.delete(session);
          return release();
        };
        return session;
      };
      // A module's exports cannot be written to; nor can a copy of them be read late.
      return new Proxy(/** @type {OnnxRuntime} */ ({}), {
        get: (_, key) =>
          key === 'InferenceSession' ? { create } : Reflect.get(runtime, key, runtime),
      });
    },
    readModel: readModelFiles,
  });
  const loaded = await encoder.load({ device });
  await upload;
  const session = [...sessions].at(-1);
  if (session === undefined || used === null) throw new Error('No session was made.');
  opened = { session, runtime: used, request };
  return { threads: loaded.threads, adapter: loaded.adapter, software: loaded.softwareAdapter };
}

/** @param {PrepareRequest} request */
async function prepare({ query, documents, packing }) {
  const { session, runtime, request } = current();
  const { model } = request;
  const [tokenizer, config] = await Promise.all([
    text(`${model.folderUrl}/tokenizer.json`),
    text(`${model.folderUrl}/tokenizer_config.json`),
  ]);
  const { encode, layout } = createPairTokenizer(tokenizer, config);
  const encodedQuery = encodeQuery(query, encode, layout, model.maxLength);
  const pairs = documents.map((document) => {
    const pair = encodePair(encodedQuery, document, encode, layout, model.maxLength);
    const ids = [...pair.ids];
    return { ids, types: ids.map((_, at) => (at < pair.passageStart ? 0 : pair.passageType)) };
  });
  const lengths = lengthsOf(pairs);
  const fill = (
    /** @type {readonly TokenRow[]} */ some,
    /** @type {import('./packed-batches.mjs').Packing} */ how,
  ) => fillBatches(runtime, session, some, packBatches(lengthsOf(some), how));
  const chosen = packing ?? (await choosePacking());
  const filled = fill(pairs, chosen);

  function choosePacking() {
    const kind = request.device === 'wasm' ? 'cpu' : 'gpu';
    const sample = samplePairs(pairs, kind);
    return findPacking(lengthsOf(sample), kind, async (tried) => {
      const { ms } = await runBatches(session, fill(sample, tried), sample.length);
      return ms;
    });
  }

  prepared = { pairs, lengths, filled };
  const { shape, architecture } = model;
  return {
    packing: chosen,
    paddedShare: paddedShareOf(packBatches(lengths, chosen), lengths),
    batches: filled.length,
    lengths,
    // Only where it is asked for: ten thousand of them are megabytes.
    pairs: documents.length <= 1000 ? pairs : [],
    /** Of the graph as it is in the file: every layer for every token. */
    fullFlop: lengths.reduce((sum, length) => sum + pairFlop(shape, length, architecture), 0),
  };
}

/** @param {readonly TokenRow[]} pairs */
function lengthsOf(pairs) {
  return pairs.map(({ ids }) => ids.length);
}

async function run() {
  if (prepared === null) throw new Error('Nothing was prepared.');
  return runBatches(current().session, prepared.filled, prepared.pairs.length);
}

async function peak() {
  const { runtime, request } = current();
  return request.device === 'wasm' ? wasmPeakGflops(runtime) : gpuPeakGflops();
}

function current() {
  if (opened === null) throw new Error('No model is open.');
  return opened;
}

/**
 * @param {BenchModel} model
 * @returns {Promise<ModelSource>}
 */
async function sourceOf(model) {
  /** @type {(path: string) => Promise<FileSource>} */
  const file = async (path) => {
    const response = await fetch(`${model.folderUrl}/${path}`);
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    const blob = await response.blob();
    return { from: 'memory', blob, bytes: blob.size };
  };
  const [weights, tokenizer, tokenizerConfig] = await Promise.all([
    file(model.weightsFile),
    file('tokenizer.json'),
    file('tokenizer_config.json'),
  ]);
  const { id, dtype, maxLength, architecture, shape } = model;
  return {
    ...{ id, dtype, maxLength, architecture, shape, weights, tokenizer, tokenizerConfig },
    revision: 'bench',
    externalData: [],
    expectations: null,
  };
}

/** @param {string} url */
async function text(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response.text();
}

/** @param {string | { readonly name: string }} provider */
function nameOf(provider) {
  return typeof provider === 'string' ? provider : provider.name;
}

/**
 * What a session is made of, copied: the graph, and of the files beside it the parts it refers to.
 * @param {Uint8Array} graph
 * @param {import('onnxruntime-web').InferenceSession.SessionOptions} options
 */
function copyModel(graph, { externalData = [] }) {
  const { externalData: parts } = readOnnxOutline(graph, { fileName: 'graph' });
  const files = externalData.flatMap((file) => {
    if (typeof file === 'string' || !(file.data instanceof Uint8Array)) return [];
    const { path, data } = file;
    const own = parts.filter(({ location }) => location === path);
    const bytes = new Uint8Array(data.byteLength);
    for (const { offset, length } of own) {
      const end = length === null ? data.byteLength : offset + length;
      bytes.set(data.subarray(offset, end), offset);
    }
    return own.length === 0 ? [] : [{ path, bytes }];
  });
  return [{ path: 'model.onnx', bytes: graph.slice() }, ...files];
}

/**
 * @param {string} url
 * @param {readonly { path: string, bytes: Uint8Array<ArrayBuffer> }[]} files
 */
async function send(url, files) {
  for (const { path, bytes } of files) {
    const response = await fetch(`${url}/${path}`, { method: 'POST', body: new Blob([bytes]) });
    if (!response.ok) throw new Error(`${path} could not be sent: HTTP ${response.status}`);
  }
}
