import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
// biome-ignore lint/style/noRestrictedImports: the other end of the wire is comlink's, too.
import { expose } from 'comlink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { findModel } from '../models/catalog.ts';
import { embeddedCard } from '../models/embedded-card.ts';
import { publishedLogits } from '../models/golden-logits.ts';
import { openRepository } from '../models/hub.ts';
import { probeFiles, readRepositoryText } from '../models/hub-files.ts';
import { MemoryFileStore } from '../models/memory-file-store.ts';
import { openModelArchive } from '../models/model-archive.ts';
import { openModelFolder } from '../models/model-folder.ts';
import { fileSegments } from '../models/model-manifests.ts';
import type { ModelSource } from '../models/model-source.ts';
import { ModelStore } from '../models/model-store.ts';
import type { StoreEvent } from '../models/stored-model.ts';
import { HubProvider } from './hub-provider.ts';
import type { LoadPlan } from './model-provider.ts';
import type { ModelStoreWorkerApi } from './model-store-api.ts';
import { type ServedCall, serveCall } from './protocol.ts';
import type { CallOptions, LoadedModel, LoadOptions, RerankEvent } from './reranker.ts';
import { type ModelFromDisk, WorkerModelStore } from './worker-model-store.ts';

type Call = ServedCall<StoreEvent>;
type Files = Readonly<Record<string, string>>;

const commit = '0123456789abcdef0123456789abcdef01234567';
const id = 'team/our-reranker';
const publishedId = 'Xenova/ms-marco-MiniLM-L-6-v2';

/** 192 weights in the encoder, 656 in the embeddings. */
const config = {
  architectures: ['BertForSequenceClassification'],
  ...{ hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 16 },
  ...{ vocab_size: 100, max_position_embeddings: 64, id2label: { '0': 'LABEL_0' } },
};
const small: Files = {
  'config.json': JSON.stringify(config),
  'tokenizer.json': '{"made":"of nothing"}',
  'tokenizer_config.json': '{"sep_token":"[SEP]"}',
};
const whole: Files = {
  ...small,
  'README.md': 'not wanted',
  'onnx/model.onnx': 'f'.repeat(3392),
  'onnx/model_fp16.onnx': 'h'.repeat(1696),
  'onnx/model_quantized.onnx': 'q'.repeat(848),
};
const brought = {
  version: 1,
  source: 'our notebook',
  reference_dtype: 'fp16',
  pairs: [{ query: 'q', document: 'd', logit: 1.5 }],
};

const servers: Server[] = [];
const stores: WorkerModelStore[] = [];

beforeEach(() => {
  stubNavigator();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(stores.splice(0).map((store) => store.dispose()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    if (server.listening) await once(server, 'close');
  }
});

describe('what a model is', () => {
  it('is known of the embedded one without asking anybody', async () => {
    const { provider, workers } = setUp();
    const { card, host, revision, rungs } = await provider.outlook({}, {});
    expect({ card, host, revision }).toEqual({
      card: embeddedCard,
      host: 'app',
      revision: embeddedCard.revision,
    });
    expect(rungs.map(({ device }) => device)).toEqual(['wasm']);
    expect(workers).toEqual([]);
  });

  it('is learnt from its repository before any weights are fetched', async () => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    const events: string[] = [];
    const onEvent = ({ type }: RerankEvent): void => void events.push(type);
    const { card, rungs, ...where } = await provider.outlook({ model: id, host }, { onEvent });
    expect(where).toMatchObject({ host, revision: commit });
    expect(card).toMatchObject({ id, maxLength: 64, languages: ['zh'], licence: { id: 'mit' } });
    expect(rungs.map(({ build }) => build.dtype)).toEqual(['q8', 'fp32', 'fp16']);
    expect(events).toEqual(['looking-up']);
    expect(asked.filter((url) => url.includes('.onnx'))).toEqual([]);
  });

  it.each([' team/our-reranker ', id])('has one id however it is typed: "%s"', async (model) => {
    const { host } = await serveHub();
    const { provider } = setUp();
    expect((await provider.outlook({ model, host }, {})).card.id).toBe(id);
    expect((await load(provider, { model, host })).id).toBe(id);
    expect(await dtypesOf(provider, { model, host: nowhere })).not.toEqual([]);
  });

  it('is found under the name of the original that was converted', async () => {
    const { host, asked } = await serveHub({ id: publishedId, sizes: false });
    const { provider } = setUp();
    const alias = findModel(publishedId)?.aliases[0] ?? '';
    expect(alias).not.toBe('');
    const plan = await provider.plan({ model: alias, host }, {});
    expect(plan).toMatchObject({ model: publishedId, revision: commit });
    expect(asked.every((url) => url.includes(publishedId))).toBe(true);
  });

  it('is found out file by file where a mirror lists nothing', async () => {
    const { host, asked } = await serveHub({ lists: false });
    const { provider } = setUp();
    const plan = await provider.plan({ model: id, host }, {});
    expect(plan).toMatchObject({ model: id, revision: 'main' });
    expect(plan.attempts.map(({ dtype }) => dtype)).toEqual(['q8', 'fp32', 'fp16']);
    expect(asked).not.toContain(`GET /${id}/resolve/main/onnx/model.onnx`);
    const source = await load(provider, { model: id, host });
    expect(await contentOf(source.weights)).toBe(whole['onnx/model_quantized.onnx']);
  });

  it('is said not to be there by a mirror without its config.json', async () => {
    const { host } = await serveHub({ lists: false, files: {} });
    const { provider } = setUp();
    const error = await rejection(provider.plan({ model: id, host }, {}), 'model-not-found');
    expect(error.message).toContain('config.json');
  });

  it.each<[string, Files, RerankErrorCode, string]>([
    ['a broken config', { ...whole, 'config.json': '{' }, 'model-corrupt', 'config.json'],
    ['another kind', { ...whole, 'config.json': '{}' }, 'model-unsupported', 'architecture'],
    ['no tokenizer', without(whole, 'tokenizer.json'), 'model-unsupported', 'tokenizer.json'],
    ['no weights', small, 'model-unsupported', 'ONNX'],
  ])('is refused with the reason: %s', async (_, files, code, word) => {
    const { host } = await serveHub({ files });
    const { provider } = setUp();
    const error = await rejection(provider.plan({ model: id, host }, {}), code);
    expect(error.message).toContain(word);
    expect(await provider.keptModels()).toEqual([]);
  });

  it.each<[LoadOptions, string]>([
    [{ device: 'webgpu' }, 'This browser offers no WebGPU.'],
    [{ dtype: 'q4' }, 'has no build of the dtype that was asked for. It has: fp32, fp16, q8.'],
  ])('that does not run here is refused with the explanation: %j', async (options, words) => {
    const { host } = await serveHub();
    const { provider } = setUp();
    const call = provider.plan({ model: id, host, ...options }, {});
    expect((await rejection(call, 'device-unsuitable')).message).toContain(words);
  });

  it('asks nobody when it was stopped before', async () => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    const call = { signal: AbortSignal.abort() };
    await rejection(provider.plan({ model: id, host }, call), 'aborted');
    expect(asked).toEqual([]);
  });
});

