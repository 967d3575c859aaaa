// `npm run evaluate`: does a reranker help on your own first stage and judgements? Runs the page's
// code in a Chromium without a window and prints a table, or JSON for a pipeline.

import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkNode, fail, preparePackages, root } from './packages.mjs';

/** @typedef {import('../src/app/evaluate-files.ts').EvaluateFilesReport} Report */
/** @typedef {import('../src/core/evaluation-types.ts').SystemFigures} System */

const usage = `Reranks a first stage's candidates and evaluates, in headless Chromium.

Usage: npm run evaluate -- --first-stage FILE --qrels FILE [options]

  --first-stage FILE  candidates with their texts: RankLLM lists, or a TREC run together with --corpus
  --qrels FILE        judgements: TREC qrels, or a table of query, document and grade
  --corpus FILE       documents, of a TREC run or for BM25 to search; may be repeated, as all files
  --depth N           candidates per query that are reranked (100)
  --queries N         only the first N queries
  --model ID          model id, or a folder with its files (the embedded model)
  --host URL          where models are fetched from (https://huggingface.co)
  --device D          wasm, webgpu or auto (auto)
  --metrics LIST      comma-separated, the main one first (nDCG@10,RR@10,AP,P@10,R@100,Success@1)
  --relevant-from G   grades from G on are relevant, for all but nDCG (1)
  --max-length N      longest pair in tokens (512)
  --profile DIR       keep models and scores there between calls
  --no-build          use dist/ as it is
  --json              print JSON instead of the table
  --help              show this`;

/** Where the page is served when it is to keep something between calls. */
const profilePort = 4195;

/** Marks the page's lines that are for the reader. */
const told = 'evaluate: ';

const options = readOptions();
if (options.help) {
  console.log(usage);
  process.exit(0);
}
checkNode();
preparePackages();
// JSON goes to a pipe: everything that is for people goes to the other stream.
const report = await evaluate(options);
if (options.json) console.log(JSON.stringify(asJson(report), null, 2));
else printTable(report);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        'first-stage': { type: 'string', multiple: true },
        qrels: { type: 'string', multiple: true },
        corpus: { type: 'string', multiple: true },
        depth: { type: 'string', default: '100' },
        queries: { type: 'string' },
        model: { type: 'string' },
        host: { type: 'string' },
        device: { type: 'string', default: 'auto' },
        metrics: { type: 'string' },
        'relevant-from': { type: 'string', default: '1' },
        'max-length': { type: 'string' },
        profile: { type: 'string' },
        'no-build': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help)
      return {
        help: true,
        json: false,
        build: false,
        files: [],
        corpusCount: 0,
        page: {},
        profile: undefined,
        modelFolder: undefined,
      };
    const firstStage = values['first-stage'] ?? [];
    const qrels = values.qrels ?? [];
    const corpus = values.corpus ?? [];
    if (firstStage.length === 0 && corpus.length === 0) {
      throw new Error('Say which candidates to rerank: --first-stage FILE');
    }
    if (qrels.length === 0) throw new Error('Say which documents are relevant: --qrels FILE');
    const files = [...firstStage, ...qrels, ...corpus];
    for (const file of files) {
      if (!existsSync(file)) throw new Error(`There is no file ${file}`);
      if (statSync(file).isDirectory()) throw new Error(`${file} is a folder; name its files.`);
    }
    const { device, model, host, metrics } = values;
    if (device !== 'auto' && device !== 'wasm' && device !== 'webgpu') {
      throw new Error(`--device is wasm, webgpu or auto, not "${device}".`);
    }
    const folder = model !== undefined && existsSync(model) && statSync(model).isDirectory();
    /** @type {Omit<import('../src/app/evaluate-files.ts').EvaluateFilesOptions, 'model'> & { model?: string }} */
    const page = {
      depth: wholeNumber('--depth', values.depth),
      relevantFrom: wholeNumber('--relevant-from', values['relevant-from']),
      device,
      ...(values.queries !== undefined && { queries: wholeNumber('--queries', values.queries) }),
      ...(values['max-length'] !== undefined && {
        maxLength: wholeNumber('--max-length', values['max-length']),
      }),
      ...(model !== undefined && !folder && { model }),
      ...(host !== undefined && { host }),
      ...(metrics !== undefined && { metrics: metrics.split(',').map((name) => name.trim()) }),
    };
    return {
      help: false,
      json: values.json,
      build: !values['no-build'],
      profile: values.profile,
      files,
      corpusCount: corpus.length,
      modelFolder: folder ? model : undefined,
      page,
    };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function wholeNumber(name, value) {
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new Error(`${name} is a whole number from 1, not "${value}".`);
  return Number(value);
}

