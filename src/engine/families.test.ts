import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelFiles } from '../models/model-files.ts';
import type { FileSource, ModelSource } from '../models/model-source.ts';
import { CrossEncoder, type CrossEncoderHost } from './cross-encoder.ts';
import type { OnnxRuntime } from './onnx-session.ts';
import type { RankedDocument } from './reranker.ts';
import { rewrittenWeights } from './rewritten-weights.ts';

/** What a run was fed: for each input its rows of token ids, mask values or token types. */
type Feeds = Readonly<Record<string, readonly (readonly number[])[]>>;

/** A family's inputs and special tokens, as the real models have them. */
interface Family {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly prefix: readonly string[];
  readonly between: readonly string[];
  readonly suffix: readonly string[];
  readonly pad: string;
  /** False where the head takes the mean of all tokens. */
  readonly readsFirstToken: boolean;
}

const families: readonly Family[] = [
  {
    name: 'bert',
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
    prefix: ['[CLS]'],
    between: ['[SEP]'],
    suffix: ['[SEP]'],
    pad: '[PAD]',
    readsFirstToken: true,
  },
  {
    name: 'xlm-roberta',
    inputs: ['input_ids', 'attention_mask'],
    prefix: ['<s>'],
    between: ['</s>', '</s>'],
    suffix: ['</s>'],
    pad: '<pad>',
    readsFirstToken: true,
  },
  {
    name: 'modernbert',
    inputs: ['input_ids', 'attention_mask'],
    prefix: ['[CLS]'],
    between: ['[SEP]'],
    suffix: ['[SEP]'],
    pad: '[PAD]',
    readsFirstToken: false,
  },
];

