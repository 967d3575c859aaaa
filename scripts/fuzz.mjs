// `npm run fuzz`: the readers of everything that comes from outside (files, links, what is stored,
// the files of models), with 10,000 inputs each where
// `npm test` takes 300. For the night; `npm run fuzz -- 100000` takes more.

import { spawnSync } from 'node:child_process';
import { fail, preparePackages, root } from './packages.mjs';

const [runs = '10000'] = process.argv.slice(2);
if (!/^[1-9]\d{0,7}$/.test(runs)) fail(`The number of inputs is a whole number, not "${runs}".`);

preparePackages();
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'src/io', 'fuzz.test', '--testTimeout', '1800000'],
  { cwd: root, env: { ...process.env, CROSSRANK_FUZZ_RUNS: runs }, stdio: 'inherit' },
);
process.exit(status ?? 1);
