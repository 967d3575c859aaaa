// The models that are measured, as folders on disk in Hugging Face layout.

import { copyFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/packages.mjs';
import { ensureModel } from '../large/large-models.mjs';

/** @typedef {import('../../src/models/model-card.ts').ModelShape} ModelShape */
/**
 * A model as contenders are told of it.
 * @typedef {object} BenchModel
 * @property {string} name
 * @property {string} id repository on the local hub
 * @property {'q8' | 'fp32' | 'int8'} dtype
 * @property {boolean} embedded whether the app brings it along
 * @property {string} folder on disk
 * @property {string} folderUrl path on the bench's own server
 * @property {string} weightsFile path in the folder
 * @property {number} bytes of that file
 * @property {number} maxLength
 * @property {'bert'} architecture
 * @property {ModelShape} shape
 * @property {number} tolerance between logits of two contenders: 8-bit weights that one of them has
 *   repacked, and dynamic int8, which takes its scale from the whole batch, differ more
 */

/** @typedef {'embedded' | 'minilm-fp32' | 'minilm-int8'} ModelName */

/** @type {readonly ModelName[]} */
export const modelNames = ['embedded', 'minilm-fp32', 'minilm-int8'];

const embeddedFolder = path.join(root, 'public', 'models', 'crossrank-tiny-en-zh');

/**
 * Random weights cost as much time as trained ones. Its tokenizer is the embedded model's, so that
 * every model reads the same tokens.
 */
const miniLm = { layers: 6, hidden: 384, heads: 12, intermediate: 1536, vocabulary: 30_522 };

/**
 * @param {ModelName} name
 * @returns {BenchModel}
 */
export function benchModel(name) {
  if (name === 'embedded') {
    return modelIn(embeddedFolder, {
      ...{ name, id: 'test/crossrank-tiny-en-zh', dtype: 'q8', embedded: true, tolerance: 0.05 },
      weightsFile: 'onnx/model_quantized.onnx',
      shape: { layers: 4, hidden: 256, intermediate: 1024, heads: 4, vocabulary: 18_939 },
    });
  }
  const { layers, hidden, heads, intermediate, vocabulary } = miniLm;
  const size = `--layers ${layers} --hidden ${hidden} --heads ${heads}`;
  const options = `${size} --intermediate ${intermediate} --vocab ${vocabulary} --dtype all`;
  const folder = ensureModel('minilm-l6', options.split(' '));
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(path.join(embeddedFolder, file), path.join(folder, file));
  }
  const common = { id: 'test/minilm-l6', embedded: false, shape: miniLm };
  return name === 'minilm-fp32'
    ? modelIn(folder, {
        ...{ ...common, name, dtype: 'fp32', tolerance: 2e-3 },
        weightsFile: 'onnx/model.onnx',
      })
    : modelIn(folder, {
        ...{ ...common, name, dtype: 'int8', tolerance: 0.3 },
        weightsFile: 'onnx/model_int8.onnx',
      });
}

/**
 * @param {string} folder
 * @param {Omit<BenchModel, 'folder' | 'folderUrl' | 'bytes' | 'maxLength' | 'architecture'>} model
 * @returns {BenchModel}
 */
function modelIn(folder, model) {
  return {
    ...model,
    ...{ folder, folderUrl: `/models/${model.id}`, maxLength: 512, architecture: 'bert' },
    bytes: statSync(path.join(folder, model.weightsFile)).size,
  };
}
