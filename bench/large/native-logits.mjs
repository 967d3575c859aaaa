// `node bench/large/native-logits.mjs FOLDER FILE OUT`: logits of a few pairs by the native ONNX
// Runtime, in the form of the `reference-logits.json` that a model may bring along. Needs
// bench/native's packages. A process of its own, since it needs as much memory as the model.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { root } from '../../scripts/packages.mjs';

const requireNative = createRequire(path.join(root, 'bench', 'native', 'package.json'));
/**
 * Its interface is that of the web runtime.
 * @type {typeof import('onnxruntime-web')}
 */
const ort = requireNative('onnxruntime-node');

const pairs = [
  ['what is panda?', 'The panda is a bear that lives in China and eats bamboo.'],
  ['what is panda?', 'Paris is the capital of France.'],
  ['如何申请公积金贷款?', '住房公积金贷款办理指南'],
  ['如何申请公积金贷款?', '公司为员工缴纳五险一金的标准'],
];

const [folder = '', file = '', out = ''] = process.argv.slice(2);
const json = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
const session = await ort.InferenceSession.create(path.join(folder, file));
const rows = [];
for (const [query = '', document = ''] of pairs) {
  // The pair is built by the tokenizer's own post-processor, not by the project's code.
  const { ids } = tokenizer.encode(query, { text_pair: document });
  const tensor = (/** @type {readonly number[]} */ values) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  const { logits } = await session.run({
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map(() => 1)),
  });
  rows.push({ query, document, logit: Number(logits?.data[0]) });
}
await session.release();
const { version } = requireNative('onnxruntime-node/package.json');
const source = `onnxruntime-node ${version}, CPU, ${file}`;
writeFileSync(out, `${JSON.stringify({ version: 1, source, pairs: rows }, null, 1)}\n`);