describe('what is on this machine', () => {
  it('is all that was needed, as the worker wants it', async () => {
    const { host } = await serveHub();
    const { provider } = setUp();
    const source = await load(provider, { model: id, host });
    expect(source).toMatchObject({
      ...{ id, revision: commit, dtype: 'q8', maxLength: 64, architecture: 'bert' },
      ...{ externalData: [], expectations: null },
    });
    expect(await contentOf(source.weights)).toBe(whole['onnx/model_quantized.onnx']);
    expect(await contentOf(source.tokenizer)).toBe(whole['tokenizer.json']);
    expect(await contentOf(source.tokenizerConfig)).toBe(whole['tokenizer_config.json']);
    const [kept] = await provider.keptModels();
    expect(kept).toMatchObject({ id, revision: commit, host, kept: 'memory', card: { id } });
    expect(kept?.builds).toEqual([{ dtype: 'q8', bytes: 848, storedBytes: 848, complete: true }]);
  });

  it('brings external data under the name that the graph gives it', async () => {
    const external = 'onnx/model.onnx_data';
    const files = { ...small, 'onnx/model.onnx': 'graph', [external]: 'w'.repeat(3392) };
    const { host } = await serveHub({ files });
    const { externalData } = await load(setUp().provider, { model: id, host });
    expect(externalData.map(({ location }) => location)).toEqual(['model.onnx_data']);
    expect(externalData[0] && (await contentOf(externalData[0].file))).toBe(files[external]);
  });

  it('may be without a tokenizer_config.json', async () => {
    const { host } = await serveHub({ files: without(whole, 'tokenizer_config.json') });
    const { tokenizerConfig } = await load(setUp().provider, { model: id, host });
    expect(await contentOf(tokenizerConfig)).toBe('');
  });

  it('goes first and asks nobody', async () => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    await load(provider, { model: id, host, dtype: 'fp32' });
    asked.length = 0;
    const events: string[] = [];
    const onEvent = ({ type }: RerankEvent): void => void events.push(type);
    const plan = await provider.plan({ model: id, host: nowhere }, { onEvent });
    const tokenizerBytes = `${small['tokenizer.json']}${small['tokenizer_config.json']}`.length;
    expect(plan.attempts.map(({ dtype, downloadBytes }) => [dtype, downloadBytes])).toEqual([
      ['fp32', 0],
      ['q8', 848 + tokenizerBytes],
      ['fp16', 1696 + tokenizerBytes],
    ]);
    const source = await provide(plan, 0, { onEvent });
    expect(await contentOf(source.weights)).toBe(whole['onnx/model.onnx']);
    expect((await provider.outlook({ model: id, host: nowhere }, {})).host).toBe(host);
    expect(events).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('goes first among several builds that are here in the order of the ladder', async () => {
    const { host } = await serveHub();
    const { provider } = setUp();
    await load(provider, { model: id, host, dtype: 'fp16' });
    await load(provider, { model: id, host, dtype: 'fp32' });
    expect(await dtypesOf(provider, { model: id })).toEqual(['fp32', 'fp16', 'q8']);
  });

  it('is what remains of the plan where more cannot be had: it is looked up again', async () => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    await load(provider, { model: id, host, dtype: 'fp32' });
    const plan = await provider.plan({ model: id, host }, {});
    asked.length = 0;
    const source = await provide(plan, 1);
    expect(source.dtype).toBe('q8');
    expect(await contentOf(source.weights)).toBe(whole['onnx/model_quantized.onnx']);
    // The small files are here already.
    expect(asked.filter((url) => url.includes('/resolve/'))).toEqual([
      `GET /${id}/resolve/${commit}/onnx/model_quantized.onnx`,
    ]);
    expect(asked.some((url) => url.includes('/tree/'))).toBe(true);
    const [kept, ...others] = await provider.keptModels();
    expect(others).toEqual([]);
    expect(kept?.builds.map(({ dtype }) => dtype)).toEqual(['fp32', 'q8']);
  });

  it('cannot be completed where the host has lost the rest', async () => {
    const files: Record<string, string> = { ...whole };
    const { host } = await serveHub({ lists: false, files });
    const { provider } = setUp();
    await load(provider, { model: id, host, dtype: 'fp32' });
    const plan = await provider.plan({ model: id }, {});
    delete files['onnx/model_quantized.onnx'];
    const error = await rejection(provide(plan, 1), 'model-not-found');
    expect(error.message).toContain(`${host} has no onnx/model_quantized.onnx of ${id}.`);
  });

  it.each([
    ['main', true],
    [commit, true],
    [undefined, true],
    ['v2', false],
  ])('answers for the revision %s: %s', async (revision, here) => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    await load(provider, { model: id, host });
    asked.length = 0;
    const call = provider.plan({ model: id, host, ...(revision && { revision }) }, {});
    await call.catch(() => undefined);
    expect(asked.length === 0).toBe(here);
  });

  it('is not asked for the build that it lacks', async () => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    await load(provider, { model: id, host, dtype: 'q8' });
    asked.length = 0;
    expect(await dtypesOf(provider, { model: id, host, dtype: 'fp32' })).toEqual(['fp32']);
    expect(asked).not.toEqual([]);
  });

  it('is described, half a download as well, which then goes on', async () => {
    const stopped = 'onnx/model_quantized.onnx';
    const { host, asked } = await serveHub({ stopsInside: stopped });
    const { provider } = setUp();
    const controller = new AbortController();
    const plan = await provider.plan({ model: id, host }, {});
    const onEvent = (event: RerankEvent): void => {
      const smallBytes = Object.values(small).join('').length;
      if (event.type === 'downloading' && event.loadedBytes > smallBytes) controller.abort();
    };
    await rejection(provide(plan, 0, { signal: controller.signal, onEvent }), 'aborted');
    const [kept] = await provider.keptModels();
    expect(kept?.card).toMatchObject({ id, revision: commit });
    asked.length = 0;
    const source = await load(provider, { model: id, host });
    expect(await contentOf(source.weights)).toBe(whole[stopped]);
    expect(asked.filter((url) => url.includes('tokenizer.json'))).toEqual([]);
    expect((await provider.keptModels()).map(({ builds }) => builds[0]?.complete)).toEqual([true]);
  });

  it('is waited for while another call fetches it', async () => {
    const { host, stopped } = await serveHub({ stopsInside: 'onnx/model_quantized.onnx' });
    const { provider } = setUp();
    const controller = new AbortController();
    const plan = await provider.plan({ model: id, host }, {});
    // This one never ends by itself.
    const first = rejection(provide(plan, 0, { signal: controller.signal }), 'aborted');
    await stopped;
    const events: string[] = [];
    const onEvent = ({ type }: RerankEvent): void => {
      if (events.push(type) === 1) controller.abort();
    };
    const { weights } = await provide(plan, 0, { onEvent });
    expect(await contentOf(weights)).toBe(whole['onnx/model_quantized.onnx']);
    expect(events[0]).toBe('looking-up');
    expect(events.at(-1)).toBe('downloading');
    await first;
  });

  it('counts as far as it is here', async () => {
    const { host } = await serveHub();
    const { provider, files } = setUp();
    await load(provider, { model: id, host });
    const [{ key = '', bytes = 0 } = {}] = await provider.keptModels();
    await files.write(fileSegments(key, 'onnx/model_quantized.onnx'), new Uint8Array(400));
    const [kept] = await provider.keptModels();
    expect(kept?.builds).toEqual([{ dtype: 'q8', bytes: 848, storedBytes: 400, complete: false }]);
    expect(kept?.bytes).toBe(bytes - 448);
  });

  it('is noted for the host that half of it came from', async () => {
    const first = await serveHub({ lists: false });
    const other = await serveHub({ lists: false, stopsInside: 'onnx/model.onnx' });
    const { provider, store } = setUp();
    const loadHalf = async (): Promise<void> => {
      const controller = new AbortController();
      const onEvent = ({ type }: RerankEvent): void => {
        if (type === 'downloading') controller.abort();
      };
      const plan = await provider.plan({ model: id, host: other.host, dtype: 'fp32' }, {});
      await rejection(provide(plan, 0, { signal: controller.signal, onEvent }), 'aborted');
    };
    await loadHalf();
    const [half] = await provider.keptModels();
    expect(half).toMatchObject({ host: other.host, revision: 'main', card: { id } });
    await store.annotate(half?.key ?? '', { card: null });
    // Of the same branch on another host, and used later.
    await load(provider, { model: id, host: first.host, dtype: 'q8' });
    await loadHalf();
    expect((await provider.keptModels()).map(({ card }) => card?.id)).toEqual([id, id]);
  });

  it('is fetched again as far as the browser took it away', async () => {
    const { host } = await serveHub();
    const { provider, files } = setUp();
    await load(provider, { model: id, host });
    const [kept] = await provider.keptModels();
    for (const path of ['tokenizer_config.json', 'onnx/model_quantized.onnx']) {
      await files.remove(fileSegments(kept?.key ?? '', path));
      const source = await load(provider, { model: id, host });
      expect(await contentOf(source.weights)).toBe(whole['onnx/model_quantized.onnx']);
      expect(await contentOf(source.tokenizerConfig)).toBe(whole['tokenizer_config.json']);
    }
  });

  it('with notes of another kind can still be listed, deleted and loaded', async () => {
    const { host } = await serveHub();
    const { provider, store } = setUp();
    await load(provider, { model: id, host });
    const [{ key = '' } = {}] = await provider.keptModels();
    await store.annotate(key, {
      card: { id: 5 },
      askedRevision: ['main'],
      selfTests: [null, { device: 'wasm' }],
      benchmarks: 'fast',
    });
    expect(await provider.keptModels()).toMatchObject([
      { key, card: null, builds: [], selfTests: [], benchmarks: [] },
    ]);
    expect(await load(provider, { model: id, host })).toMatchObject({ dtype: 'q8' });
    expect(await provider.keptModels()).toMatchObject([{ key, card: { id } }]);
  });
});

