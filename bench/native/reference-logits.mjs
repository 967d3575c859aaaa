// `npm ci && npm run reference-logits` in this folder: generates the small models of
// scripts/models and writes their logits, computed by the native ONNX Runtime one pair at a time,
// to scripts/models/reference-logits.json, which src/engine/families.test.ts reads.
//
// Pairs are built by the tokenizer's own post-processor, not by the project's code.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { root } from '../../scripts/packages.mjs';

/**
 * Loaded by name at run time: the package is installed in this folder only, and the rest of the
 * project must pass its checks without it. Its interface is that of the web runtime.
 * @type {typeof import('onnxruntime-web')}
 */
const ort = createRequire(import.meta.url)('onnxruntime-node');

const common = '--hidden 64 --heads 4 --max-length 128 --dtype all';
const models = [
  `--family bert --layers 2 --vocab 300 ${common}`,
  `--family xlm-roberta --layers 2 --vocab 300 ${common}`,
  // A window of 16 tokens, so that local attention is not global on pairs of this length.
  `--family modernbert --layers 3 --vocab 320 --local-attention 16 ${common}`,
];

const pairs = [
  ['what is panda?', 'The panda is a bear that lives in China and eats bamboo.'],
  ['what is panda?', 'Paris is the capital of France.'],
  ['what is panda?', '熊猫是中国的动物。'],
  ['如何申请公积金贷款?', '住房公积金贷款办理指南'],
  ['如何申请公积金贷款?', '公司为员工缴纳五险一金的标准'],
  [
    'how to apply for a house loan',
    'The bank gives a loan. 3 years, 5 % interest, no tax; ask there.',
  ],
  ['a', 'b'],
  [
    'which animal can sleep in a tree?',
    'A bear can sleep in a tree. A fish can not: it lives in the river, and a bird does when it ' +
      'is not on the road. 鸟在树上, 鱼在河里.',
  ],
];

const folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-reference-'));
try {
  const references = [];
  for (const [index, options] of models.entries()) {
    references.push(await referenceOf(options, path.join(folder, `${index}`)));
  }
  const file = path.join(root, 'scripts/models/reference-logits.json');
  const { version } = readJson(
    path.join(import.meta.dirname, 'node_modules/onnxruntime-node/package.json'),
  );
  const about =
    'Written by bench/native/reference-logits.mjs. Each model is what generate.mjs makes with its ' +
    'options; each row holds the token ids of a pair and its logits.';
  writeFileSync(
    file,
    JSON.stringify({
      version: 1,
      about,
      runtime: `onnxruntime-node ${version}`,
      pairs,
      models: references,
    }),
  );
  const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  execFileSync(process.execPath, [biome, 'format', '--write', file], { cwd: root });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} options
 * @param {string} out
 */
async function referenceOf(options, out) {
  const generator = path.join(root, 'scripts/models/generate.mjs');
  execFileSync(process.execPath, [generator, ...options.split(' '), out]);
  const tokenizer = new Tokenizer(
    readJson(path.join(out, 'tokenizer.json')),
    readJson(path.join(out, 'tokenizer_config.json')),
  );
  const encoded = pairs.map(([query = '', document = '']) =>
    tokenizer.encode(query, { text_pair: document, return_token_type_ids: true }),
  );
  const fp32 = await logitsOf(path.join(out, 'onnx/model.onnx'), encoded);
  const int8 = await logitsOf(path.join(out, 'onnx/model_int8.onnx'), encoded);
  console.log(options, { fp32, int8 });
  return {
    options,
    rows: encoded.map(({ ids }, index) => ({ ids, fp32: fp32[index], int8: int8[index] })),
  };
}

/**
 * @param {string} file
 * @param {readonly { ids: number[], token_type_ids?: number[] }[]} encoded
 */
async function logitsOf(file, encoded) {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
  const logits = [];
  for (const { ids, token_type_ids: types = [] } of encoded) {
    const tensor = (/** @type {readonly number[]} */ values) =>
      new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, ids.length]);
    /** @type {Record<string, import('onnxruntime-web').Tensor>} */
    const feeds = { input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)) };
    if (session.inputNames.includes('token_type_ids')) feeds.token_type_ids = tensor(types);
    const { data, dims } = (await session.run(feeds)).logits ?? { data: [], dims: [] };
    const [logit] = data;
    if (typeof logit !== 'number' || `${dims}` !== '1,1') throw new Error(`${file}: no logit.`);
    logits.push(Number(logit.toFixed(6)));
  }
  await session.release();
  return logits;
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
