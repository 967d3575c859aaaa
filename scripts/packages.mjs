// What `npm start`, `npm run dev` and `npm test` do first: check Node, install the locked packages.
// It runs before anything is installed, so it imports nothing but Node itself.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Ends the process with a plain message, without a stack: the reader is a user.
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/**
 * Runs npm in the repository and shows its output.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to this process's environment
 * @returns {boolean} whether it succeeded
 */
export function runNpm(args, env = {}) {
  // npm tells its children where it lies; started without npm, it is looked up on the PATH, and on
  // Windows that one is a .cmd file, which only a shell can run.
  const cli = process.env.npm_execpath;
  const own = cli !== undefined && path.basename(cli) === 'npm-cli.js';
  const { status, error } = spawnSync(own ? process.execPath : 'npm', own ? [cli, ...args] : args, {
    cwd: root,
    env: { ...process.env, ...env },
    shell: !own && process.platform === 'win32',
    stdio: 'inherit',
  });
  if (error) console.error(`npm did not start: ${error.message}`);
  return status === 0;
}

/** Checks Node and installs the packages of package-lock.json where they are missing or differ. */
export function preparePackages() {
  checkNode();
  const reason = misfit();
  if (reason === undefined) return;
  console.log(`Installing the locked packages (${reason}) ...`);
  // Compilers and test tools are development packages: NODE_ENV=production must not leave them out.
  if (!runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'])) {
    fail('The packages could not be installed; npm says why above. Then try again.');
  }
}

/** Ends the process where Node is older than "engines" in package.json says, which is what Vite 8 needs. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const supported = major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22;
  if (supported) return;
  fail(
    `Crossrank needs Node.js 20.19+, 22.12+ or newer, and this is ${process.versions.node}.\n` +
      'Get one from https://nodejs.org',
  );
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean,
 *   dependencies?: Record<string, string>, devDependencies?: Record<string, string> }} LockEntry
 */

/**
 * Why node_modules does not fit package-lock.json; undefined when it does. npm leaves a list of
 * what it installed in node_modules, last of all, so a broken-off install does not fit either.
 * Optional packages may be absent: they are the binaries of other platforms.
 */
function misfit() {
  const wanted = readLock(path.join(root, 'package-lock.json'));
  if (wanted === undefined) fail('package-lock.json is missing: is this a complete clone?');
  const installed = readLock(path.join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return 'none are installed';

  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  for (const kind of /** @type {const} */ (['dependencies', 'devDependencies'])) {
    if (!sameRecord(manifest[kind], wanted['']?.[kind])) return 'package.json has changed';
  }
  for (const [folder, { version, integrity, optional }] of Object.entries(wanted)) {
    if (folder === '') continue;
    const present = installed[folder];
    if (present === undefined ? !optional : !existsSync(path.join(root, folder, 'package.json'))) {
      return `${folder} is missing`;
    }
    if (present && (present.version !== version || present.integrity !== integrity)) {
      return `${folder} has changed`;
    }
  }
  const extra = Object.keys(installed).find((folder) => wanted[folder] === undefined);
  return extra && `${extra} is no longer wanted`;
}

/** @returns {Record<string, LockEntry> | undefined} */
function readLock(/** @type {string} */ file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * @param {Record<string, string>} a
 * @param {Record<string, string>} b
 */
function sameRecord(a = {}, b = {}) {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) preparePackages();