const scripts = new URL('../../scripts/models/', import.meta.url);
// bench/native/reference-logits.mjs wrote it and says what it holds.
const reference = JSON.parse(readFileSync(new URL('reference-logits.json', scripts), 'utf8')) as {
  readonly pairs: readonly (readonly [query: string, document: string])[];
  readonly models: readonly {
    readonly options: string;
    readonly rows: readonly {
      readonly ids: readonly number[];
      readonly fp32: number;
      readonly int8: number;
    }[];
  }[];
};
const weightsPaths = { fp32: 'onnx/model.onnx', int8: 'onnx/model_int8.onnx' } as const;
const tolerances = { fp32: 1e-3, int8: 0.02 } as const;
const maxLength = 128;
const longText = 'the panda is a bear. '.repeat(200);

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.each(families)('a generated model of family $name', (family) => {
  const model = reference.models.find(({ options }) =>
    options.includes(`--family ${family.name} `),
  );
  const rows = model?.rows ?? [];
  let folder: string;
  let fp32: LoadedModel;
  let int8: LoadedModel;
  let tokenIds: ReadonlyMap<string, number>;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), `crossrank-${family.name}-`));
    const generator = fileURLToPath(new URL('generate.mjs', scripts));
    const options = model?.options.split(' ') ?? [];
    const listing = execFileSync(process.execPath, [generator, ...options, folder], {
      encoding: 'utf8',
    });
    fp32 = await load(family, folder, listing, 'fp32');
    int8 = await load(family, folder, listing, 'int8');
    tokenIds = specialTokens(path.join(folder, 'tokenizer.json'));
  });

  afterAll(async () => {
    await fp32?.reranker.dispose();
    await int8?.reranker.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const idOf = (token = '') => tokenIds.get(token) ?? -1;

  /** The template's tokens in their order, the first and the last of them at the ends. */
  function expectSpecialTokens(ids: readonly number[]): void {
    const { prefix, between, suffix } = family;
    const special = new Set(tokenIds.values());
    expect(ids.filter((id) => special.has(id))).toEqual(
      [...prefix, ...between, ...suffix].map(idOf),
    );
    expect(ids.slice(0, prefix.length)).toEqual(prefix.map(idOf));
    expect(ids.slice(-suffix.length)).toEqual(suffix.map(idOf));
    const at = ids.indexOf(idOf(between[0]));
    expect(ids.slice(at, at + between.length)).toEqual(between.map(idOf));
  }

  it.each(['fp32', 'int8'] as const)(
    'gives the logits of the native runtime: %s',
    async (dtype) => {
      const { reranker, runs } = dtype === 'fp32' ? fp32 : int8;
      expect(rows).toHaveLength(reference.pairs.length);
      for (const [index, [query, document]] of reference.pairs.entries()) {
        const expected = rows[index];
        const [scored] = (await reranker.rerank({ query, documents: [document] })).ranking;
        expect(runs.at(-1)?.input_ids, document).toEqual([expected?.ids]);
        const difference = (scored?.logit ?? Number.NaN) - (expected?.[dtype] ?? Number.NaN);
        expect(Math.abs(difference), document).toBeLessThanOrEqual(tolerances[dtype]);
      }
    },
  );

  it.each(['fp32', 'int8'] as const)('tells pairs apart: %s', (dtype) => {
    const logits = rows.map((row) => row[dtype]);
    expect(Math.max(...logits) - Math.min(...logits)).toBeGreaterThan(0.5);
  });

  // Whatever goes wrong in a rewriting, the graph as it came runs instead, and nobody would notice.
  it('is rewritten for each device', () => {
    const rewritingsOf = (dtype: 'fp32' | 'int8', device: 'wasm' | 'webgpu') =>
      rewrittenWeights(filesOf(folder, weightsPaths[dtype]), { fileName: dtype, device })
        ?.rewritings ?? [];
    const head = family.readsFirstToken ? ['first-token-only'] : [];
    expect(rewritingsOf('fp32', 'wasm')).toEqual(head);
    expect(rewritingsOf('fp32', 'webgpu')).toEqual(head);
    expect(rewritingsOf('int8', 'wasm')).toEqual([]);
    expect(rewritingsOf('int8', 'webgpu')).toEqual(['blocks-from-int8', ...head]);
  });

  it('scores a document alike alone and beside others: fp32', async () => {
    const { reranker, runs } = fp32;
    const query = 'what is panda?';
    const documents = [...reference.pairs.map(([, document]) => document), longText, '熊猫'];
    runs.length = 0;
    const together = byIndex((await reranker.rerank({ query, documents })).ranking);
    const shapes = runs.map(({ input_ids: ids }) => ids?.length ?? 0);
    expect(Math.max(...shapes), 'rows of the largest batch').toBeGreaterThan(1);
    for (const [index, document] of documents.entries()) {
      const [alone] = (await reranker.rerank({ query, documents: [document] })).ranking;
      const difference = (together[index]?.logit ?? Number.NaN) - (alone?.logit ?? Number.NaN);
      expect(Math.abs(difference), document).toBeLessThanOrEqual(1e-3);
    }
  });

  // Its scales would be those of a whole batch, padding included; so there are no batches.
  it('gives each document the same bits alone and beside any others: int8', async () => {
    const { reranker, runs } = int8;
    const query = 'what is panda?';
    const documents = [...reference.pairs.map(([, document]) => document), longText, '熊猫'];
    const alone = new Map<string, number>();
    for (const document of documents) {
      const [scored] = (await reranker.rerank({ query, documents: [document] })).ranking;
      alone.set(document, scored?.logit ?? Number.NaN);
    }
    const sorted = [...documents].sort((a, b) => (alone.get(b) ?? 0) - (alone.get(a) ?? 0));
    for (const some of [documents, documents.toReversed(), documents.filter((_, at) => at % 3)]) {
      runs.length = 0;
      const { ranking, tuning } = await reranker.rerank({ query, documents: some });
      expect(new Set(runs.map(({ input_ids: ids }) => ids?.length))).toEqual(new Set([1]));
      const found = ranking.map(({ index }) => some[index] ?? '');
      expect(found).toEqual(sorted.filter((document) => some.includes(document)));
      expect(ranking.map(({ logit }) => logit)).toEqual(found.map((text) => alone.get(text)));
      expect(tuning).toBeUndefined();
    }
  });

  it('is fed its inputs, its special tokens and its padding', async () => {
    const { reranker, runs } = fp32;
    const { between, suffix, pad, inputs } = family;
    runs.length = 0;
    // A little longer, so that both come in one batch and the shorter one is padded.
    await reranker.rerank({ query: 'a', documents: ['b', 'b b'] });
    const [run] = runs;
    expect(runs).toHaveLength(1);
    expect(Object.keys(run ?? {}).toSorted()).toEqual(inputs.toSorted());

    const padId = tokenIds.get(pad);
    const row = run?.input_ids?.findIndex((ids) => ids.at(-1) === padId) ?? -1;
    const ids = run?.input_ids?.[row] ?? [];
    const end = ids.indexOf(padId ?? -1);
    const read = ids.slice(0, end);
    expect(end).toBeGreaterThan(0);
    expect(ids.slice(end).every((id) => id === padId)).toBe(true);
    expectSpecialTokens(read);
    const mask = ids.map((_, column) => (column < end ? 1 : 0));
    expect(run?.attention_mask?.[row]).toEqual(mask);
    if (inputs.includes('token_type_ids')) {
      const passageStart = read.lastIndexOf(idOf(between.at(-1)), end - suffix.length - 1) + 1;
      const types = ids.map((_, column) => (column >= passageStart && column < end ? 1 : 0));
      expect(run?.token_type_ids?.[row]).toEqual(types);
    }
  });

  it('keeps every separator when query and document are too long', async () => {
    const { reranker, runs } = fp32;
    const { ranking } = await reranker.rerank({
      query: longText,
      documents: [longText],
      longDocuments: 'truncate',
    });
    expect(ranking[0]).toMatchObject({ truncated: true, tokens: maxLength });
    const ids = runs.at(-1)?.input_ids?.[0] ?? [];
    expect(ids).toHaveLength(maxLength);
    expectSpecialTokens(ids);
  });
});

