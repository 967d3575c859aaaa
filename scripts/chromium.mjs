// Finds the Chromium that end-to-end tests and benches run in, and installs one where there is none.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fail, runNpm } from './packages.mjs';

const isRoot = process.getuid?.() === 0;

/** How tests and benches start Chromium: quiet, offline, with WebGPU even where there is no GPU. */
export const chromiumFlags = [
  // Chromium refuses to run as root inside its sandbox; everyone else keeps it.
  ...(isRoot ? ['--no-sandbox'] : []),
  // Nothing but the page under test may use the network.
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // SwiftShader computes WebGPU on the CPU; it is slow, and the watchdog would take it for hung.
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-gpu-watchdog',
];

/**
 * The executable of a Chromium: $CHROMIUM_PATH, else an installed Chrome or Chromium, else
 * Playwright's own download; undefined when there is none.
 * @returns {string | undefined}
 */
export function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen) {
    if (!existsSync(chosen)) fail(`CHROMIUM_PATH is ${chosen}, and there is no such file.`);
    return chosen;
  }
  return [...installedChromiums(), ...playwrightChromium()].find(starts);
}

/** findChromium(), after installing one if need be; ends the process when that fails. */
export function ensureChromium() {
  const executable = findChromium() ?? downloadedChromium() ?? packagedChromium();
  if (executable) return executable;
  return fail(
    'No Chrome or Chromium was found, and none could be installed. Do one of these, then try again:\n' +
      '- install Chrome or Chromium (Debian: apt-get install chromium)\n' +
      '- npx playwright install --with-deps chromium\n' +
      '- set CHROMIUM_PATH to the executable of one',
  );
}

/** Screenshots show Chinese: installs a font for it where this may install system packages. */
export function ensureChineseFont() {
  if (process.platform !== 'linux') return;
  const fonts = spawnSync('fc-list', [':lang=zh'], { encoding: 'utf8' });
  if (fonts.stdout) return;
  if (!installSystemPackages(['fonts-noto-cjk'])) {
    console.log('There is no Chinese font here: screenshots will show boxes. All else goes on.');
  }
}

function installedChromiums() {
  if (process.platform === 'darwin') {
    return ['/Applications', path.join(os.homedir(), 'Applications')]
      .flatMap((folder) =>
        ['Google Chrome', 'Chromium'].map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`),
      )
      .filter(existsSync);
  }
  if (process.platform === 'win32') {
    const { PROGRAMFILES, 'PROGRAMFILES(X86)': PROGRAMFILES_X86, LOCALAPPDATA } = process.env;
    return [PROGRAMFILES, PROGRAMFILES_X86, LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => [
        path.join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        path.join(folder, 'Chromium', 'Application', 'chrome.exe'),
      ])
      .filter(existsSync);
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .filter(existsSync);
}

function playwrightChromium() {
  try {
    /** @type {typeof import('@playwright/test')} */
    const playwright = createRequire(import.meta.url)('@playwright/test');
    return [playwright.chromium.executablePath()].filter(existsSync);
  } catch {
    return [];
  }
}

// Ubuntu's chromium-browser may only be a note about the snap, and a download may lack system
// libraries. On Windows Chrome ignores --version and opens a window: there, a file will do.
function starts(/** @type {string} */ executable) {
  if (process.platform === 'win32') return true;
  return spawnSync(executable, ['--version'], { timeout: 20_000 }).status === 0;
}

function downloadedChromium() {
  console.log('No Chrome or Chromium found. Asking Playwright to download one ...');
  runNpm(['exec', '--', 'playwright', 'install', 'chromium']);
  return findChromium();
}

function packagedChromium() {
  // Ubuntu's package of this name installs the snap, which needs a running snapd.
  const isDebian = existsSync('/etc/debian_version') && !/ubuntu/i.test(readOsRelease());
  if (!isDebian || !installSystemPackages(['chromium', 'fonts-noto-cjk'])) return undefined;
  return findChromium();
}

function readOsRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/**
 * @param {readonly string[]} names
 * @returns {boolean} whether they were installed; false where apt or the right to use it is missing
 */
function installSystemPackages(names) {
  if (!existsSync('/usr/bin/apt-get')) return false;
  const asRoot = isRoot ? [] : ['sudo', '--non-interactive'];
  if (!isRoot && spawnSync('sudo', ['--non-interactive', 'true']).status !== 0) return false;
  console.log(`Installing the system packages ${names.join(', ')} ...`);
  return [['update'], ['install', '--yes', '--no-install-recommends', ...names]].every((args) => {
    const [command = '', ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
    // Hundreds of lines that only matter when it fails.
    const { status, stdout, stderr } = spawnSync(command, [...rest, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    if (status !== 0) console.log(`${stdout}${stderr}`);
    return status === 0;
  });
}