describe('a build that failed its self-test', () => {
  beforeEach(() => {
    stubNavigator('nvidia ada');
  });

  it('is left out the next time', async () => {
    const { provider, host } = await withFailed('webgpu', 'fp32', 'nvidia ada');
    expect(await attemptsOf(provider, { model: id, host })).toEqual([
      'fp32 on wasm',
      'fp16 on webgpu',
      'q8 on webgpu',
      'q8 on wasm',
      'fp16 on wasm',
    ]);
  });

  it('is left out though it is here and another is not', async () => {
    const { provider, host } = await withFailed('webgpu', 'fp32', 'nvidia ada');
    const choice = { model: id, host, device: 'webgpu' } as const;
    expect(await attemptsOf(provider, choice)).toEqual(['fp16 on webgpu', 'q8 on webgpu']);
    expect(await provide(await provider.plan(choice, {}), 0)).toMatchObject({ dtype: 'fp16' });
  });

  it('is taken all the same when it is asked for by name', async () => {
    const { provider } = await withFailed('webgpu', 'fp32', 'nvidia ada');
    const choice = { model: id, device: 'webgpu', dtype: 'fp32' } as const;
    expect(await attemptsOf(provider, choice)).toEqual(['fp32 on webgpu']);
  });

  it('is tried again on another adapter', async () => {
    const { provider } = await withFailed('webgpu', 'fp32', 'nvidia ada');
    stubNavigator('amd rdna');
    expect((await attemptsOf(provider, { model: id }))[0]).toBe('fp32 on webgpu');
  });

  it('does not speak against the other device', async () => {
    const { provider } = await withFailed('wasm', 'fp32', null);
    const attempts = await attemptsOf(provider, { model: id });
    expect(attempts[0]).toBe('fp32 on webgpu');
    expect(attempts).not.toContain('fp32 on wasm');
  });

  it('is not tried again before anything else here, but before a download, if it only differs', async () => {
    const { provider } = await withFailed('webgpu', 'fp32', 'nvidia ada', 'differs');
    expect(await attemptsOf(provider, { model: id })).toEqual([
      'fp32 on wasm',
      'fp32 on webgpu',
      'fp16 on webgpu',
      'q8 on webgpu',
      'q8 on wasm',
      'fp16 on wasm',
    ]);
    const choice = { model: id, device: 'webgpu' } as const;
    expect(await attemptsOf(provider, choice)).toEqual([
      'fp32 on webgpu',
      'fp16 on webgpu',
      'q8 on webgpu',
    ]);
  });

  it('is not fetched again for having differed', async () => {
    const { provider, files } = await withFailed('webgpu', 'fp32', 'nvidia ada', 'differs');
    const [{ key = '' } = {}] = await provider.keptModels();
    await files.remove(fileSegments(key, 'onnx/model.onnx'));
    const choice = { model: id, device: 'webgpu' } as const;
    const host = (await provider.keptModels())[0]?.host ?? '';
    expect(await attemptsOf(provider, { ...choice, host })).toEqual([
      'fp16 on webgpu',
      'q8 on webgpu',
    ]);
  });

  it('is not the same as one that could not be checked', async () => {
    const { provider } = await withFailed('webgpu', 'fp32', 'nvidia ada', 'unchecked');
    expect((await attemptsOf(provider, { model: id }))[0]).toBe('fp32 on webgpu');
  });

  it('is forgiven by a later test that passed', async () => {
    const { provider } = await withFailed('webgpu', 'fp32', 'nvidia ada');
    await provider.remember(loaded('webgpu', 'fp32', 'nvidia ada', 'passed'));
    expect((await attemptsOf(provider, { model: id }))[0]).toBe('fp32 on webgpu');
    expect((await provider.keptModels())[0]?.selfTests).toHaveLength(1);
  });

  it('leaves the last rung when all have failed', async () => {
    const { provider } = await withFailed('webgpu', 'fp32', 'nvidia ada');
    await provider.remember(loaded('webgpu', 'fp16', 'nvidia ada', 'broken'));
    await provider.remember(loaded('webgpu', 'q8', 'nvidia ada', 'broken'));
    const choice = { model: id, device: 'webgpu' } as const;
    expect(await attemptsOf(provider, choice)).toEqual(['q8 on webgpu']);
  });
});

