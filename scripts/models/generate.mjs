// `node scripts/models/generate.mjs --help`: cross-encoders with random weights and the true
// architecture, in Hugging Face layout, to test loading and scoring without a hub.

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  buildGraph,
  globalEveryLayers,
  layerNormEpsilon,
  ropeTheta,
  xlmRobertaPositionOffset,
} from './architectures.mjs';
import { writeModel } from './onnx-writer.mjs';
import { buildTokenizer } from './tokenizers.mjs';

/** @typedef {import('./architectures.mjs').Family} Family */
/** @typedef {import('./architectures.mjs').Shape} Shape */
/** @typedef {import('./graph-builder.mjs').Dtype} Dtype */
/** @typedef {import('./onnx-writer.mjs').WrittenFile} WrittenFile */
/**
 * @typedef {object} ModelRequest
 * @property {Shape} shape
 * @property {number} seed
 * @property {readonly Dtype[]} dtypes one ONNX file each
 * @property {boolean} externalData weights in `.onnx_data` files beside the graphs
 * @property {boolean} quantized onnx/model_quantized.onnx, too: a copy of the int8 file
 */

const help = `Writes a cross-encoder with random weights in Hugging Face layout into the folder OUT:
config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx (fp32), onnx/model_int8.onnx.
Prints size, SHA-256 and path of each file. The same options make the same bytes everywhere.

  node scripts/models/generate.mjs [options] OUT

  --family NAME          bert (default), xlm-roberta, modernbert
  --layers N             default 2
  --hidden N             default 64, a multiple of 2 x heads
  --heads N              default 4
  --intermediate N       width of the feed-forward part; default 4 x hidden, ModernBERT 1.5 x
  --vocab N              rows of the word embeddings; default 320
  --max-length N         longest pair in tokens; default 512
  --local-attention N    ModernBERT: tokens in a local layer's window; default 128
  --pooling NAME         ModernBERT: mean (default) or cls
  --dtype NAME           fp32 (default), int8 (dynamic quantisation), all (both)
  --external-data        weights in onnx/*.onnx_data; over 2 GB there is no other way
  --quantized            onnx/model_quantized.onnx, too, a copy of the int8 file
  --seed N               default 1
  --preset NAME          sets all of the above, and later options change it:
                         bge-reranker-v2-m3          int8, 24 layers, about 570 MB
                         bge-reranker-v2-m3-1-layer  fp32, external data, about 1.1 GB
  --help`;

/** @type {readonly Family[]} */
const families = ['bert', 'xlm-roberta', 'modernbert'];
/** @type {readonly Shape['pooling'][]} */
const poolings = ['mean', 'cls'];
/** @type {readonly (Dtype | 'all')[]} */
const dtypes = ['fp32', 'int8', 'all'];

/**
 * Options as they are typed on the command line.
 * @typedef {object} TypedOptions
 * @property {string} family
 * @property {string} layers
 * @property {string} hidden
 * @property {string} heads
 * @property {string} [intermediate]
 * @property {string} vocab
 * @property {string} max-length
 * @property {string} local-attention
 * @property {string} pooling
 * @property {string} dtype
 * @property {boolean} [external-data]
 * @property {boolean} [quantized]
 * @property {string} seed
 */

/** @type {TypedOptions} */
const defaults = {
  family: 'bert',
  layers: '2',
  hidden: '64',
  heads: '4',
  vocab: '320',
  'max-length': '512',
  'local-attention': '128',
  pooling: 'mean',
  dtype: 'fp32',
  seed: '1',
};

const bgeRerankerV2M3 = {
  family: 'xlm-roberta',
  layers: '24',
  hidden: '1024',
  heads: '16',
  intermediate: '4096',
  vocab: '250002',
  'max-length': '8192',
  dtype: 'int8',
};

/** @type {Readonly<Record<string, Partial<TypedOptions>>>} */
const presets = {
  'bge-reranker-v2-m3': bgeRerankerV2M3,
  'bge-reranker-v2-m3-1-layer': {
    ...bgeRerankerV2M3,
    layers: '1',
    dtype: 'fp32',
    'external-data': true,
  },
};

/**
 * Writes the files of a model. Memory stays at a few megabytes beside the tokenizer's, whatever the
 * model's size.
 * @param {string} folder created where missing
 * @param {ModelRequest} request
 * @returns {WrittenFile[]}
 */
function generateModel(folder, { shape, seed, dtypes, externalData, quantized }) {
  mkdirSync(path.join(folder, 'onnx'), { recursive: true });
  const { tokenizer, config, ids } = buildTokenizer(shape.family, shape);
  const files = [
    writeJson(folder, 'config.json', modelConfig(shape, seed, ids)),
    writeJson(folder, 'tokenizer.json', tokenizer),
    writeJson(folder, 'tokenizer_config.json', config),
  ];
  for (const dtype of dtypes) {
    const file = dtype === 'fp32' ? 'onnx/model.onnx' : 'onnx/model_int8.onnx';
    const written = writeModel(folder, file, buildGraph(shape, seed, dtype), { externalData });
    files.push(...written);
    const [model] = written;
    if (!quantized || dtype !== 'int8' || model === undefined) continue;
    // The data file's name is inside the graph, so both graphs may share it.
    const copy = 'onnx/model_quantized.onnx';
    copyFileSync(path.join(folder, file), path.join(folder, copy));
    files.push({ ...model, path: copy });
  }
  return files;
}

