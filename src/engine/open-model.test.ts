import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { ModelFiles } from '../models/model-files.ts';
import type { ModelSource } from '../models/model-source.ts';
import type { OnnxRuntime, OnnxSession } from './onnx-session.ts';
import { type OpenModelOptions, openModel } from './open-model.ts';
import { encodePair, encodeQuery } from './pairs.ts';
import type { PairTokenizer } from './tokenizer.ts';

const folder = new URL('../../public/models/crossrank-tiny-en-zh/', import.meta.url);
const read = (file: string | URL) => Uint8Array.from(readFileSync(file));
const embedded: ModelFiles = {
  weights: read(new URL('onnx/model_quantized.onnx', folder)),
  externalData: [],
  tokenizer: read(new URL('tokenizer.json', folder)),
  tokenizerConfig: read(new URL('tokenizer_config.json', folder)),
  close: () => undefined,
};
// The file comes with the model; its shape is in the model's README.
const reference = JSON.parse(readFileSync(new URL('reference-logits.json', folder), 'utf8')) as {
  readonly pairs: readonly { readonly query: string; readonly document: string }[];
};

type Create = OnnxRuntime['InferenceSession']['create'];
type Created = Awaited<ReturnType<Create>>;

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe('the embedded model', () => {
  it('gives rewritten the logits of the graph as it came, within 1e-3', async () => {
    const { runtime, graphs } = watchedRuntime();
    const rewritten = await open(embedded, runtime);
    expect(rewritten.rewritings).toEqual(['float-weights', 'first-token-only']);
    expect(rewritten.selfTest.verdict).toBe('passed');
    expect(graphs).toEqual(['rewritten-weights']);
    const original = await open(unreadable(embedded), watchedRuntime().runtime);
    expect(original.rewritings).toEqual([]);
    for (const { query, document } of reference.pairs) {
      const [found, expected] = [
        await logitOf(rewritten, query, document),
        await logitOf(original, query, document),
      ];
      expect(Math.abs(found - expected), document).toBeLessThan(1e-3);
    }
    await rewritten.session.dispose();
    await original.session.dispose();
  });
});

describe('a graph that cannot be rewritten', () => {
  it('runs as it came', async () => {
    const { runtime, graphs } = watchedRuntime();
    const { session, rewritings, selfTest } = await open(unreadable(embedded), runtime);
    expect(rewritings).toEqual([]);
    expect(selfTest.verdict).toBe('passed');
    expect(graphs).toEqual(['inline-weights']);
    await session.dispose();
  });
});

describe('a rewritten graph that fails', () => {
  const failing = (thrown: unknown) =>
    watchedRuntime((create) => async (graph, options) => {
      if (locationOf(options) === 'rewritten-weights') throw thrown;
      return create(graph, options);
    });

  it('gives way to the one that came, once', async () => {
    const { runtime, graphs } = failing(new Error('not this graph'));
    const { session, rewritings, selfTest } = await open(embedded, runtime);
    expect(graphs).toEqual(['rewritten-weights', 'inline-weights']);
    expect(rewritings).toEqual([]);
    expect(selfTest.verdict).toBe('passed');
    await session.dispose();
  });

  it('gives way to the one that came when it scores wrong', async () => {
    const released: string[] = [];
    const { runtime, graphs } = watchedRuntime((create) => async (graph, options) => {
      const session = await create(graph, options);
      const location = locationOf(options);
      const release = session.release.bind(session);
      session.release = () => {
        released.push(location);
        return release();
      };
      return location === 'rewritten-weights' ? wrongSession(session) : session;
    });
    const { session, rewritings, selfTest } = await open(embedded, runtime);
    expect(graphs).toEqual(['rewritten-weights', 'inline-weights']);
    expect(released).toEqual(['rewritten-weights']);
    expect(rewritings).toEqual([]);
    expect(selfTest.verdict).toBe('passed');
    await session.dispose();
  });

  it('is not replaced when the caller has gone', async () => {
    const { runtime, graphs } = watchedRuntime();
    let pauses = 0;
    const pause = async () => {
      pauses++;
      if (pauses === 2) throw new RerankError('aborted', 'gone');
    };
    await expectRejection(open(embedded, runtime, { pause }), 'aborted');
    expect(graphs).toEqual(['rewritten-weights']);
  });

  it('is not replaced on a device that is lost', async () => {
    const { runtime, graphs } = failing(new RerankError('device-lost', 'lost'));
    await expectRejection(open(embedded, runtime), 'device-lost');
    expect(graphs).toEqual(['rewritten-weights']);
  });

  it('for want of memory says so when the other fails, too', async () => {
    const errors = [new Error('std::bad_alloc'), new Error('Aborted()')];
    const { runtime } = watchedRuntime(() => () => Promise.reject(errors.shift()));
    await expectRejection(open(embedded, runtime), 'out-of-memory');
    expect(errors).toEqual([]);
  });
});