describe('what is remembered', () => {
  it('is the self-test and the benchmark of a model that is kept', async () => {
    const { provider } = await withFailed('wasm', 'fp32', null, 'differs');
    const model = loaded('wasm', 'fp32', null, 'differs');
    const row = { tokens: 64, pairsPerSecond: 9, gflops: null };
    const rows = [{ ...row, pairs: 1, batchRows: 1, elapsedMs: 1 }];
    await provider.rememberBenchmark({ ...model, rows, measuredAt: 7 });
    const [kept] = await provider.keptModels();
    expect(kept?.selfTests).toMatchObject([
      { device: 'wasm', dtype: 'fp32', adapter: null, verdict: 'differs', reason: 'odd' },
    ]);
    expect(kept?.benchmarks).toEqual([
      { device: 'wasm', dtype: 'fp32', adapter: null, threads: 1, measuredAt: 7, rows: [row] },
    ]);
  });

  it('is nothing of a model without a self-test, or that is not here any more', async () => {
    const { provider, store } = await withFailed('wasm', 'fp32', null);
    await provider.remember({ ...loaded('wasm', 'q8', null, 'passed'), selfTest: null });
    await provider.remember({ ...loaded('wasm', 'q8', null, 'passed'), model: 'team/other' });
    expect((await provider.keptModels())[0]?.selfTests).toHaveLength(1);
    await store.removeAll();
    await provider.remember(loaded('wasm', 'q8', null, 'passed'));
    expect(await provider.keptModels()).toEqual([]);
  });
});