it.each([
  { device: 'wasm', expected: ['float-weights', 'first-token-only'] },
  { device: 'webgpu', expected: ['blocks-of-32', 'first-token-only'] },
] as const)('rewrites the embedded model for $device', ({ device, expected }) => {
  const folder = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
  const files = filesOf(fileURLToPath(folder), 'onnx/model_quantized.onnx');
  expect(rewrittenWeights(files, { fileName: 'embedded', device })?.rewritings).toEqual(expected);
});

it('numbers the special tokens of XLM-R as the real one does', () => {
  const { options, rows } = reference.models[1] ?? { options: '', rows: [] };
  expect(options).toContain('xlm-roberta');
  for (const { ids } of rows) {
    expect(ids[0]).toBe(0);
    expect(ids.at(-1)).toBe(2);
    expect(ids.filter((id) => id === 2)).toHaveLength(3);
    expect(ids[ids.indexOf(2) + 1]).toBe(2);
  }
});

interface LoadedModel {
  readonly reranker: CrossEncoder;
  /** What each run was fed, oldest first. */
  readonly runs: Feeds[];
}

async function load(
  family: Family,
  folder: string,
  listing: string,
  dtype: 'fp32' | 'int8',
): Promise<LoadedModel> {
  const listed = readListing(listing);
  const source: ModelSource = {
    id: `generated/${family.name}`,
    revision: 'main',
    dtype,
    maxLength,
    architecture: 'other',
    shape: null,
    weights: fileOf(listed, weightsPaths[dtype]),
    externalData: [],
    tokenizer: fileOf(listed, 'tokenizer.json'),
    tokenizerConfig: fileOf(listed, 'tokenizer_config.json'),
    expectations: null,
  };
  const runs: Feeds[] = [];
  const host: CrossEncoderHost = {
    openRuntime: async () => watchedRuntime(runs),
    readModel: async () => filesOf(folder, weightsPaths[dtype]),
  };
  const reranker = new CrossEncoder(source, host);
  await reranker.load({ device: 'wasm' });
  return { reranker, runs };
}

function filesOf(folder: string, weights: string): ModelFiles {
  const read = (file: string) => Uint8Array.from(readFileSync(path.join(folder, file)));
  return {
    weights: read(weights),
    externalData: [],
    tokenizer: read('tokenizer.json'),
    tokenizerConfig: read('tokenizer_config.json'),
    close: () => undefined,
  };
}

/** The real runtime (in Node its WASM build), which notes what each run is fed. */
function watchedRuntime(runs: Feeds[]): OnnxRuntime {
  return {
    env: ort.env,
    Tensor: ort.Tensor,
    InferenceSession: {
      create: async (weights, options) => {
        const session = await ort.InferenceSession.create(weights, options);
        const run = session.run.bind(session);
        session.run = (feeds: ort.InferenceSession.FeedsType) => {
          runs.push(copyOf(feeds));
          return run(feeds);
        };
        return session;
      },
    },
  };
}

function copyOf(feeds: ort.InferenceSession.FeedsType): Feeds {
  const inputs = Object.entries(feeds).map(([name, value]) => {
    const { data, dims } = value as ort.Tensor;
    const [rows = 0, width = 0] = dims;
    const numbers = Array.from(data as BigInt64Array, Number);
    const lines = Array.from({ length: rows }, (_, row) =>
      numbers.slice(row * width, (row + 1) * width),
    );
    return [name, lines] as const;
  });
  return Object.fromEntries(inputs);
}

type ListedFile = Extract<FileSource, { from: 'app' }>;

/** The generator prints size, SHA-256 and path of each file. */
function readListing(listing: string): ListedFile[] {
  return listing
    .trim()
    .split('\n')
    .map((line) => {
      const [bytes = '', sha256 = '', file = ''] = line.trim().split(/\s+/);
      return { from: 'app', path: file, bytes: Number(bytes), sha256 };
    });
}

function fileOf(files: readonly ListedFile[], name: string): ListedFile {
  const file = files.find(({ path: listed }) => listed === name);
  if (file === undefined) throw new Error(`The generator wrote no ${name}.`);
  return file;
}

function specialTokens(tokenizerFile: string): Map<string, number> {
  const { added_tokens }: { added_tokens: readonly { content: string; id: number }[] } = JSON.parse(
    readFileSync(tokenizerFile, 'utf8'),
  );
  return new Map(added_tokens.map(({ content, id }) => [content, id]));
}

function byIndex(ranking: readonly RankedDocument[]): RankedDocument[] {
  return ranking.toSorted((a, b) => a.index - b.index);
}
