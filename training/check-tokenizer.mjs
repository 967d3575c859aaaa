// `node check-tokenizer.mjs MODEL LINES`: whether the app's own tokenizer gives each line the ids beside it.
// `python -m crossrank_training check-tokenizer` makes the lines ({ "text", "ids" }, one a line) and calls this.

import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { runnerImport } from 'vite';

const root = path.resolve(import.meta.dirname, '..');
/** Differences that are shown. */
const mostShown = 5;

const [folder, linesFile] = process.argv.slice(2);
if (folder === undefined || linesFile === undefined) {
  say('Usage: node check-tokenizer.mjs MODEL-FOLDER LINES-FILE');
  process.exit(2);
}
const { module } = await runnerImport(path.join(root, 'src/engine/tokenizer.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
/** @type {typeof import('../src/engine/tokenizer.ts')} */
const { createPairTokenizer } = module;
const { encode } = createPairTokenizer(
  readFileSync(path.join(folder, 'tokenizer.json'), 'utf8'),
  readFileSync(path.join(folder, 'tokenizer_config.json'), 'utf8'),
);
let lines = 0;
let different = 0;
let tokens = 0;
for await (const line of createInterface({ input: createReadStream(linesFile) })) {
  /** @type {{ text: string, ids: number[] }} */
  const { text, ids } = JSON.parse(line);
  const found = encode(text);
  lines += 1;
  tokens += ids.length;
  if (found.length === ids.length && ids.every((id, at) => id === found[at])) continue;
  different += 1;
  if (different > mostShown) continue;
  const at = ids.findIndex((id, index) => id !== found[index]);
  const place = at < 0 ? ids.length : at;
  say(`${JSON.stringify(text.slice(0, 200))}
  at token ${place}: the app has ${found.slice(place, place + 6)}, the reference ${ids.slice(place, place + 6)}`);
}
say(
  `${lines} lines, ${tokens} tokens: ${different === 0 ? 'all equal' : `${different} lines differ`}`,
);
process.exit(different === 0 && lines > 0 ? 0 : 1);

function say(/** @type {string} */ text) {
  process.stdout.write(`${text}\n`);
}
