// What is measured is built only where it is not up to date: the app, and the worker of the ceiling.

import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail, root } from '../../scripts/packages.mjs';

const workerFolder = path.join(root, 'node_modules', '.cache', 'crossrank-speed', 'worker');
const appSources = ['src', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];

/** Builds dist/ where a file of the app is newer than it. */
export async function ensureAppBuild() {
  if (isFresh(path.join(root, 'dist', 'index.html'), appSources)) return;
  console.error('Building the app ...');
  // Left over in the shell, another one would put React's development build into dist/.
  process.env.NODE_ENV = 'production';
  const vite = await import('vite');
  await vite
    .build({ root, logLevel: 'warn' })
    .catch((error) => fail(`The app could not be built: ${error.message}`));
}

/**
 * Bundles bare.worker.mjs with the project's code.
 * @returns {Promise<string>} the folder, with bare.worker.js in it
 */
export async function ensureWorkerBuild() {
  const script = path.join(workerFolder, 'bare.worker.js');
  if (isFresh(script, ['src', 'bench/speed', 'package-lock.json'])) return workerFolder;
  console.error('Building the worker of the ceiling ...');
  const vite = await import('vite');
  await vite.build({
    configFile: false,
    root: import.meta.dirname,
    base: './',
    publicDir: false,
    logLevel: 'warn',
    // As in vite.config.ts: the same builds of the runtime, in files of their own.
    resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...vite.defaultClientConditions] },
    build: {
      target: 'chrome116',
      outDir: workerFolder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      chunkSizeWarningLimit: 5000,
      rolldownOptions: {
        input: path.join(import.meta.dirname, 'bare.worker.mjs'),
        output: { entryFileNames: 'bare.worker.js' },
      },
    },
  });
  return workerFolder;
}

/**
 * Whether a built file is newer than all that it is made from.
 * @param {string} built
 * @param {readonly string[]} sources files and folders, relative to the repository
 */
function isFresh(built, sources) {
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  return sources.every((source) => newestIn(path.join(root, source)) <= mtimeMs);
}

/** @param {string} place @returns {number} */
function newestIn(place) {
  const { mtimeMs } = statSync(place);
  if (!statSync(place).isDirectory()) return mtimeMs;
  return Math.max(0, ...readdirSync(place).map((name) => newestIn(path.join(place, name))));
}