/**
 * @param {Shape} shape
 * @param {number} seed
 * @param {Readonly<Record<string, number>>} ids
 */
function modelConfig(shape, seed, ids) {
  const { family, layers, hidden, heads, intermediate, vocab, maxLength } = shape;
  const common = {
    _name_or_path: `random weights of scripts/models/generate.mjs, seed ${seed}`,
    model_type: family,
    vocab_size: vocab,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: intermediate,
    id2label: { 0: 'LABEL_0' },
    label2id: { LABEL_0: 0 },
    ...ids,
  };
  if (family === 'modernbert') {
    return {
      ...common,
      architectures: ['ModernBertForSequenceClassification'],
      hidden_activation: 'gelu',
      max_position_embeddings: maxLength,
      norm_eps: layerNormEpsilon.modernbert,
      norm_bias: false,
      attention_bias: false,
      mlp_bias: false,
      global_attn_every_n_layers: globalEveryLayers,
      local_attention: shape.localAttention,
      global_rope_theta: ropeTheta.global,
      local_rope_theta: ropeTheta.local,
      classifier_pooling: shape.pooling,
      classifier_activation: 'gelu',
      classifier_bias: false,
    };
  }
  const isBert = family === 'bert';
  return {
    ...common,
    architectures: [
      isBert ? 'BertForSequenceClassification' : 'XLMRobertaForSequenceClassification',
    ],
    hidden_act: 'gelu',
    max_position_embeddings: maxLength + (isBert ? 0 : xlmRobertaPositionOffset),
    type_vocab_size: isBert ? 2 : 1,
    layer_norm_eps: layerNormEpsilon[family],
    position_embedding_type: 'absolute',
  };
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {object} value
 * @returns {WrittenFile}
 */
function writeJson(folder, file, value) {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  writeFileSync(path.join(folder, file), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: file, bytes: bytes.length, sha256 };
}

/**
 * @param {string[]} args
 * @returns {{ out: string, request: ModelRequest } | 'help'}
 */
function parse(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      family: { type: 'string' },
      layers: { type: 'string' },
      hidden: { type: 'string' },
      heads: { type: 'string' },
      intermediate: { type: 'string' },
      vocab: { type: 'string' },
      'max-length': { type: 'string' },
      'local-attention': { type: 'string' },
      pooling: { type: 'string' },
      dtype: { type: 'string' },
      'external-data': { type: 'boolean' },
      quantized: { type: 'boolean' },
      seed: { type: 'string' },
      preset: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const [out] = positionals;
  if (out === undefined || positionals.length > 1) throw new Error('One folder OUT is wanted.');
  const preset = values.preset === undefined ? {} : presets[values.preset];
  if (preset === undefined) {
    throw new Error(`--preset is one of ${Object.keys(presets).join(', ')}.`);
  }
  const typed = { ...defaults, ...preset, ...values };
  const family = oneOf('family', typed.family, families);
  const hidden = whole('hidden', typed.hidden);
  const shape = {
    family,
    layers: whole('layers', typed.layers),
    hidden,
    heads: whole('heads', typed.heads),
    intermediate:
      typed.intermediate === undefined
        ? hidden * (family === 'modernbert' ? 1.5 : 4)
        : whole('intermediate', typed.intermediate),
    vocab: whole('vocab', typed.vocab),
    maxLength: whole('max-length', typed['max-length']),
    localAttention: whole('local-attention', typed['local-attention']),
    pooling: oneOf('pooling', typed.pooling, poolings),
  };
  if (hidden % (2 * shape.heads) !== 0) {
    throw new Error(`--hidden ${hidden} is no multiple of twice --heads ${shape.heads}.`);
  }
  const dtype = oneOf('dtype', typed.dtype, dtypes);
  const request = {
    shape,
    seed: whole('seed', typed.seed),
    dtypes: dtype === 'all' ? /** @type {const} */ (['fp32', 'int8']) : [dtype],
    externalData: typed['external-data'] === true,
    quantized: typed.quantized === true,
  };
  return { out, request };
}

/**
 * @param {string} option
 * @param {string} value
 */
function whole(option, value) {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new Error(`--${option} is a whole number from 1, not ${value}.`);
}

/**
 * @template {string} T
 * @param {string} option
 * @param {string} value
 * @param {readonly T[]} choices
 * @returns {T}
 */
function oneOf(option, value, choices) {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new Error(`--${option} is one of ${choices.join(', ')}, not ${value}.`);
}

function main() {
  try {
    const parsed = parse(process.argv.slice(2));
    if (parsed === 'help') {
      console.log(help);
      return;
    }
    for (const { bytes, sha256, path: file } of generateModel(parsed.out, parsed.request)) {
      console.log(`${String(bytes).padStart(10)}  ${sha256}  ${file}`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error('See node scripts/models/generate.mjs --help');
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
