// Runs inside a worker of the browser: a cross-encoder loaded by plain transformers.js, the way its
// documentation shows.

/**
 * The part of transformers.js that is used; the package is installed in this folder only, and the
 * rest of the project passes its checks without it.
 * @typedef {object} Transformers
 * @property {{ remoteHost: string, allowLocalModels: boolean,
 *   backends: { onnx: { wasm: { numThreads: number, wasmPaths: object } } } }} env
 * @property {{ from_pretrained(id: string): Promise<Tokenizer> }} AutoTokenizer
 * @property {{ from_pretrained(id: string, options: object): Promise<Model> }} AutoModelForSequenceClassification
 */
/** @typedef {{ input_ids: { dims: number[] } }} Inputs */
/**
 * One text with another, or as many with as many.
 * @typedef {(text: string | string[], options: { text_pair: string | string[], padding?: boolean,
 *   truncation?: boolean }) => Promise<Inputs>} Tokenizer
 */
/** @typedef {(inputs: Inputs) => Promise<{ logits: { data: Float32Array } }>} Model */
/**
 * @typedef {object} LoadRequest
 * @property {string} id
 * @property {string} host
 * @property {string} dtype
 * @property {number} threads
 * @property {'wasm' | 'webgpu'} [device] default `wasm`
 */
/**
 * @typedef {object} ScoreRequest
 * @property {string} query
 * @property {string[]} documents
 * @property {number} [batchRows] documents in one padded batch, in the order given; default 1
 */

/** @type {{ tokenizer: Tokenizer, model: Model } | null} */
let loaded = null;

addEventListener('message', async ({ data }) => {
  try {
    /** @type {{ load: LoadRequest } | ScoreRequest} */
    const request = data;
    postMessage('load' in request ? await load(request.load) : await score(request));
  } catch (error) {
    postMessage({ error: String(error) });
  }
});

/** @param {LoadRequest} request */
async function load({ id, host, dtype, threads, device = 'wasm' }) {
  const address = '/transformers/transformers.min.js';
  /** @type {Transformers} */
  const { env, AutoTokenizer, AutoModelForSequenceClassification } = await import(address);
  env.remoteHost = host;
  env.allowLocalModels = false;
  const { wasm } = env.backends.onnx;
  wasm.numThreads = threads;
  // The build that it takes from a CDN by itself.
  wasm.wasmPaths = {
    mjs: `${location.origin}/runtime/ort-wasm-simd-threaded.asyncify.mjs`,
    wasm: `${location.origin}/runtime/ort-wasm-simd-threaded.asyncify.wasm`,
  };
  const [tokenizer, model] = await Promise.all([
    AutoTokenizer.from_pretrained(id),
    AutoModelForSequenceClassification.from_pretrained(id, { dtype, device }),
  ]);
  loaded = { tokenizer, model };
  return {};
}

/**
 * One pair at a time, or in padded batches as the documentation of cross-encoders has them.
 * @param {ScoreRequest} request
 */
async function score({ query, documents, batchRows = 1 }) {
  if (loaded === null) throw new Error('No model is loaded.');
  const { tokenizer, model } = loaded;
  const logits = [];
  let paddedTokens = 0;
  for (let start = 0; start < documents.length; start += batchRows) {
    const batch = documents.slice(start, start + batchRows);
    const [only = ''] = batch;
    const inputs =
      batchRows === 1
        ? await tokenizer(query, { text_pair: only })
        : await tokenizer(new Array(batch.length).fill(query), {
            text_pair: batch,
            padding: true,
            truncation: true,
          });
    const output = await model(inputs);
    logits.push(...output.logits.data);
    paddedTokens += inputs.input_ids.dims.reduce((product, size) => product * size, 1);
  }
  return { logits, paddedTokens };
}