describe('what the self-test compares with', () => {
  it('is nothing where nobody published anything', async () => {
    const { host } = await serveHub();
    expect((await load(setUp().provider, { model: id, host })).expectations).toBeNull();
  });

  it.each([
    ['fp32', 'wasm', 0.001],
    ['fp32', 'webgpu', 0.01],
    ['fp16', 'webgpu', 0.05],
    ['q8', 'wasm', 0.3],
  ] as const)('has the tolerance of %s on %s', async (dtype, device, tolerance) => {
    stubNavigator('nvidia ada');
    const { host } = await serveHub({ id: publishedId, sizes: false });
    const { provider } = setUp();
    const { expectations } = await load(provider, { model: publishedId, host, dtype, device });
    const { source, pairs } = publishedLogits[publishedId] ?? {};
    expect(expectations).toEqual({ against: 'published', source, pairs, tolerance });
  });

  it.each([
    ['fp32', 0.05],
    ['q8', 0.3],
  ] as const)('are the logits that came along before published ones: %s', async (dtype, most) => {
    const files = { ...whole, 'reference-logits.json': JSON.stringify(brought) };
    const { host } = await serveHub({ id: publishedId, sizes: false, files });
    const { provider } = setUp();
    const { expectations } = await load(provider, { model: publishedId, host, dtype });
    const { source, pairs } = brought;
    expect(expectations).toEqual({ against: 'model-files', source, pairs, tolerance: most });
  });

  it('is less for a build that has passed on WASM before', async () => {
    const { host } = await serveHub({ id: publishedId, sizes: false });
    const { provider } = setUp();
    const choice = { model: publishedId, host, dtype: 'fp32' } as const;
    const { expectations: first } = await load(provider, choice);
    expect(first?.pairs).toHaveLength(4);
    await provider.remember({ ...loaded('wasm', 'fp32', null, 'broken'), model: publishedId });
    await provider.keptModels();
    expect((await load(provider, { ...choice, device: 'wasm' })).expectations).toEqual(first);
    await provider.remember({ ...loaded('wasm', 'fp32', null, 'passed'), model: publishedId });
    const { expectations } = await load(provider, choice);
    expect(expectations?.pairs).toEqual(first?.pairs.slice(0, 2));
  });

  it('is as much on a graphics card that has passed before: drivers change', async () => {
    stubNavigator('nvidia ada');
    const { host } = await serveHub({ id: publishedId, sizes: false });
    const { provider } = setUp();
    const choice = { model: publishedId, host, dtype: 'fp32', device: 'webgpu' } as const;
    const { expectations: first } = await load(provider, choice);
    const passed = loaded('webgpu', 'fp32', 'nvidia ada', 'passed');
    await provider.remember({ ...passed, model: publishedId });
    await provider.keptModels();
    expect((await load(provider, choice)).expectations).toEqual(first);
  });

  it('are brought from a mirror that lists nothing, too', async () => {
    const files = { ...whole, 'reference-logits.json': JSON.stringify(brought) };
    const { host } = await serveHub({ lists: false, files });
    const { expectations } = await load(setUp().provider, { model: id, host });
    expect(expectations).toMatchObject({ against: 'model-files', source: brought.source });
  });

  it('are the published ones when what came along is gone', async () => {
    const files = { ...whole, 'reference-logits.json': JSON.stringify(brought) };
    const { host } = await serveHub({ id: publishedId, sizes: false, files });
    const { provider, files: kept } = setUp();
    await load(provider, { model: publishedId, host });
    const [{ key = '' } = {}] = await provider.keptModels();
    await kept.remove(fileSegments(key, 'reference-logits.json'));
    const { expectations } = await load(provider, { model: publishedId, host });
    expect(expectations?.against).toBe('published');
  });

  it('are the published ones when what came along is of no use', async () => {
    const files = { ...whole, 'reference-logits.json': '{"version":1,"pairs":[]}' };
    const { host } = await serveHub({ id: publishedId, sizes: false, files });
    const { expectations } = await load(setUp().provider, { model: publishedId, host });
    expect(expectations?.against).toBe('published');
  });
});