describe('a graph that was rewritten wrongly, of a model without published logits', () => {
  const unpublished: ModelSource = { ...embeddedModel, expectations: null };
  /** Wherever the rewritten graph runs, it gives other logits. */
  const rewrittenWrongly = () =>
    watchedRuntime((create) => async (graph, options) => {
      const session = await create(graph, options);
      return locationOf(options) === 'rewritten-weights' ? wrongSession(session) : session;
    });

  it('gives way on WASM to the one that came', async () => {
    const { runtime, graphs } = rewrittenWrongly();
    const opened = await openModel(unpublished, embedded, runtime, optionsWith());
    expect(graphs).toEqual(['inline-weights', 'rewritten-weights', 'inline-weights']);
    expect(opened).toMatchObject({ rewritings: [], selfTest: { verdict: 'unchecked' } });
    await opened.session.dispose();
  });

  it('gives way on WebGPU to the one that came, with which it is compared', async () => {
    const { runtime, graphs } = rewrittenWrongly();
    const gpu = optionsWith({ device: 'webgpu' });
    const opened = await openModel(unpublished, embedded, runtime, gpu);
    expect(graphs.slice(0, 3)).toEqual(['rewritten-weights', 'inline-weights', 'inline-weights']);
    expect(opened).toMatchObject({ rewritings: [], selfTest: { verdict: 'passed' } });
    await opened.session.dispose();
  });

  it('is used on WASM where it is right, and the report says that nobody published logits', async () => {
    const { runtime, graphs } = watchedRuntime();
    const opened = await openModel(unpublished, embedded, runtime, optionsWith());
    expect(graphs).toEqual(['inline-weights', 'rewritten-weights']);
    expect(opened.rewritings).toEqual(['float-weights', 'first-token-only']);
    expect(opened.selfTest).toMatchObject({ verdict: 'unchecked', against: 'nothing' });
    await opened.session.dispose();
  });

  it('is used on WASM where the one that came does not run', async () => {
    const { runtime } = watchedRuntime((create) => async (graph, options) => {
      if (locationOf(options) !== 'rewritten-weights') throw new Error('not this graph');
      return create(graph, options);
    });
    const opened = await openModel(unpublished, embedded, runtime, optionsWith());
    expect(opened.rewritings).toEqual(['float-weights', 'first-token-only']);
    await opened.session.dispose();
  });

  it('is not tried on WASM when the one that came finds no memory, or nobody waits', async () => {
    for (const [thrown, code] of [
      [new Error('std::bad_alloc'), 'out-of-memory'],
      [new RerankError('aborted', 'gone'), 'aborted'],
    ] as const) {
      const { runtime, graphs } = watchedRuntime(() => () => Promise.reject(thrown));
      await expectRejection(openModel(unpublished, embedded, runtime, optionsWith()), code);
      expect(graphs).toEqual(['inline-weights']);
    }
  });
});

describe('dynamic int8', () => {
  let out: string;
  let files: ModelFiles;
  const source: ModelSource = {
    ...embeddedModel,
    id: 'generated/bert',
    dtype: 'int8',
    expectations: null,
  };

  beforeAll(() => {
    out = mkdtempSync(path.join(os.tmpdir(), 'crossrank-open-'));
    const generator = fileURLToPath(new URL('../../scripts/models/generate.mjs', import.meta.url));
    execFileSync(process.execPath, [generator, '--dtype', 'int8', out]);
    files = {
      ...embedded,
      weights: read(path.join(out, 'onnx/model_int8.onnx')),
      tokenizer: read(path.join(out, 'tokenizer.json')),
      tokenizerConfig: read(path.join(out, 'tokenizer_config.json')),
    };
  });

  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('on WASM runs as it came, each pair by itself', async () => {
    const { runtime, graphs } = watchedRuntime();
    const opened = await openModel(source, files, runtime, optionsWith());
    expect(opened).toMatchObject({ rewritings: [], pairsAlone: true });
    expect(opened.selfTest).toMatchObject({ verdict: 'unchecked' });
    expect(graphs).toEqual(['inline-weights']);
    await opened.session.dispose();
  });

  it('may score a batch unlike its pairs alone', async () => {
    const { runtime, graphs } = watchedRuntime((create) => async (graph, options) => {
      const session = await create(graph, options);
      return wrongSession(session, (rows) => rows > 1);
    });
    const opened = await openModel(source, files, runtime, optionsWith());
    expect(graphs).toEqual(['inline-weights']);
    expect(opened.selfTest).toMatchObject({ verdict: 'unchecked' });
    await opened.session.dispose();
  });

  it('on WASM runs as it came where it cannot be rewritten', async () => {
    const { runtime } = watchedRuntime();
    const opened = await openModel(source, unreadable(files), runtime, optionsWith());
    expect(opened.rewritings).toEqual([]);
    await opened.session.dispose();
  });

  it('runs on WebGPU once nothing of it is left', async () => {
    const { runtime } = watchedRuntime();
    const opened = await openModel(source, files, runtime, optionsWith({ device: 'webgpu' }));
    expect(opened).toMatchObject({ pairsAlone: false });
    expect(opened.rewritings).toEqual(['blocks-from-int8', 'first-token-only']);
    expect(opened.selfTest).toMatchObject({ verdict: 'passed', against: 'wasm', tolerance: 0.3 });
    await opened.session.dispose();
  });

  it('is refused on WebGPU where it cannot be rewritten', async () => {
    const { runtime, graphs } = watchedRuntime();
    const gpu = optionsWith({ device: 'webgpu' });
    await expectRejection(openModel(source, unreadable(files), runtime, gpu), 'model-unsupported');
    expect(graphs).toEqual([]);
  });

  it('is never tried on WebGPU as it came', async () => {
    const { runtime, graphs } = watchedRuntime(() => () => Promise.reject(new Error('no')));
    const gpu = optionsWith({ device: 'webgpu' });
    await expectRejection(openModel(source, files, runtime, gpu), 'session-failed');
    expect(graphs).toEqual(['rewritten-weights']);
  });
});

