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
/** @typedef {(text: string, options: { text_pair: string }) => Promise<object>} Tokenizer */
/** @typedef {(inputs: object) => Promise<{ logits: { data: Float32Array } }>} Model */
/**
 * @typedef {object} LoadRequest
 * @property {string} id
 * @property {string} host
 * @property {string} dtype
 * @property {number} threads
 */

/** @type {{ tokenizer: Tokenizer, model: Model } | null} */
let loaded = null;

addEventListener('message', async ({ data }) => {
  try {
    /** @type {{ load: LoadRequest } | { query: string, documents: string[] }} */
    const request = data;
    postMessage('load' in request ? await load(request.load) : await score(request));
  } catch (error) {
    postMessage({ error: String(error) });
  }
});

/** @param {LoadRequest} request */
async function load({ id, host, dtype, threads }) {
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
    AutoModelForSequenceClassification.from_pretrained(id, { dtype, device: 'wasm' }),
  ]);
  loaded = { tokenizer, model };
  return {};
}

/**
 * One pair at a time.
 * @param {{ query: string, documents: string[] }} request
 */
async function score({ query, documents }) {
  if (loaded === null) throw new Error('No model is loaded.');
  const logits = [];
  for (const document of documents) {
    const inputs = await loaded.tokenizer(query, { text_pair: document });
    const output = await loaded.model(inputs);
    logits.push(Number(output.logits.data[0]));
  }
  return { logits };
}
