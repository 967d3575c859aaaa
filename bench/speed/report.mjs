// What came out, for people and for programs.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/packages.mjs';
import { describeMachine, megabytes, printTable } from '../large/report.mjs';

/** @typedef {import('./measure.mjs').CountReport} CountReport */
/** @typedef {import('./measure.mjs').PlaceReport} PlaceReport */

/** What the figures of a count must come to; the last: at most. */
const aims = [
  { key: 'onePaddedBatch', least: 3 },
  { key: 'onePairAtATime', least: 1.5 },
  { key: 'fixedBatches', least: 2 },
  { key: 'bareSession', least: 1 / 1.05 },
];

/** @param {PlaceReport} report */
export function printPlace(report) {
  const { place, threads, adapter, model, dtype, modelBytes, peakGflops, tuning } = report;
  const where = report.device === 'wasm' ? `${threads} threads` : `${adapter}`;
  console.log(`\n${place} (${where}), ${model} ${dtype}, ${megabytes(modelBytes)}`);
  if (report.software) {
    console.log('Software adapter: correctness only. Its times say nothing about WebGPU.');
  } else {
    const tuned = tuning === null ? 'none came' : JSON.stringify(tuning);
    console.log(`Matrix-product peak ${peakGflops.toFixed(1)} GFLOPS; tuning ${tuned}`);
  }
  for (const count of report.counts) printCount(count, report);
  if (report.tenToOne !== null) {
    const figure = report.tenToOne.toFixed(2);
    console.log(`10,000 documents to 1,000, per token x 10: ${figure} (aim: at most 10.5)`);
  }
  for (const { key, documents, peakBytes } of report.memory) {
    console.log(`Peak memory, ${documents} documents, ${key}: ${megabytes(peakBytes)}`);
  }
}

/**
 * The figures that `--quick` ends with.
 * @param {PlaceReport} report
 */
export function quickFigures({ counts: [count] }) {
  if (count === undefined) throw new Error('Nothing was measured.');
  const of = (/** @type {string} */ key) => count.contenders.find((one) => one.key === key);
  const ratio = (/** @type {string} */ key) => rounded(of(key)?.ratio ?? null, 3);
  const ours = of('crossrank');
  return {
    ratios: {
      onePaddedBatch: ratio('onePaddedBatch'),
      onePairAtATime: ratio('onePairAtATime'),
      fixedBatches: ratio('fixedBatches'),
      bareSession: ratio('bareSession'),
    },
    paddedShare: rounded(ours?.paddedShare ?? null, 4),
    tokensPerSecond: rounded(ours?.tokensPerSecond ?? null, 0),
  };
}

/**
 * @param {readonly PlaceReport[]} places
 * @param {string | undefined} file default: bench/results/DATE-MACHINE.json
 */
export function writeResults(places, file) {
  const machine = describeMachine();
  const at = new Date().toISOString();
  const name = `${machine.cpu}-${machine.logicalCores}-cores`.replace(/[^a-z0-9]+/gi, '-');
  const target =
    file ?? path.join(root, 'bench', 'results', `${at.slice(0, 10)}-${name.toLowerCase()}.json`);
  mkdirSync(path.dirname(path.resolve(target)), { recursive: true });
  const results = { version: 1, measuredAt: at, commit: commit(), machine, places };
  writeFileSync(target, `${JSON.stringify(results, null, 1)}\n`);
  return target;
}

/** @param {readonly PlaceReport[]} places */
export function printHead(places) {
  const { cpu, logicalCores, system, memoryBytes } = describeMachine();
  console.log(`
Machine   ${cpu}, ${logicalCores} logical cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${system}
Browser   Chromium ${places[0]?.browser}, headless
Load      ${os.loadavg()[0]?.toFixed(1)} (processes that wanted a core in the last minute)
Figures   medians of interleaved rounds; a ratio is the median of each round's own. GFLOPS are of the
          operations in the graph that ran, padding left out; peak is the device's own, measured in
          the same rounds.`);
}

/** @param {CountReport} count @param {PlaceReport} report */
function printCount(count, { software }) {
  const { documents, rounds, tokens, source, responsiveness } = count;
  console.log(`\n${documents} documents (${source}), ${tokens} tokens, n = ${rounds}`);
  const rows = count.contenders.map((one) => {
    if (one.ms === null) return [one.name, `not run: ${one.notRun}`];
    const aim = aims.find(({ key }) => key === one.key);
    const goal =
      aim === undefined || one.ratio === null ? '' : one.ratio >= aim.least ? 'met' : 'missed';
    return [
      one.name,
      `${one.ms.toFixed(0)} ms`,
      one.ratio === null ? '' : `${one.ratio.toFixed(2)} x`,
      aim === undefined || software ? '' : `${aim.least.toFixed(2)} ${goal}`,
      percent(one.paddedShare),
      software ? '' : `${one.tokensPerSecond?.toFixed(0)}`,
      software ? '' : `${one.gflops?.toFixed(1)}`,
      percent(one.peakShare),
      `${one.largestDifference?.toExponential(0)}`,
    ];
  });
  printTable(
    ['', 'median', 'ratio', 'aim', 'padded', 'tokens/s', 'GFLOPS', 'of peak', 'logits differ'],
    rows,
  );
  if (responsiveness !== null) {
    const { batches, batchMs, firstScoreMs, firstScoreBatches, abortMs, freeMs, freeBatches } =
      responsiveness;
    console.log(
      `First scores after ${firstScoreMs.toFixed(0)} ms = ${firstScoreBatches?.toFixed(1)} batches ` +
        `(aim: 2); abort to rejection at most ${abortMs?.toFixed(0)} ms, to a free worker ` +
        `${freeMs?.toFixed(0)} ms = ${freeBatches?.toFixed(1)} batches (aim: 1); ` +
        `${batches} batches of ${batchMs?.toFixed(1)} ms`,
    );
  }
}

/** Of the working tree, with a mark where it has changes; null where there is no git. */
function commit() {
  try {
    const run = (/** @type {string[]} */ ...args) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    const changed = run('status', '--porcelain', '--', 'src', 'public') !== '';
    return `${run('rev-parse', 'HEAD')}${changed ? ' with changes' : ''}`;
  } catch {
    return null;
  }
}

function percent(/** @type {number | null} */ share) {
  return share === null ? '' : `${(share * 100).toFixed(1)} %`;
}

/** @param {number | null} value @param {number} digits */
function rounded(value, digits) {
  return value === null ? null : Number(value.toFixed(digits));
}
