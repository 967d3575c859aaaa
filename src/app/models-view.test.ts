import { describe, expect, it } from 'vitest';
import type { DeviceReport } from '../engine/device.ts';
import { modelCatalog } from '../models/catalog.ts';
import { embeddedCard } from '../models/embedded-card.ts';
import type { KeptModel } from '../models/kept-model.ts';
import {
  type CatalogRow,
  comparison,
  firstRung,
  hostChoiceOf,
  hostChoices,
  isShown,
  latestBenchmark,
  pairGigaflop,
  planCatalog,
  presenceOf,
  rowOfLookUp,
  rungOfKept,
  storageViewOf,
  typedHost,
} from './models-view.ts';

const cpuOnly: DeviceReport = {
  webgpu: { available: false, reason: 'no-api' },
  cores: 8,
  threads: 8,
  isolated: true,
  memoryBytes: null,
};

const withGpu: DeviceReport = {
  ...cpuOnly,
  webgpu: {
    available: true,
    adapter: 'some gpu',
    software: false,
    shaderF16: true,
    maxBufferBytes: 4 * 2 ** 30,
    maxBindingBytes: 2 ** 31,
  },
};

const bgeId = 'onnx-community/bge-reranker-v2-m3-ONNX';

function rowOf(id: string, devices: DeviceReport | null = cpuOnly): CatalogRow {
  const row = planCatalog(devices, 'auto').find(({ card }) => card.id === id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return row;
}

function keptOf(id: string, builds: KeptModel['builds'], more: Partial<KeptModel> = {}): KeptModel {
  return {
    key: `key of ${id}`,
    id,
    revision: 'main',
    host: 'https://huggingface.co',
    card: modelCatalog.find((card) => card.id === id) ?? null,
    bytes: builds.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    builds,
    kept: 'disk',
    addedAt: 0,
    lastUsedAt: 0,
    selfTests: [],
    benchmarks: [],
    ...more,
  };
}

const whole = (dtype: 'int8' | 'fp16'): KeptModel['builds'][number] => ({
  dtype,
  bytes: 571e6,
  storedBytes: 571e6,
  complete: true,
});
const nothing = { kept: [], loading: null, inUse: null };

describe('planCatalog', () => {
  it('begins with the embedded model and keeps the order of the catalog', () => {
    const rows = planCatalog(cpuOnly, 'auto');
    expect(rows.map(({ card }) => card.id)).toEqual([
      embeddedCard.id,
      ...modelCatalog.map(({ id }) => id),
    ]);
    expect(rows.filter(({ embedded }) => embedded)).toHaveLength(1);
  });

  it('says nothing about what runs here before the machine was looked at', () => {
    expect(planCatalog(null, 'auto').every(({ plan }) => plan === null)).toBe(true);
    expect(firstRung(rowOf(bgeId, null), [])).toBeNull();
  });

  it('follows the device that was chosen', () => {
    const devicesOf = (device: 'auto' | 'wasm') =>
      new Set(planCatalog(withGpu, device).map((row) => row.plan?.rungs[0]?.device));
    expect(devicesOf('auto')).toContain('webgpu');
    expect(devicesOf('wasm')).toEqual(new Set(['wasm']));
  });
});

describe('firstRung', () => {
  it('is the best build of the ladder when nothing is here', () => {
    const row = rowOf(bgeId, withGpu);
    expect(firstRung(row, [])).toBe(row.plan?.rungs[0]);
    expect(firstRung(row, null)).toBe(row.plan?.rungs[0]);
  });

  it('prefers a build that is complete on this machine, as a load does', () => {
    const row = rowOf(bgeId, withGpu);
    expect(firstRung(row, [keptOf(bgeId, [whole('int8')])])?.build.dtype).toBe('int8');
  });

  it('does not prefer a build that is here in part', () => {
    const row = rowOf(bgeId, withGpu);
    const half = { ...whole('int8'), complete: false };
    expect(firstRung(row, [keptOf(bgeId, [half])])).toBe(row.plan?.rungs[0]);
  });
});

describe('rungOfKept', () => {
  it('finds the way to run a kept build, or none on the chosen device', () => {
    const kept = keptOf(bgeId, [whole('int8')]);
    expect(rungOfKept(kept, 'int8', withGpu, 'auto')).toMatchObject({ device: 'webgpu' });
    expect(rungOfKept(kept, 'int8', withGpu, 'webgpu')).toMatchObject({ device: 'webgpu' });
    expect(rungOfKept(kept, 'int8', null, 'auto')).toBeNull();
    expect(rungOfKept({ ...kept, card: null }, 'int8', withGpu, 'auto')).toBeNull();
  });
});

describe('isShown', () => {
  const shownBy = (filter: Parameters<typeof isShown>[1], search = '', devices = cpuOnly) =>
    planCatalog(devices, 'auto')
      .filter((row) => isShown(row, filter, search))
      .map(({ card }) => card);

  it('shows everything without filter and search', () => {
    expect(shownBy('all')).toHaveLength(modelCatalog.length + 1);
    expect(shownBy('all', '   ')).toHaveLength(modelCatalog.length + 1);
  });

  it('counts multilingual models as Chinese and not as English only', () => {
    expect(shownBy('chinese').map(({ id }) => id)).toContain(bgeId);
    expect(shownBy('english').map(({ id }) => id)).not.toContain(bgeId);
    expect(shownBy('english').every(({ languages }) => languages.join() === 'en')).toBe(true);
  });

  it('shows for commercial use only what is known to allow it', () => {
    const ids = shownBy('commercial').map(({ id }) => id);
    expect(ids).not.toContain('jinaai/jina-reranker-v2-base-multilingual');
    expect(ids).not.toContain(embeddedCard.id);
    expect(ids).toContain(bgeId);
  });

  it('hides under "runs here" what has no way to run', () => {
    const row = rowOf(bgeId);
    expect(isShown(row, 'runs-here', '')).toBe(true);
    expect(isShown({ ...row, plan: { rungs: [], ruledOut: [] } }, 'runs-here', '')).toBe(false);
    expect(isShown({ ...row, plan: null }, 'runs-here', '')).toBe(false);
  });

  it('finds by every word, in any case, also by the name of the original', () => {
    expect(shownBy('all', 'BAAI v2-M3').map(({ id }) => id)).toEqual([bgeId]);
    expect(shownBy('all', 'baai nosuchword')).toEqual([]);
  });
});

describe('presenceOf', () => {
  const { card } = rowOf(bgeId);

  it('tells nothing here, a part, and all of it apart', () => {
    expect(presenceOf(card, 'int8', nothing)).toEqual({ state: 'not-here' });
    const part = { ...whole('int8'), storedBytes: 412e6, complete: false };
    expect(presenceOf(card, 'int8', { ...nothing, kept: [keptOf(bgeId, [part])] })).toEqual({
      state: 'partial',
      storedBytes: 412e6,
      totalBytes: 571e6,
    });
    const kept = [keptOf(bgeId, [whole('int8')])];
    expect(presenceOf(card, 'int8', { ...nothing, kept })).toEqual({ state: 'here' });
    expect(presenceOf(card, 'fp16', { ...nothing, kept })).toEqual({ state: 'not-here' });
  });

  it('knows a model by its other names, too', () => {
    expect(presenceOf(card, 'int8', { ...nothing, loading: 'BAAI/bge-reranker-v2-m3' })).toEqual({
      state: 'loading',
    });
  });

  it('asks about one build on one device where a device is given', () => {
    const inUse = { model: bgeId, dtype: 'int8', device: 'wasm' } as const;
    const state = { ...nothing, inUse, kept: [keptOf(bgeId, [whole('int8')])] };
    expect(presenceOf(card, 'fp16', state)).toEqual({ state: 'in-use' });
    expect(presenceOf(card, 'int8', state, 'wasm')).toEqual({ state: 'in-use' });
    expect(presenceOf(card, 'int8', state, 'webgpu')).toEqual({ state: 'here' });
    expect(presenceOf(card, 'fp16', state, 'webgpu')).toEqual({ state: 'not-here' });
  });

  it('has the embedded model here always', () => {
    expect(presenceOf(embeddedCard, 'q8', nothing)).toEqual({ state: 'here' });
  });
});

describe('storageViewOf', () => {
  it('adds the models up and passes on what the browser says', () => {
    const kept = [keptOf(bgeId, [whole('int8')]), keptOf('x', [whole('fp16')], { kept: 'memory' })];
    const storage = {
      kept: 'disk',
      modelBytes: 1,
      usedBytes: 2e9,
      quotaBytes: 60e9,
      persisted: true,
    } as const;
    expect(storageViewOf({ kept, storage })).toEqual({
      modelBytes: 1142e6,
      usedBytes: 2e9,
      quotaBytes: 60e9,
      persisted: true,
      inMemory: false,
    });
  });

  it('says when the browser keeps nothing', () => {
    const storage = {
      kept: 'memory',
      modelBytes: 0,
      usedBytes: 0,
      quotaBytes: null,
      persisted: false,
    } as const;
    expect(storageViewOf({ kept: [], storage }).inMemory).toBe(true);
  });

  it('has nulls before anything is known', () => {
    expect(storageViewOf({ kept: null, storage: null })).toMatchObject({
      modelBytes: 0,
      quotaBytes: null,
    });
  });
});

describe('hosts', () => {
  it('takes addresses of hubs and refuses the rest', () => {
    expect(typedHost(' hf-mirror.com/ ')).toBe('https://hf-mirror.com');
    expect(typedHost('http://localhost:8080')).toBe('http://localhost:8080');
    for (const wrong of ['', '  ', 'ftp://x', 'http://example.com', 'https://a b']) {
      expect(typedHost(wrong), wrong).toBeNull();
    }
  });

  it('names ready choices and calls every other address "other"', () => {
    for (const host of hostChoices) expect(hostChoiceOf(host)).toBe(host);
    expect(hostChoiceOf('http://localhost:1')).toBe('other');
  });
});

describe('small facts', () => {
  it('counts the operations of a pair: 161 GFLOP for XLM-R large at 256 tokens', () => {
    expect(pairGigaflop(rowOf(bgeId).card, 256)).toBeCloseTo(161, 0);
  });

  it('has no row before a look-up found something', () => {
    expect(rowOfLookUp({ phase: 'idle' })).toBeNull();
    const { card } = rowOf(bgeId);
    const outlook = { card, host: 'h', revision: 'r', rungs: [], ruledOut: [] };
    expect(rowOfLookUp({ phase: 'found', outlook })).toEqual({
      card,
      embedded: false,
      plan: { rungs: [], ruledOut: [] },
    });
  });

  it('takes the newest measurement', () => {
    const at = (measuredAt: number): KeptModel['benchmarks'][number] => ({
      ...{ device: 'wasm', dtype: 'int8', adapter: null, threads: 1, rows: [] },
      measuredAt,
    });
    const kept = keptOf(bgeId, []);
    expect(latestBenchmark(kept)).toBeNull();
    const benchmarks = [at(2), at(3), at(1)];
    expect(latestBenchmark({ ...kept, benchmarks })?.measuredAt).toBe(3);
  });

  it('marks as best what is best in the article: the lowest latency, the highest scores', () => {
    expect(comparison.best).toEqual({
      chineseQa: 0.891,
      english: 0.882,
      crossLingual: 0.852,
      latencyMs: 45,
    });
  });

  it('links every compared model that runs here to a row of the catalog', () => {
    const ids = new Set(modelCatalog.map(({ id }) => id));
    for (const { model } of comparison.rows) {
      if (model !== null) expect(ids).toContain(model);
    }
    expect(comparison.rows.filter(({ model }) => model === null)).toHaveLength(1);
  });
});