describe('a model from disk', () => {
  it('is described, and loaded by the id that comes back, and never asks a host', async () => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    const events: RerankEvent[] = [];
    const onEvent = (event: RerankEvent): void => void events.push(event);
    const files = { ...whole, 'reference-logits.json': JSON.stringify(brought) };
    const kept = await provider.importModel(fromDisk(files), { onEvent });
    expect(kept).toMatchObject({ id: 'mine', host: 'disk', card: { id: 'mine', maxLength: 64 } });
    expect(kept.builds.map(({ dtype, complete }) => [dtype, complete])).toEqual([
      ['fp32', true],
      ['fp16', true],
      ['q8', true],
    ]);
    expect(await provider.keptModels()).toEqual([kept]);
    expect(events.at(-1)).toMatchObject({ type: 'downloading', loadedBytes: kept.bytes });
    const source = await load(provider, { model: kept.id, host });
    expect(source).toMatchObject({ id: 'mine', dtype: 'q8', revision: kept.revision });
    expect(source.expectations).toMatchObject({ against: 'model-files', pairs: brought.pairs });
    expect(asked).toEqual([]);
  });

  it('is not completed from a host: what it lacks does not exist', async () => {
    const { host, asked } = await serveHub();
    const { provider } = setUp();
    await provider.importModel(fromDisk(without(whole, 'onnx/model.onnx')), {});
    const call = provider.plan({ model: 'mine', host, dtype: 'fp32' }, {});
    expect((await rejection(call, 'device-unsuitable')).message).toContain('It has: fp16, q8.');
    expect(asked).toEqual([]);
  });

  it('has to be imported again when the browser took its weights away', async () => {
    const { host, asked } = await serveHub();
    const { provider, files } = setUp();
    const only = { ...small, 'onnx/model.onnx': 'f'.repeat(3392) };
    const { key } = await provider.importModel(fromDisk(only), {});
    await files.remove(fileSegments(key, 'onnx/model.onnx'));
    const call = provider.plan({ model: 'mine', host }, {});
    expect((await rejection(call, 'model-not-found')).message).toContain('Import');
    expect(asked).toEqual([]);
  });

  it.each<[string, Files, RerankErrorCode]>([
    ['no cross-encoder', { 'config.json': '{"architectures":["BertModel"]}' }, 'model-unsupported'],
    ['a broken config', { 'config.json': '{' }, 'model-corrupt'],
    ['weights that are none', { 'onnx/model.onnx': 'x' }, 'model-unsupported'],
  ])('that cannot be loaded is not left behind: %s', async (_, change, code) => {
    const { provider, store } = setUp();
    const files = { ...small, 'onnx/model.onnx': 'f'.repeat(3392), ...change };
    await rejection(provider.importModel(fromDisk(files), {}), code);
    expect(await store.list()).toEqual([]);
  });

  it('that was here before stays, whatever becomes of its second import', async () => {
    const { provider, files } = setUp();
    const { key } = await provider.importModel(fromDisk(whole), {});
    // Of the same size, so that it counts as the same file.
    const odd = new TextEncoder().encode('?'.repeat(whole['config.json']?.length ?? 0));
    await files.write(fileSegments(key, 'config.json'), odd);
    await rejection(provider.importModel(fromDisk(whole), {}), 'model-corrupt');
    expect(await provider.keptModels()).toMatchObject([{ key, card: { id: 'mine' } }]);
  });

  it('is here once, however often it is brought', async () => {
    const { provider } = setUp();
    const first = await provider.importModel(fromDisk(whole), {});
    expect((await provider.importModel(fromDisk(whole), {})).key).toBe(first.key);
    expect(await provider.keptModels()).toHaveLength(1);
  });

  it('never stands for the embedded model', async () => {
    const { provider } = setUp();
    const { id: name } = await provider.importModel(fromDisk(whole, embeddedCard.id), {});
    expect(name).not.toBe(embeddedCard.id);
    expect(name).toContain(embeddedCard.id);
    expect(await load(provider, { model: name })).toMatchObject({ id: name });
  });

  it('may have a tokenizer_config.json that cannot be read', async () => {
    const { provider } = setUp();
    const kept = await provider.importModel(
      fromDisk({ ...whole, 'tokenizer_config.json': 'no json' }),
      {},
    );
    expect(kept.card?.id).toBe('mine');
  });
});

