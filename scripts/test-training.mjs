// `npm run test:training`: the tests and the smoke run of training/, where a Python with PyTorch is
// installed. Elsewhere it says so and passes: nothing else in the project needs one.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fail, root } from './packages.mjs';

const folder = path.join(root, 'training');
/** What the package imports and Python itself does not bring. */
const needed = 'numpy, onnx, onnxruntime, safetensors, scipy, tokenizers, torch, zstandard';

const python = findPython();
if (python === undefined) {
  console.log(
    `Skipped: no Python 3.11 or newer with ${needed} was found. training/README.md says how to install them.`,
  );
  process.exit(0);
}
console.log(`Python: ${python}`);
const succeeded =
  runPython(python, ['-m', 'unittest', 'discover', '-s', 'tests']) &&
  runPython(python, ['-m', 'crossrank_training', 'smoke']);
process.exit(succeeded ? 0 : 1);

/** @returns {string | undefined} the first that can run the package */
function findPython() {
  const chosen = process.env.CROSSRANK_PYTHON;
  if (chosen) {
    if (!canRun(chosen)) fail(`CROSSRANK_PYTHON is ${chosen}, which does not run with ${needed}.`);
    return chosen;
  }
  const own = ['.venv/bin/python', '.venv/Scripts/python.exe'].map((file) =>
    path.join(folder, file),
  );
  return ['python3', 'python', ...own.filter((file) => existsSync(file))].find(canRun);
}

/** Looks for the packages without importing them: that alone takes seconds. */
function canRun(/** @type {string} */ candidate) {
  const program = `
import importlib.util, sys
names = "${needed}".split(", ")
sys.exit(sys.version_info < (3, 11) or any(importlib.util.find_spec(name) is None for name in names))`;
  return spawnSync(candidate, ['-c', program], { stdio: 'ignore' }).status === 0;
}

/**
 * @param {string} executable
 * @param {readonly string[]} args
 */
function runPython(executable, args) {
  const { status, error } = spawnSync(executable, args, { cwd: folder, stdio: 'inherit' });
  if (error) console.error(`${executable} did not start: ${error.message}`);
  return status === 0;
}
