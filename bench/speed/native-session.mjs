// The native runtime on packed batches, in a process of its own: bench/native/packed-batches.mjs.

import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root, runNpm } from '../../scripts/packages.mjs';

/** @typedef {import('./packed-batches.mjs').TokenRow} TokenRow */
/** @typedef {{ ms: number, logits: number[] }} NativeRun */
/**
 * @typedef {object} NativeSession
 * @property {(pairs: readonly TokenRow[]) => Promise<{ paddedShare: number }>} prepare
 * @property {() => Promise<NativeRun>} run
 * @property {() => void} close
 */

const folder = path.join(root, 'bench', 'native');

/** Whether the native runtime is here, after installing it if need be. */
export function ensureNative() {
  if (existsSync(path.join(folder, 'node_modules', 'onnxruntime-node'))) return true;
  console.error('Installing the native runtime, for this measurement alone ...');
  // Its install script would download CUDA libraries.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
  return runNpm(args, { ONNXRUNTIME_NODE_INSTALL: 'skip' });
}

/**
 * @param {string} file
 * @param {number} threads
 * @returns {Promise<NativeSession>}
 */
export async function openNative(file, threads) {
  const child = fork(path.join(folder, 'packed-batches.mjs'), { serialization: 'advanced' });
  /** @type {(order: object) => Promise<any>} */
  const ask = (order) =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error('The native runtime ended.'));
      child.once('exit', ended);
      child.once('message', (/** @type {{ error?: string }} */ answer) => {
        child.off('exit', ended);
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(`The native runtime: ${answer.error}`));
      });
      child.send(order);
    });
  const close = () => child.kill();
  try {
    await ask({ open: { file, threads } });
  } catch (error) {
    close();
    throw error;
  }
  return { prepare: (pairs) => ask({ prepare: { pairs } }), run: () => ask({ run: true }), close };
}