function open(files: ModelFiles, runtime: OnnxRuntime, options: Partial<OpenModelOptions> = {}) {
  return openModel(embeddedModel, files, runtime, optionsWith(options));
}

function optionsWith(options: Partial<OpenModelOptions> = {}): OpenModelOptions {
  return {
    device: 'wasm',
    threads: 1,
    pause: async () => undefined,
    onTesting: () => undefined,
    ...options,
  };
}

/** The same model, with its graph in two pieces (the second empty): nothing rewrites that. */
function unreadable(files: ModelFiles): ModelFiles {
  const weights = files.weights.subarray(0, files.weights.length);
  return { ...files, weights: Uint8Array.from([...weights, 0x3a, 0]) };
}

/**
 * The real runtime (in Node its WASM build), which notes where each graph has its weights, and
 * takes the CPU for a GPU.
 */
function watchedRuntime(createFrom: (create: Create) => Create = (create) => create): {
  readonly runtime: OnnxRuntime;
  readonly graphs: string[];
} {
  const graphs: string[] = [];
  const create = createFrom((graph, options) =>
    ort.InferenceSession.create(graph, { ...options, executionProviders: ['wasm'] }),
  );
  // As much of a GPUDevice as is looked at.
  const lost = new Promise(() => undefined);
  const device = Promise.resolve(Object.assign(new EventTarget(), { lost, features: new Set() }));
  const env = Object.create(ort.env, { webgpu: { value: { device } } }) as OnnxRuntime['env'];
  const runtime: OnnxRuntime = {
    env,
    Tensor: ort.Tensor,
    InferenceSession: {
      create: (graph, options) => {
        graphs.push(locationOf(options));
        return create(graph, options);
      },
    },
  };
  return { runtime, graphs };
}

function locationOf({ externalData }: Parameters<Create>[1]): string {
  const [file] = externalData ?? [];
  return typeof file === 'object' && 'path' in file ? file.path : '';
}

/** A session whose logits are off by one, in every batch or those of some sizes. */
function wrongSession(session: Created, wrongAt = (_rows: number) => true): Created {
  const run = session.run.bind(session);
  session.run = async (feeds: ort.InferenceSession.FeedsType) => {
    const { logits } = await run(feeds);
    if (logits === undefined) throw new Error('No logits');
    const shift = wrongAt(logits.dims[0] ?? 0) ? 1 : 0;
    const wrong = Float32Array.from(logits.data as Float32Array, (logit) => logit + shift);
    return { logits: new ort.Tensor('float32', wrong, logits.dims) };
  };
  return session;
}

async function logitOf(
  { session, tokenizer }: { readonly session: OnnxSession; readonly tokenizer: PairTokenizer },
  query: string,
  document: string,
): Promise<number> {
  const { encode, layout } = tokenizer;
  const pair = encodePair(encodeQuery(query, encode, layout, 512), document, encode, layout, 512);
  const batch = { rows: [0], width: pair.ids.length };
  return (await session.logitsOf(batch, [pair])).logits[0] ?? Number.NaN;
}

async function expectRejection(promise: Promise<unknown>, code: RerankErrorCode): Promise<void> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RerankError);
  expect(error).toMatchObject({ code });
}
