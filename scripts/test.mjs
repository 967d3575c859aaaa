// `npm test`: everything that must hold, from a fresh clone, in one command.
// It runs before anything is installed, so it imports nothing but Node itself.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureChineseFont, ensureChromium } from './chromium.mjs';
import { preparePackages, runNpm } from './packages.mjs';

/**
 * @typedef {object} Counts
 * @property {number} passed those of the second try, too
 * @property {number} failed
 * @property {number} skipped
 * @property {number} [secondTry] passed only when they were run again
 */
/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} alone the command that runs this step only
 * @property {() => boolean} run whether it succeeded
 * @property {() => Counts} [counts] what it counted, read after it has run
 */

const reports = mkdtempSync(path.join(os.tmpdir(), 'crossrank-test-'));
const unitReport = path.join(reports, 'unit.json');
const e2eReport = path.join(reports, 'e2e.json');

/** @type {Required<Counts>} */
const total = { passed: 0, failed: 0, skipped: 0, secondTry: 0 };
// However this ends, also when nothing could be installed, the counts are its last line.
process.on('exit', (code) => {
  rmSync(reports, { recursive: true, force: true });
  if (code !== 0) total.failed ||= 1;
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  const again = total.secondTry ? `, ${total.secondTry} of them only when run again` : '';
  console.log(`\n${total.passed} passed${again}, ${total.failed} failed${skipped}`);
});

preparePackages();
// Playwright and what it starts need not search again.
process.env.CHROMIUM_PATH = ensureChromium();
ensureChineseFont();

/** @type {readonly Step[]} */
const steps = [
  script('format', 'format:check'),
  script('lint', 'lint'),
  script('types', 'types'),
  {
    name: 'unit tests',
    alone: 'npm run test:unit',
    run: () =>
      runScript('test:unit', [
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${unitReport}`,
      ]),
    counts: () => {
      const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } =
        readJson(unitReport);
      return {
        passed: numPassedTests,
        failed: numFailedTests,
        skipped: numPendingTests + numTodoTests,
      };
    },
  },
  script('training', 'test:training'),
  script('build', 'build'),
  {
    name: 'end-to-end tests',
    alone: 'npm run test:e2e',
    // Without the npm script: it would build again. A test that fails is run once more, since a
    // busy machine must not undo 40 minutes of others; the report and the last line name it.
    run: () =>
      runNpm(['exec', '--', 'playwright', 'test', '--retries=1', '--reporter=list,json'], {
        PLAYWRIGHT_JSON_OUTPUT_FILE: e2eReport,
      }),
    counts: () => {
      const { expected, unexpected, flaky, skipped } = readJson(e2eReport).stats;
      return { passed: expected + flaky, failed: unexpected, skipped, secondTry: flaky };
    },
  },
];

for (const step of steps) {
  console.log(`\n=== ${step.name}`);
  const startedAtMs = performance.now();
  const succeeded = step.run();
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  add(step);
  if (!succeeded) {
    console.log(`\n=== ${step.name} failed after ${seconds} s. Run it alone: ${step.alone}`);
    process.exitCode = 1;
    break;
  }
  console.log(`=== ${step.name}: ${seconds} s`);
}

/**
 * @param {string} name
 * @param {string} npmScript
 * @returns {Step}
 */
function script(name, npmScript) {
  return { name, alone: `npm run ${npmScript}`, run: () => runScript(npmScript) };
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 */
function runScript(name, args = []) {
  return runNpm(['run', '--silent', name, '--', ...args]);
}

/** Adds a step's counts to the total. */
function add(/** @type {Step} */ step) {
  const { passed, failed, skipped, secondTry = 0 } = readCounts(step);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  total.secondTry += secondTry;
}

/** @returns {Counts} */
function readCounts(/** @type {Step} */ step) {
  try {
    if (step.counts) return step.counts();
  } catch {
    // No report: the step broke off before it wrote one, and its output says why.
  }
  return { passed: 0, failed: 0, skipped: 0 };
}

function readJson(/** @type {string} */ file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
