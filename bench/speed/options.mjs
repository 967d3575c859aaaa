// The command line of `npm run bench:speed`.

import { parseArgs } from 'node:util';
import { modelNames } from './models.mjs';

/** @typedef {import('./models.mjs').ModelName} ModelName */
/** @typedef {'wasm1' | 'wasm2' | 'wasm' | 'webgpu'} DeviceName */
/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {readonly DeviceName[]} devices
 * @property {readonly number[]} counts of documents
 * @property {readonly ModelName[]} models
 * @property {number} rounds
 * @property {boolean} memory
 * @property {string | undefined} json
 * @property {string | undefined} app
 */

/** @type {readonly DeviceName[]} */
const deviceNames = ['wasm1', 'wasm2', 'wasm', 'webgpu'];

const help = `Measures Crossrank against plain transformers.js and against two ceilings, in one run.

  npm run bench:speed -- [options]

  --quick            embedded model, WASM with the usual threads, 100 documents, within two
                     minutes; the last line is JSON with the ratios
  --device LIST      of wasm1 (one thread), wasm2, wasm (as many as the app takes), webgpu;
                     default wasm1,wasm2,webgpu
  --documents LIST   how many, for example 100,1000; default 100,1000,10000
  --model LIST       of ${modelNames.join(', ')}; default all
  --rounds N         turns of each contender on 100 documents; fewer on more. Default 5
  --no-memory        leaves out the visits that find each contender's peak memory
  --json FILE        where the results go; default bench/results/DATE-MACHINE.json, with --quick
                     nowhere
  --app URL          an app that is served already; default: dist/, built where it is old
  --help             show this`;

/**
 * Ends the process where it has been asked for help or for what there is not.
 * @param {readonly string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        device: { type: 'string' },
        documents: { type: 'string' },
        model: { type: 'string' },
        rounds: { type: 'string' },
        'no-memory': { type: 'boolean', default: false },
        json: { type: 'string' },
        app: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const { quick } = values;
    return {
      quick,
      devices: listOf(
        '--device',
        deviceNames,
        values.device ?? (quick ? 'wasm' : 'wasm1,wasm2,webgpu'),
      ),
      models: listOf('--model', modelNames, values.model ?? (quick ? 'embedded' : `${modelNames}`)),
      counts: (values.documents ?? (quick ? '100' : '100,1000,10000'))
        .split(',')
        .map((count) => whole('--documents', count))
        .sort((a, b) => a - b),
      rounds: whole('--rounds', values.rounds ?? '5'),
      memory: !quick && !values['no-memory'],
      json: values.json,
      app: values.app,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exit(1);
  }
}

/**
 * @template {string} T
 * @param {string} option
 * @param {readonly T[]} known
 * @param {string} value
 * @returns {T[]}
 */
function listOf(option, known, value) {
  return value.split(',').map((name) => {
    const found = known.find((one) => one === name.trim());
    if (found === undefined) throw new Error(`${option} knows ${known.join(', ')}, not ${name}.`);
    return found;
  });
}

/** @param {string} option @param {string} value */
function whole(option, value) {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new Error(`${option} is a whole number from 1 on, not ${value}.`);
}