/** Where no hub is; whoever asks it fails. */
const nowhere = 'http://localhost:1';

function setUp(): {
  readonly provider: HubProvider;
  readonly store: WorkerModelStore;
  readonly files: MemoryFileStore;
  readonly workers: readonly StoreWorker[];
} {
  const files = new MemoryFileStore();
  const workers: StoreWorker[] = [];
  const store = new WorkerModelStore({
    createWorker: () => {
      const worker = new StoreWorker(files);
      workers.push(worker);
      return worker;
    },
  });
  stores.push(store);
  return { provider: new HubProvider(store), store, files, workers };
}

/** A provider with the fp32 build here, of which one build failed its self-test. */
async function withFailed(
  device: 'webgpu' | 'wasm',
  dtype: 'fp32',
  adapter: string | null,
  verdict: 'broken' | 'differs' | 'unchecked' = 'broken',
): Promise<ReturnType<typeof setUp> & { readonly host: string }> {
  const { host } = await serveHub();
  const made = setUp();
  await load(made.provider, { model: id, host, dtype });
  await made.provider.remember(loaded(device, dtype, adapter, verdict));
  return { ...made, host };
}

function loaded(
  device: 'webgpu' | 'wasm',
  dtype: LoadedModel['dtype'],
  adapter: string | null,
  verdict: 'passed' | 'differs' | 'broken' | 'unchecked',
): LoadedModel {
  return {
    ...{ model: id, revision: commit, dtype, device, adapter, softwareAdapter: false, threads: 1 },
    ...{ maxLength: 64, stepDowns: [] },
    selfTest: {
      ...{ verdict, against: 'nothing', source: '', pairs: [], largestDifference: null },
      ...{ tolerance: 0, reason: verdict === 'passed' ? '' : 'odd' },
    },
  };
}

async function load(provider: HubProvider, options: LoadOptions): Promise<ModelSource> {
  return provide(await provider.plan(options, {}), 0);
}

async function provide(plan: LoadPlan, attempt: number, call: CallOptions = {}) {
  const wanted = plan.attempts[attempt];
  if (wanted === undefined) throw new Error(`no attempt ${attempt}`);
  return wanted.provide(call);
}

async function dtypesOf(provider: HubProvider, options: LoadOptions): Promise<string[]> {
  return (await provider.plan(options, {})).attempts.map(({ dtype }) => dtype);
}

async function attemptsOf(provider: HubProvider, options: LoadOptions): Promise<string[]> {
  const { attempts } = await provider.plan(options, {});
  return attempts.map(({ device, dtype }) => `${dtype} on ${device}`);
}

async function contentOf(source: ModelSource['weights']): Promise<string> {
  if (source.from !== 'memory') throw new Error('not in memory');
  return source.blob.text();
}

function fromDisk(files: Files, name = 'mine'): ModelFromDisk {
  const parts = Object.entries(files).map(([path, text]) => ({ path, blob: new Blob([text]) }));
  return { name, files: parts };
}

