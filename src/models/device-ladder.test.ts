import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findModel, modelCatalog } from './catalog.ts';
import {
  explainNoRung,
  type LadderChoice,
  type MachineLimits,
  maxHeapBytes,
  planLadder,
} from './device-ladder.ts';
import type { Dtype, ModelBuild, ModelCard } from './model-card.ts';

const gib = 2 ** 30;
/** A desktop's graphics card in Chrome. */
const desktop: MachineLimits = {
  webgpu: {
    adapter: 'nvidia lovelace',
    software: false,
    shaderF16: true,
    maxBufferBytes: 4 * gib,
    maxBindingBytes: 2 * gib,
  },
  threads: 8,
  memoryBytes: 8 * gib,
};
const without: MachineLimits = { ...desktop, webgpu: null };

function adapter(changes: Partial<NonNullable<MachineLimits['webgpu']>>): MachineLimits {
  if (desktop.webgpu === null) throw new Error('No adapter');
  return { ...desktop, webgpu: { ...desktop.webgpu, ...changes } };
}

function cardOf(id: string): ModelCard {
  const card = findModel(id);
  if (card === undefined) throw new Error(`No ${id} in the catalog`);
  return card;
}

const bge = cardOf('BAAI/bge-reranker-v2-m3');
const miniLm = cardOf('cross-encoder/ms-marco-MiniLM-L-6-v2');
const modernBert = cardOf('Alibaba-NLP/gte-reranker-modernbert-base');

function ladder(card: ModelCard, limits: MachineLimits, choice?: LadderChoice): string[] {
  const { rungs } = planLadder(card, limits, choice);
  return rungs.map(({ device, build }) => `${device} ${build.dtype}`);
}

function whyNot(card: ModelCard, limits: MachineLimits, choice?: LadderChoice): string[] {
  const { ruledOut } = planLadder(card, limits, choice);
  return ruledOut.map(({ device, build, reason }) => `${device} ${build.dtype} ${reason}`);
}

