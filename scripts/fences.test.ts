import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from './packages.mjs';

/** A file that does what its layer must not, or, without `rule`, what it may. */
interface Case {
  readonly file: string;
  readonly code: string;
  readonly rule?: string;
}

const fence = 'lint/style/noRestrictedImports';

const offences: readonly Case[] = [
  { file: 'src/core/offence-layer.ts', code: "import '../engine/reranker.ts';", rule: fence },
  { file: 'src/core/offence-package.ts', code: "import 'valibot';", rule: fence },
  { file: 'src/core/offence-node.ts', code: "import 'node:fs';", rule: fence },
  { file: 'src/core/offence-type.ts', code: "export type * from '../io/files.ts';", rule: fence },
  { file: 'src/core/offence-lazy.ts', code: "await import('../ui/main.tsx');", rule: fence },
  { file: 'src/core/offence.test.ts', code: "import '../engine/reranker.ts';", rule: fence },
  { file: 'src/models/offence-layer.ts', code: "import '../engine/reranker.ts';", rule: fence },
  { file: 'src/models/offence-zip.ts', code: "import '@zip.js/zip.js';", rule: fence },
  { file: 'src/models/model-archive.ts', code: "import 'valibot';", rule: fence },
  { file: 'src/engine/offence-layer.ts', code: "import '../app/store.ts';", rule: fence },
  { file: 'src/engine/offence-react.ts', code: "import 'react';", rule: fence },
  { file: 'src/engine/offence-wire.ts', code: "import 'comlink';", rule: fence },
  { file: 'src/engine/offence-model.ts', code: "import 'onnxruntime-web/wasm';", rule: fence },
  { file: 'src/engine/offence-words.ts', code: "import '@huggingface/tokenizers';", rule: fence },
  { file: 'src/engine/protocol.ts', code: "import 'onnxruntime-web';", rule: fence },
  { file: 'src/engine/tokenizer.ts', code: "import 'comlink';", rule: fence },
  { file: 'src/engine/scoring-worker.ts', code: "import 'comlink';", rule: fence },
  { file: 'src/engine/offence.test.ts', code: "import '../ui/main.tsx';", rule: fence },
  { file: 'src/worker/offence-layer.ts', code: "import '../app/store.ts';", rule: fence },
  { file: 'src/io/offence-layer.ts', code: "import '../app/store.ts';", rule: fence },
  { file: 'src/io/offence-model.ts', code: "import '../engine/tokenizer.ts';", rule: fence },
  { file: 'src/io/offence-table.ts', code: "import 'papaparse';", rule: fence },
  { file: 'src/io/offence-up.ts', code: "import '../collections/collection.ts';", rule: fence },
  { file: 'src/collections/offence-layer.ts', code: "import '../app/store.ts';", rule: fence },
  { file: 'src/collections/offence-store.ts', code: "import 'idb';", rule: fence },
  { file: 'src/collections/offence-wire.ts', code: "import 'comlink';", rule: fence },
  {
    file: 'src/collections/offence-model.ts',
    code: "import '../engine/tokenizer.ts';",
    rule: fence,
  },
  { file: 'src/engine/offence-up.ts', code: "import '../collections/collection.ts';", rule: fence },
  { file: 'src/app/offence-layer.ts', code: "import '../ui/main.tsx';", rule: fence },
  { file: 'src/app/offence-react.ts', code: "import 'react';", rule: fence },
  { file: 'src/app/offence-store.ts', code: "import 'zustand';", rule: fence },
  { file: 'src/app/offence-model.ts', code: "import '../engine/cross-encoder.ts';", rule: fence },
  { file: 'src/ui/OffenceLayer.tsx', code: "import '../engine/reranker.ts';", rule: fence },
  { file: 'src/ui/collections/Offence.tsx', code: "import '../../io/files.ts';", rule: fence },
  { file: 'src/ui/truth/Offence.tsx', code: "import '../../io/files.ts';", rule: fence },
  { file: 'src/ui/OffenceShape.tsx', code: "import '../io/files.ts';", rule: fence },
  { file: 'src/ui/OffenceWire.tsx', code: "import 'comlink';", rule: fence },
  { file: 'src/index.ts', code: "export { store } from './app/store.ts';", rule: fence },
  {
    file: 'src/core/cycle-a.ts',
    code: "import { b } from './cycle-b.ts';\nexport const a = () => b;",
    rule: 'lint/suspicious/noImportCycles',
  },
  {
    file: 'src/core/cycle-b.ts',
    code: "import { a } from './cycle-a.ts';\nexport const b = () => a;",
    rule: 'lint/suspicious/noImportCycles',
  },
  {
    file: 'src/core/barrel.ts',
    code: "export { a } from './cycle-a.ts';",
    rule: 'lint/performance/noBarrelFile',
  },
];

