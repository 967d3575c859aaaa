// The large generated models and their logits, made once and kept in node_modules/.cache.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, runNpm } from '../../scripts/packages.mjs';

const generatorFolder = path.join(root, 'scripts', 'models');
const modelsFolder = path.join(root, 'node_modules', '.cache', 'crossrank-models');

/**
 * The folder of a model of scripts/models/generate.mjs, in Hugging Face layout; generated where
 * it is missing or the generator has changed.
 * @param {string} name
 * @param {readonly string[]} [options] of the generator; default: the preset of that name. The same
 *   name always has the same ones
 */
export function ensureModel(name, options = ['--preset', name]) {
  const folder = path.join(modelsFolder, `${name}@${generatorVersion()}`);
  if (existsSync(folder)) return folder;
  mkdirSync(modelsFolder, { recursive: true });
  for (const file of readdirSync(modelsFolder)) {
    if (file.startsWith(`${name}@`)) {
      rmSync(path.join(modelsFolder, file), { recursive: true, force: true });
    }
  }
  console.error(`Generating ${name}, which takes up to half a minute ...`);
  // Under its name only when it is whole.
  const making = `${folder}.making`;
  const generator = path.join(generatorFolder, 'generate.mjs');
  execFileSync(process.execPath, [generator, ...options, making], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  renameSync(making, folder);
  return folder;
}

/** @typedef {{ query: string, document: string, logit: number }} ReferencePair */

/**
 * What the native ONNX Runtime computes with a file of a model, in a file beside its folder; null
 * where that runtime can not be installed or does not run here.
 * @param {string} folder
 * @param {string} onnxFile
 * @returns {{ file: string, pairs: readonly ReferencePair[] } | null}
 */
export function nativeLogits(folder, onnxFile) {
  const file = `${folder}.reference-logits.json`;
  try {
    if (!existsSync(file)) {
      const native = path.join(root, 'bench', 'native');
      const installed = existsSync(path.join(native, 'node_modules'));
      const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', native];
      if (!installed && !runNpm(args)) return null;
      const script = path.join(import.meta.dirname, 'native-logits.mjs');
      execFileSync(process.execPath, [script, folder, onnxFile, file], { stdio: 'inherit' });
    }
    return { file, pairs: JSON.parse(readFileSync(file, 'utf8')).pairs };
  } catch (error) {
    console.error(`The native runtime gives no reference here: ${error}`);
    return null;
  }
}

/** Changes with the generator's sources, and only with them. */
function generatorVersion() {
  const hash = createHash('sha256');
  for (const name of readdirSync(generatorFolder).toSorted()) {
    if (name.endsWith('.mjs')) hash.update(readFileSync(path.join(generatorFolder, name)));
  }
  return hash.digest('hex').slice(0, 12);
}
