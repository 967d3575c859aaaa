// Small models for the tests: three families that score pairs, and models that are refused.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ query: string, document: string, logit: number }} ReferencePair */
/**
 * @typedef {object} Reference what bench/native/reference-logits.mjs wrote
 * @property {string} runtime
 * @property {[query: string, document: string][]} pairs
 * @property {{ options: string, rows: { fp32: number }[] }[]} models
 */

const models = fileURLToPath(new URL('../models/', import.meta.url));

/**
 * Each takes the folder of its model and the folder that the others are in. Later ones are made
 * from earlier ones.
 * @type {Readonly<Record<string, (folder: string, root: string) => void>>}
 */
const makers = {
  'test/bert-tiny': (folder) => {
    generate(folder, ...referenceOptions('bert'), '--quantized');
    writeCard(folder, 'mit');
    writeReferenceLogits(folder, 0);
  },
  'test/xlm-r-tiny': (folder) => {
    const [fp32, int8] = [`${folder}-fp32`, `${folder}-int8`];
    generate(fp32, ...referenceOptions('xlm-roberta'), '--dtype', 'fp32', '--external-data');
    generate(int8, ...referenceOptions('xlm-roberta'), '--dtype', 'int8');
    // The same options but the dtype, so everything beside the weights is the same.
    for (const from of [fp32, int8]) {
      cpSync(from, folder, { recursive: true });
      rmSync(from, { recursive: true });
    }
    writeCard(folder, 'apache-2.0');
  },
  'test/modernbert-tiny': (folder) => generate(folder, ...referenceOptions('modernbert')),
  'test/not-a-model': (folder, root) => {
    copyBert(folder, root);
    for (const file of weightsOf(folder)) writeFileSync(file, 'This is text and no model.\n');
  },
  'test/wrong-task': (folder, root) => {
    copyBert(folder, root);
    changeConfig(folder, { architectures: ['BertForMaskedLM'] });
  },
  'test/two-labels': (folder, root) => {
    copyBert(folder, root);
    changeConfig(folder, {
      num_labels: 2,
      id2label: { 0: 'LABEL_0', 1: 'LABEL_1' },
      label2id: { LABEL_0: 0, LABEL_1: 1 },
    });
  },
  'test/no-tokenizer': (folder, root) => {
    copyBert(folder, root);
    rmSync(path.join(folder, 'tokenizer.json'));
  },
  'test/truncated': (folder, root) => {
    copyBert(folder, root);
    for (const file of weightsOf(folder)) {
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    }
  },
  'test/wrong-reference': (folder, root) => {
    copyBert(folder, root);
    writeReferenceLogits(folder, 3);
  },
};

/**
 * Writes the test models below a folder, or finds them there. The same sources make the same bytes;
 * others go into another folder beside them. Several processes may do it at once.
 *
 * - `test/bert-tiny`: fp32, int8, quantized; reference-logits.json of the native runtime
 * - `test/xlm-r-tiny`: fp32 with external data, int8
 * - `test/modernbert-tiny`: fp32, int8; no README.md
 * - and from bert-tiny: `test/not-a-model` (weights are text), `test/wrong-task`, `test/two-labels`,
 *   `test/no-tokenizer`, `test/truncated` (half of the weights), `test/wrong-reference` (logits in
 *   reference-logits.json are 3 too high)
 * @param {string} folder created where missing
 * @returns {Record<string, string>} folder of each repository
 */
export function writeFixtureModels(folder) {
  const root = path.join(path.resolve(folder), sourcesKey());
  if (!existsSync(root)) {
    const unfinished = `${root}-${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    for (const [id, make] of Object.entries(makers)) make(path.join(unfinished, id), unfinished);
    try {
      renameSync(unfinished, root);
    } catch (error) {
      // Another process was faster, and its files are the same.
      rmSync(unfinished, { recursive: true });
      if (!existsSync(root)) throw error;
    }
  }
  return Object.fromEntries(Object.keys(makers).map((id) => [id, path.join(root, id)]));
}

/** Changes when anything that the models are made from changes. */
function sourcesKey() {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of readdirSync(models).toSorted()) hash.update(readFileSync(models + name));
  return hash.digest('hex').slice(0, 12);
}

/** @returns {Reference} */
function readReference() {
  return JSON.parse(readFileSync(path.join(models, 'reference-logits.json'), 'utf8'));
}

/**
 * The options of the model that reference logits exist of.
 * @param {string} family
 */
function referenceOptions(family) {
  return referenceOf(family).options.split(' ');
}

/** @param {string} family */
function referenceOf(family) {
  const found = readReference().models.find(({ options }) =>
    options.includes(`--family ${family} `),
  );
  if (found === undefined) throw new Error(`reference-logits.json has no model of ${family}.`);
  return found;
}

/**
 * @param {string} folder
 * @param {string[]} options later ones win
 */
function generate(folder, ...options) {
  const generator = path.join(models, 'generate.mjs');
  execFileSync(process.execPath, [generator, ...options, folder], { stdio: 'pipe' });
}

/**
 * @param {string} folder
 * @param {string} root
 */
function copyBert(folder, root) {
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(root, 'test/bert-tiny'), folder, { recursive: true });
  rmSync(path.join(folder, 'reference-logits.json'));
}

/** @param {string} folder */
function weightsOf(folder) {
  const onnx = path.join(folder, 'onnx');
  return readdirSync(onnx).map((name) => path.join(onnx, name));
}

/**
 * @param {string} folder
 * @param {object} changes
 */
function changeConfig(folder, changes) {
  const file = path.join(folder, 'config.json');
  const config = { ...JSON.parse(readFileSync(file, 'utf8')), ...changes };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * @param {string} folder
 * @param {string} license
 */
function writeCard(folder, license) {
  writeFileSync(
    path.join(folder, 'README.md'),
    `---
license: ${license}
language:
- en
- zh
pipeline_tag: text-ranking
---
Random weights, for tests.
`,
  );
}

/**
 * @param {string} folder
 * @param {number} offset added to each logit
 */
function writeReferenceLogits(folder, offset) {
  const { runtime, pairs: texts } = readReference();
  const { rows } = referenceOf('bert');
  /** @type {ReferencePair[]} */
  const pairs = texts.map(([query, document], index) => ({
    query,
    document,
    logit: (rows[index]?.fp32 ?? Number.NaN) + offset,
  }));
  const reference = { version: 1, source: runtime, reference_dtype: 'fp32', pairs };
  writeFileSync(
    path.join(folder, 'reference-logits.json'),
    `${JSON.stringify(reference, null, 2)}\n`,
  );
}