const allowed: readonly Case[] = [
  { file: 'src/core/allowed.ts', code: "import './errors.ts';" },
  { file: 'src/core/allowed.test.ts', code: "import 'vitest';\nimport './errors.ts';" },
  { file: 'src/engine/allowed.ts', code: "import '../core/errors.ts';\nimport './pairs.ts';" },
  { file: 'src/models/allowed.ts', code: "import 'valibot';\nimport '../core/errors.ts';" },
  { file: 'src/models/sha256.ts', code: "import 'hash-wasm';" },
  { file: 'src/engine/owned-worker.ts', code: "import 'comlink';" },
  { file: 'src/engine/live-worker.ts', code: "import 'comlink';" },
  { file: 'src/engine/worker-reranker.ts', code: "import 'comlink';\nimport '../models/a.ts';" },
  {
    file: 'src/engine/onnx-session.ts',
    code: "import '@huggingface/tokenizers';\nimport 'onnxruntime-web/wasm';",
  },
  {
    file: 'src/worker/allowed.ts',
    code: "import 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';\nimport '../engine/pairs.ts';",
  },
  { file: 'src/io/allowed.ts', code: "import 'valibot';\nimport '../engine/reranker.ts';" },
  { file: 'src/io/delimited-text.ts', code: "import 'papaparse';\nimport './import-types.ts';" },
  { file: 'src/io/zip-entries.ts', code: "import '@zip.js/zip.js';" },
  {
    file: 'src/collections/allowed.ts',
    code: "import '../io/a.ts';\nimport '../engine/protocol.ts';",
  },
  { file: 'src/collections/collection-database.ts', code: "import 'idb';" },
  {
    file: 'src/ui/collections/Allowed.tsx',
    code: "import 'react';\nimport '../../app/store.ts';\nimport '../Segments.tsx';",
  },
  { file: 'src/app/allowed.ts', code: "import 'zustand/vanilla';\nimport '../io/files.ts';" },
  {
    file: 'src/ui/Allowed.tsx',
    code: "import 'react';\nimport '../app/store.ts';\nimport './page.css';",
  },
];

/** The fences are tried in a small tree elsewhere, so that no offence ever lies in this one. */
let tree: string;

beforeAll(() => {
  tree = mkdtempSync(path.join(os.tmpdir(), 'crossrank-fences-'));
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('the layer fences of biome.json', () => {
  let brokenRules: ReadonlyMap<string, readonly string[]>;

  beforeAll(() => {
    for (const file of ['biome.json', 'package.json', '.gitignore']) copy(file);
    for (const { file, code } of [...offences, ...allowed]) write(file, code);
    brokenRules = lint();
  });

  test.each(offences)('refuse $file', ({ file, rule }) => {
    expect(brokenRules.get(file)).toContain(rule);
  });

  test.each(allowed)('allow $file', ({ file }) => {
    expect(brokenRules.get(file) ?? []).toEqual([]);
  });
});

describe('the libraries of the TypeScript projects', () => {
  const layers = ['core', 'models', 'engine', 'io', 'collections'];

  beforeAll(() => {
    copy('tsconfig.base.json', 'libraries/tsconfig.base.json');
    for (const layer of layers) {
      copy(`src/${layer}/tsconfig.json`, `libraries/src/${layer}/tsconfig.json`);
      write(`libraries/src/${layer}/page.ts`, 'export const title = document.title;');
    }
  });

  test.each(layers)('have no document in %s', (layer) => {
    const output = run('typescript/bin/tsc', ['-p', `libraries/src/${layer}`]);
    expect(output).toContain("Cannot find name 'document'");
  });
});

/** The names of the rules that each file breaks. */
function lint(): Map<string, string[]> {
  const report = run('@biomejs/biome/bin/biome', [
    'lint',
    '--reporter=json',
    '--max-diagnostics=none',
    '.',
  ]);
  const { diagnostics }: { diagnostics: { category: string; location: { path: string } }[] } =
    JSON.parse(report);
  const rules = new Map<string, string[]>();
  for (const { category, location } of diagnostics) {
    const file = location.path.replaceAll('\\', '/');
    rules.set(file, [...(rules.get(file) ?? []), category]);
  }
  return rules;
}

/** Runs a package's program in the small tree; returns what it printed. */
function run(program: string, args: readonly string[]): string {
  const script = path.join(root, 'node_modules', program);
  const { stdout, error } = spawnSync(process.execPath, [script, ...args], {
    cwd: tree,
    encoding: 'utf8',
  });
  if (error) throw error;
  return stdout;
}

/** Copies a file of this repository into the small tree. */
function copy(file: string, target = file): void {
  const copied = path.join(tree, target);
  mkdirSync(path.dirname(copied), { recursive: true });
  copyFileSync(path.join(root, file), copied);
}

function write(file: string, code: string): void {
  const written = path.join(tree, file);
  mkdirSync(path.dirname(written), { recursive: true });
  writeFileSync(written, `${code}\n`);
}