describe('the ladder', () => {
  it('of bge-reranker-v2-m3 on a desktop begins with fp16 on WebGPU and ends on WASM', () => {
    expect(ladder(bge, desktop)).toEqual([
      'webgpu fp16',
      'webgpu int8',
      'webgpu fp32',
      'webgpu q4f16',
      'webgpu q4',
      'wasm int8',
      'wasm fp32',
      'wasm q4',
      'wasm q4f16',
    ]);
    expect(whyNot(bge, desktop)).toEqual(['wasm fp16 wasm-memory']);
  });

  it('steps from fp16 to fp32 before it turns to lossy weights', () => {
    expect(ladder(modernBert, desktop)).toEqual([
      'webgpu fp16',
      'webgpu fp32',
      'webgpu int8',
      'webgpu q4f16',
      'wasm int8',
      'wasm fp32',
      'wasm fp16',
      'wasm q4f16',
    ]);
  });

  it('begins with fp32 where that is a small download', () => {
    expect(ladder(miniLm, desktop)).toEqual([
      'webgpu fp32',
      'webgpu fp16',
      'webgpu q8',
      'wasm q8',
      'wasm fp32',
      'wasm fp16',
    ]);
  });

  it('puts weight-only 8 bit first on both devices', () => {
    const blocks: ModelBuild = { ...(miniLm.builds[2] ?? fail()), format: 'blocks' };
    const card = { ...miniLm, builds: [...miniLm.builds.slice(0, 2), blocks] };
    expect(ladder(card, desktop)[0]).toBe('webgpu q8');
    expect(ladder(card, without)[0]).toBe('wasm q8');
    expect(planLadder(card, desktop).rungs[0]?.reasons).toEqual([
      'fits-graphics-adapter',
      'blocks-run-anywhere',
    ]);
  });

  it('has no half precision where the adapter has none', () => {
    const limits = adapter({ shaderF16: false });
    expect(ladder(bge, limits)).toEqual([
      'webgpu int8',
      'webgpu fp32',
      'webgpu q4',
      'wasm int8',
      'wasm fp32',
      'wasm q4',
      'wasm q4f16',
    ]);
    expect(whyNot(bge, limits)).toContain('webgpu fp16 needs-shader-f16');
    expect(whyNot(bge, limits)).toContain('webgpu q4f16 needs-shader-f16');
  });

  it.each(['maxBufferBytes', 'maxBindingBytes'] as const)(
    'takes dynamic 8 bit on WebGPU when the embedding of others does not fit %s',
    (limit) => {
      const limits = adapter({ [limit]: 128 * 2 ** 20 });
      expect(ladder(bge, limits).slice(0, 2)).toEqual(['webgpu int8', 'wasm int8']);
      const { ruledOut } = planLadder(bge, limits);
      const fp16 = ruledOut.find(
        ({ device, build }) => device === 'webgpu' && build.dtype === 'fp16',
      );
      expect(fp16).toMatchObject({
        reason: 'buffer-too-small',
        detail: { neededBytes: 250_002 * 1024 * 2, limitBytes: 128 * 2 ** 20 },
      });
    },
  );

  it('uses a software adapter only when WebGPU was asked for by name', () => {
    const limits = adapter({ software: true });
    expect(ladder(miniLm, limits)).toEqual(['wasm q8', 'wasm fp32', 'wasm fp16']);
    expect(whyNot(miniLm, limits)).toContain('webgpu fp32 software-adapter');
    const asked = planLadder(miniLm, limits, { device: 'webgpu' });
    expect(asked.rungs[0]?.reasons).toEqual([
      'asked-for-device',
      'software-adapter',
      'exact-and-small',
    ]);
  });

  it('keeps to the device that was asked for', () => {
    expect(ladder(miniLm, desktop, { device: 'wasm' })).toEqual([
      'wasm q8',
      'wasm fp32',
      'wasm fp16',
    ]);
    expect(ladder(miniLm, without, { device: 'webgpu' })).toEqual([]);
    expect(whyNot(miniLm, desktop, { device: 'wasm' })).toContain('webgpu fp32 not-chosen-device');
  });

  it('keeps to the dtype that was asked for, and lets int8 and q8 stand in for each other', () => {
    expect(ladder(bge, desktop, { device: 'auto', dtype: 'q4' })).toEqual(['webgpu q4', 'wasm q4']);
    expect(ladder(bge, desktop, { device: 'auto', dtype: 'q8' })).toEqual([
      'webgpu int8',
      'wasm int8',
    ]);
    expect(ladder(miniLm, desktop, { device: 'wasm', dtype: 'int8' })).toEqual(['wasm q8']);
    expect(ladder(miniLm, desktop, { device: 'auto', dtype: 'q4' })).toEqual([]);
  });

  it('tries the same 8-bit weights once, and either when asked for', () => {
    const int8 = bge.builds[2] ?? fail();
    const q8: ModelBuild = { ...int8, dtype: 'q8', path: 'onnx/model_quantized.onnx' };
    const both = { ...bge, builds: [int8, q8] };
    expect(ladder(both, without)).toEqual(['wasm q8']);
    expect(whyNot(both, without)).toContain('wasm int8 same-weights');
    expect(ladder(both, without, { device: 'auto', dtype: 'int8' })).toEqual(['wasm int8']);
  });

  it('asks of a small machine no more memory than it has', () => {
    const phone: MachineLimits = { ...without, memoryBytes: gib };
    expect(ladder(bge, phone)).toEqual([]);
    expect(ladder(miniLm, phone)).toContain('wasm q8');
    expect(ladder(bge, { ...without, memoryBytes: null })).toContain('wasm int8');
  });

  it('says that dynamic 8 bit is rewritten for WebGPU', () => {
    const rung = planLadder(bge, desktop, { device: 'webgpu', dtype: 'int8' }).rungs[0];
    expect(rung?.reasons).toEqual([
      'asked-for-device',
      'asked-for-dtype',
      'fits-graphics-adapter',
      'int8-as-blocks',
    ]);
    expect(rung?.memoryBytes).toBeLessThan(2_000_000_000);
  });

  it('counts weights and tokenizer as download', () => {
    const [first] = planLadder(bge, without).rungs;
    expect(first?.downloadBytes).toBe(571_000_000 + bge.tokenizerBytes);
    expect(first?.memoryBytes).toBeGreaterThan(1.5 * 571_000_000);
  });

  it('refuses a tensor that no array holds, but no file for its size', () => {
    const [fp32] = bge.builds;
    const build: ModelBuild = { ...(fp32 ?? fail()), largestTensorBytes: 2 ** 31 };
    expect(whyNot({ ...bge, builds: [build] }, without)).toContain('wasm fp32 array-buffer');
    expect(fp32?.bytes).toBeGreaterThan(2 ** 31);
    expect(whyNot(bge, without)).not.toContain('wasm fp32 array-buffer');
  });

  it('has every model of the catalog run on WASM without WebGPU', () => {
    for (const card of modelCatalog) expect(ladder(card, without), card.id).not.toEqual([]);
  });

  const limits: fc.Arbitrary<MachineLimits> = fc.record({
    webgpu: fc.option(
      fc.record({
        adapter: fc.constant('any'),
        software: fc.boolean(),
        shaderF16: fc.boolean(),
        maxBufferBytes: fc.integer({ min: 2 ** 27, max: 2 ** 32 }),
        maxBindingBytes: fc.integer({ min: 2 ** 27, max: 2 ** 32 }),
      }),
    ),
    threads: fc.integer({ min: 1, max: 16 }),
    memoryBytes: fc.option(fc.integer({ min: gib / 2, max: 32 * gib })),
  });
  const dtypes: readonly (Dtype | undefined)[] = [
    undefined,
    'fp32',
    'fp16',
    'int8',
    'q8',
    'q4',
    'q4f16',
  ];

  it('places every build on every device exactly once, and breaks no rule of the device', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...modelCatalog),
        limits,
        fc.constantFrom('auto', 'webgpu', 'wasm'),
        fc.constantFrom(...dtypes),
        (card, machine, device, dtype) => {
          const { rungs, ruledOut } = planLadder(card, machine, { device, dtype });
          const placed = [...rungs, ...ruledOut].map(
            (entry) => `${entry.device} ${entry.build.path}`,
          );
          expect(placed).toHaveLength(2 * card.builds.length);
          expect(new Set(placed).size).toBe(placed.length);
          for (const rung of rungs) {
            expect(rung.reasons.length).toBeGreaterThan(0);
            if (rung.device !== 'webgpu') continue;
            if (rung.build.format === 'dynamic-int8') continue;
            expect(rung.build.largestTensorBytes).toBeLessThanOrEqual(
              Math.min(machine.webgpu?.maxBufferBytes ?? 0, machine.webgpu?.maxBindingBytes ?? 0),
            );
          }
        },
      ),
    );
  });
});