/**
 * @param {ReturnType<typeof readOptions>} options
 * @returns {Promise<Report>}
 */
async function evaluate({ files, corpusCount, modelFolder, profile, page: pageOptions, build }) {
  process.env.NODE_ENV = 'production';
  const [vite, { chromium }, { chromiumFlags, ensureChromium }] = await Promise.all([
    import('vite'),
    import('@playwright/test'),
    import('./chromium.mjs'),
  ]);
  const executablePath = ensureChromium();
  if (build || !existsSync(path.join(root, 'dist', 'index.html'))) {
    say('Building ...');
    await vite
      .build({ root, logLevel: 'error' })
      .catch((error) => fail(`The build failed: ${error.message}`));
  }
  // What a browser keeps belongs to the address with its port.
  const port = profile === undefined ? await freePort() : profilePort;
  const server = await vite.preview({
    root,
    logLevel: 'error',
    preview: { port, strictPort: true },
  });
  const launch = { args: chromiumFlags, ...(executablePath && { executablePath }) };
  // The app is served here each time: keeping it for offline use would be in vain.
  const options = { serviceWorkers: /** @type {const} */ ('block') };
  const browser = profile === undefined ? await chromium.launch(launch) : null;
  const context = browser
    ? await browser.newContext(options)
    : await chromium.launchPersistentContext(path.resolve(profile ?? ''), {
        ...launch,
        ...options,
      });
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      const text = message.text();
      if (text.startsWith(told)) say(text.slice(told.length));
    });
    await page.goto(`http://localhost:${port}/`);
    // Both inputs are the script's own: the page takes files from wherever they come.
    await page.evaluate(() => {
      for (const id of ['evaluate-files', 'evaluate-model']) {
        const input = document.createElement('input');
        Object.assign(input, { type: 'file', multiple: true, id });
        if (id === 'evaluate-model') input.webkitdirectory = true;
        document.body.append(input);
      }
    });
    await page.setInputFiles(
      '#evaluate-files',
      files.map((file) => path.resolve(file)),
    );
    if (modelFolder !== undefined) {
      await page.setInputFiles('#evaluate-model', path.resolve(modelFolder));
    }
    return await page.evaluate(
      async ({ options, mark, firstCorpus }) => {
        /** @param {string} id */
        const filesOf = (id) => {
          const input = document.getElementById(id);
          if (!(input instanceof HTMLInputElement)) return [];
          return Array.from(input.files ?? [], (file, number) => ({
            // Two files of one name, from two folders, stay apart.
            path:
              file.webkitRelativePath ||
              `${number < firstCorpus ? number + 1 : `corpus/${number - firstCorpus + 1}`}/${file.name}`,
            blob: file,
          }));
        };
        const model = filesOf('evaluate-model');
        let said = '';
        return await window.crossrankEvaluate(
          filesOf('evaluate-files'),
          { ...options, ...(model.length > 0 && { model }) },
          (event) => {
            let text = '';
            if (event.type === 'model') {
              const { model: id, dtype, device, adapter, threads } = event.model;
              text = `Model ${id} ${dtype} on ${[device, adapter].filter(Boolean).join(' ')}, ${threads} threads`;
            } else if (event.type === 'imported') {
              const { counts } = event.report;
              text = `${counts.documents} documents, ${counts.queries} queries, ${counts.candidates} candidates, ${counts.judgements} judgements`;
            } else {
              text = `${event.doneQueries} of ${event.totalQueries} queries`;
            }
            // Read by the script that opened this page.
            if (text !== said) console.log(mark + text);
            said = text;
          },
        );
      },
      { options: pageOptions, mark: told, firstCorpus: files.length - corpusCount },
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(
      message.replace(/^page\.evaluate: (?:Rerank)?(?:Abort)?Error: /, '').split('\n    at ')[0] ??
        message,
    );
  } finally {
    await context.close();
    await browser?.close();
    await server.close();
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: 'localhost' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * The systems under the names that a pipeline can rely on; of the fusions the better one by the
 * main metric, which flatters it a little.
 * @param {Report} report
 */
function named({ evaluation }) {
  const [main = 'nDCG@10'] = evaluation.settings.metrics;
  /** @param {System} system */
  const mean = (system) => system.metrics[main]?.mean ?? 0;
  const [best] = evaluation.systems
    .filter(({ kind }) => kind === 'fusion')
    .sort((a, b) => mean(b) - mean(a));
  const names = {
    'first-stage': 'first-stage',
    bm25: 'bm25',
    model: 'cross-encoder',
    imported: '',
  };
  return evaluation.systems.flatMap((system) => {
    if (system.kind !== 'fusion') return [{ name: names[system.kind] || system.label, system }];
    return system === best ? [{ name: 'fusion', system }] : [];
  });
}

/** @param {Report} report */
function asJson(report) {
  const { evaluation, run, model } = report;
  return {
    model: model.model,
    revision: model.revision,
    dtype: model.dtype,
    device: model.device,
    adapter: model.adapter,
    threads: model.threads,
    depth: run.settings?.depth ?? null,
    queries: evaluation.queries.length,
    pairs: run.scoredPairs + run.cachedPairs,
    pairsFromCache: run.cachedPairs,
    scoringMs: run.scoringMs,
    browser: run.provenance?.browser ?? null,
    machine: machine(),
    systems: named(report).map(({ name, system }) => ({
      name,
      ...(name === 'fusion' && { method: system.key.split(':')[0] }),
      metrics: Object.fromEntries(
        Object.entries(system.metrics).map(([metric, { mean }]) => [metric, mean]),
      ),
      comparisons: Object.fromEntries(
        Object.entries(system.metrics).map(([metric, { comparison }]) => [metric, comparison]),
      ),
    })),
    problems: report.report.problems,
  };
}

/** @param {Report} report */
function printTable(report) {
  const { evaluation, run, model } = report;
  const { metrics } = evaluation.settings;
  const [main = 'nDCG@10'] = metrics;
  console.log(`
Machine   ${machine()}
Browser   ${run.provenance?.browser ?? 'unknown'}
Model     ${model.model} ${model.revision}, ${model.dtype}, ${[model.device, model.adapter].filter(Boolean).join(' ')}, ${model.threads} threads
Queries   ${evaluation.queries.length}, reranked to depth ${run.settings?.depth}; ${run.scoredPairs} pairs scored in ${(run.scoringMs / 1000).toFixed(1)} s, ${run.cachedPairs} from the cache
`);
  console.log(['system'.padEnd(24), ...metrics.map((name) => name.padStart(10))].join(''));
  for (const { name, system } of named(report)) {
    const shown = name === 'fusion' ? `fusion (${system.key.split(':')[0]})` : name;
    const values = metrics.map((metric) =>
      (system.metrics[metric]?.mean ?? 0).toFixed(4).padStart(10),
    );
    console.log([shown.padEnd(24), ...values].join(''));
  }
  console.log('');
  for (const { name, system } of named(report)) {
    const against = system.metrics[main]?.comparison;
    if (!against) continue;
    const { difference, pValue, wins, losses, ties } = against;
    console.log(
      `${name.padEnd(16)}${main} ${signed(difference.mean)} (95 % ${signed(difference.low)} to ${signed(difference.high)}, p = ${pValue.toFixed(4)}); better on ${wins}, equal on ${ties}, worse on ${losses}`,
    );
  }
  for (const { code, severity, count, places } of report.report.problems) {
    const [place] = places;
    const at = [place?.path, place?.line && `line ${place.line}`, place?.subject];
    console.log(
      `${severity === 'note' ? 'Note' : 'Left out'}: ${code}, ${count} (${at.filter(Boolean).join(', ')})`,
    );
  }
}

function signed(/** @type {number} */ value) {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`;
}

function machine() {
  return `${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.cpus().length} logical cores, ${os.type()}`;
}

function say(/** @type {string} */ text) {
  console.error(text);
}