function without(files: Files, path: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

/** A hub with one repository, or a plain mirror of it. */
async function serveHub({
  id: repository = id,
  files = whole,
  lists = true,
  sizes = true,
  stopsInside = '',
}: {
  readonly id?: string;
  readonly files?: Files;
  /** False for a mirror that has the files alone. */
  readonly lists?: boolean;
  /** False for a list that tells no sizes. */
  readonly sizes?: boolean;
  /** The first answer with this file ends in the middle, and never. */
  readonly stopsInside?: string;
} = {}): Promise<{
  readonly host: string;
  readonly asked: string[];
  /** Resolves when the answer that stops has. */
  readonly stopped: Promise<void>;
}> {
  const asked: string[] = [];
  const stop = deferred();
  let stops = stopsInside !== '';
  const tree = Object.entries(files).map(([path, text]) => ({
    type: 'file',
    path,
    ...(sizes && { size: text.length }),
    ...(path.endsWith('.onnx') && { lfs: { oid: sha256Of(text) } }),
  }));
  const api: Readonly<Record<string, unknown>> = {
    revision: { sha: commit, cardData: { license: 'mit', language: 'zh' } },
    tree,
  };
  const server = createServer(({ method, url = '', headers }, response) => {
    asked.push(`${method} ${url}`);
    const [, owner, name, kind, revision = '', ...path] = new URL(url, 'http://x').pathname
      .replace(/^\/api\/models/u, '')
      .split('/');
    const known = `${owner}/${name}` === repository && ['main', commit].includes(revision);
    if (!known) return refuse(response);
    if (kind !== 'resolve') {
      return lists ? sendJson(response, api[kind ?? '']) : refuse(response);
    }
    const text = files[path.join('/')];
    if (text === undefined) return refuse(response);
    const from = Number(/^bytes=(\d+)-/u.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = text.slice(from);
    response.writeHead(headers.range === undefined ? 200 : 206, {
      'Content-Type': url.endsWith('.json') ? 'application/json' : 'application/octet-stream',
      'Content-Length': rest.length,
      'Content-Range': `bytes ${from}-${text.length - 1}/${text.length}`,
    });
    if (method === 'HEAD') return response.end();
    if (!stops || path.join('/') !== stopsInside) return response.end(rest);
    stops = false;
    return response.write(rest.slice(0, rest.length / 2), stop.resolve);
  });
  servers.push(server);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: `http://localhost:${address.port}`, asked, stopped: stop.promise };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

function refuse(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found');
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Without an adapter for a browser without WebGPU. */
function stubNavigator(adapter?: string): void {
  const info = { vendor: adapter, architecture: '', device: '', description: '' };
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
  const requestAdapter = async () => ({ info, limits, features: new Set(['shader-f16']) });
  const gpu = adapter === undefined ? undefined : { requestAdapter };
  vi.stubGlobal('navigator', { hardwareConcurrency: 2, gpu });
}

/** A Worker that runs in this thread: the messages, the store and the hub's client are real. */
class StoreWorker extends EventTarget implements Worker {
  onerror = null;
  onmessage = null;
  onmessageerror = null;
  readonly #outside: MessagePort;
  readonly #inside: MessagePort;

  constructor(fileStore: MemoryFileStore) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#outside = port1;
    this.#inside = port2;
    port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
    const store = new ModelStore(fileStore);
    // The same as in model-store.worker.ts, which serves the scope that it is loaded in.
    expose(
      {
        holdLock: async () => undefined,
        openRepository: (address, port) =>
          serveCall(port, ({ signal }: Call) => openRepository(address, { signal })),
        probeFiles: (address, paths, port) =>
          serveCall(port, ({ signal }: Call) => probeFiles(address, paths, { signal })),
        readRepositoryText: (address, path, maxBytes, port) =>
          serveCall(port, ({ signal }: Call) =>
            readRepositoryText(address, path, { maxBytes, signal }),
          ),
        ensureFiles: (address, files, port) =>
          serveCall(port, (call: Call) => store.ensureFiles(address, files, call)),
        importFiles: (from, port) =>
          serveCall(port, async (call: Call) => {
            const { name, files } =
              'archive' in from
                ? await openModelArchive(from.archive, { name: from.name })
                : await openModelFolder(from.files, from.name);
            return store.importFiles(name, files, call);
          }),
        list: (port) => serveCall(port, () => store.list()),
        remove: (key, port) => serveCall(port, () => store.remove(key)),
        removeAll: (port) => serveCall(port, () => store.removeAll()),
        annotate: (key, patch, port) => serveCall(port, () => store.annotate(key, patch)),
        touch: (key, port) => serveCall(port, () => store.touch(key)),
        usage: (port) => serveCall(port, () => store.usage()),
        fileSource: (key, path, port) => serveCall(port, () => store.fileSource(key, path)),
        readText: (key, path, maxBytes, port) =>
          serveCall(port, () => store.readText(key, path, maxBytes)),
      } satisfies ModelStoreWorkerApi,
      port2,
    );
  }

  postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
    const transfer = Array.isArray(options) ? options : (options?.transfer ?? []);
    this.#outside.postMessage(message, transfer);
  }

  terminate(): void {
    this.#outside.close();
    this.#inside.close();
  }
}

async function rejection(promise: Promise<unknown>, code: RerankErrorCode): Promise<RerankError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code });
  if (!(error instanceof RerankError)) throw new Error('not a RerankError');
  return error;
}