describe('the explanation of an empty ladder', () => {
  it('names each build with its reason and what to do', () => {
    const phone: MachineLimits = { ...without, memoryBytes: gib };
    const text = explainNoRung(planLadder(bge, phone), bge);
    expect(text).toContain('This browser offers no WebGPU.');
    expect(text).toMatch(/fp32 on WASM: it would need about \d\.\d\d GB of \d\.\d\d GB at most/);
    expect(text).toMatch(
      /int8 on WASM: it would need about 1\.\d\d GB of 1\.07 GB at most of memory/,
    );
    expect(text).toMatch(/Choose another device or dtype, or a smaller model\.$/);
    expect(text.match(/no WebGPU/g)).toHaveLength(1);
  });

  it('tells of a missing dtype which ones there are', () => {
    const plan = planLadder(miniLm, desktop, { device: 'auto', dtype: 'q4' });
    expect(explainNoRung(plan, miniLm)).toBe(
      'Xenova/ms-marco-MiniLM-L-6-v2 has no build of the dtype that was asked for. ' +
        'It has: fp32, fp16, q8.',
    );
  });

  it('speaks of what was asked for alone', () => {
    const plan = planLadder(bge, adapter({ shaderF16: false }), {
      device: 'webgpu',
      dtype: 'fp16',
    });
    expect(explainNoRung(plan, bge)).toContain('fp16 on WebGPU: the graphics adapter lacks');
    expect(explainNoRung(plan, bge)).not.toContain('WASM:');
    expect(plan.rungs).toEqual([]);
  });

  it('says that half precision on a CPU needs more than WebAssembly has', () => {
    const { ruledOut } = planLadder(bge, desktop, { device: 'wasm', dtype: 'fp16' });
    const fp16 = ruledOut.find(
      ({ device, reason }) => device === 'wasm' && reason === 'wasm-memory',
    );
    expect(fp16?.detail.limitBytes).toBe(maxHeapBytes);
  });
});

function fail(): never {
  throw new Error('The catalog lacks a build that this test needs');
}
