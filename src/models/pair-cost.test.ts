import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findModel, modelCatalog } from './catalog.ts';
import type { ModelBuild, ModelCard, ModelShape } from './model-card.ts';
import { countParameters, encoderParameters, memoryEstimate, pairFlop } from './pair-cost.ts';

const sizes = fc.integer({ min: 1, max: 2048 });
const shapes: fc.Arbitrary<ModelShape> = fc.record({
  layers: fc.integer({ min: 1, max: 48 }),
  hidden: sizes,
  intermediate: sizes,
  heads: fc.integer({ min: 1, max: 32 }),
  vocabulary: sizes,
});

function cardOf(id: string): ModelCard {
  const card = findModel(id);
  if (card === undefined) throw new Error(`No ${id} in the catalog`);
  return card;
}

describe('the cost of a pair', () => {
  it('is what one small layer gives by hand', () => {
    // h 2, i 4: 4*4 + 2*2*4 = 32 weights; 3 tokens: 2*3*32 + 4*9*2 = 264. Gated: 40 weights, 312.
    const shape = { layers: 1, hidden: 2, intermediate: 4, heads: 1, vocabulary: 9 };
    expect(encoderParameters(shape)).toBe(32);
    expect(pairFlop(shape, 3)).toBe(264);
    expect(pairFlop(shape, 3, 'modernbert')).toBe(312);
  });

  it.each([
    ['BAAI/bge-reranker-v2-m3', [78.9, 161, 335]],
    ['BAAI/bge-reranker-large', [78.9, 161, 335]],
    ['BAAI/bge-reranker-base', [22.3, 45.9, 96.6]],
    ['jinaai/jina-reranker-v2-base-multilingual', [22.3, 45.9, 96.6]],
    ['cross-encoder/mmarco-mMiniLMv2-L12-H384-v1', [5.74, 12.1, 26.6]],
    ['cross-encoder/ms-marco-MiniLM-L-6-v2', [2.87, 6.04, 13.3]],
  ] as const)('of %s at 128, 256 and 512 tokens is as tabled', (id, gflop) => {
    const { shape, architecture } = cardOf(id);
    [128, 256, 512].forEach((tokens, index) => {
      const tabled = gflop[index] ?? 0;
      expect(pairFlop(shape, tokens, architecture) / 1e9 / tabled).toBeCloseTo(1, 2);
    });
  });

  it('of a last layer for the first token only is what two small layers give by hand', () => {
    // Keys and values 2*3*8 = 48, the first token's 24 other weights 2*24 = 48, its attention
    // 4*3*2 = 24: 120 beside the 264 of the layer before. Gated: 136 beside 312.
    const shape = { layers: 2, hidden: 2, intermediate: 4, heads: 1, vocabulary: 9 };
    expect(pairFlop(shape, 3, 'bert', { firstTokenOnly: true })).toBe(264 + 120);
    expect(pairFlop(shape, 3, 'modernbert', { firstTokenOnly: true })).toBe(312 + 136);
    expect(pairFlop(shape, 3, 'bert', { firstTokenOnly: false })).toBe(2 * 264);
  });

  it('is the same for one token, whichever of them are computed', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 1 }), (shape, tokens) => {
        const narrow = pairFlop(shape, tokens, 'bert', { firstTokenOnly: true });
        expect(narrow).toBe(pairFlop(shape, tokens));
      }),
    );
  });

  it('is less by nearly ten twelfths of a layer, where only the first token is computed', () => {
    const shape = { layers: 4, hidden: 256, intermediate: 1024, heads: 4, vocabulary: 9 };
    const share = pairFlop(shape, 100, 'bert', { firstTokenOnly: true }) / pairFlop(shape, 100);
    expect(share).toBeCloseTo(1 - 10 / 12 / 4, 2);
  });

  it('grows faster than the number of tokens', () => {
    fc.assert(
      fc.property(shapes, sizes, (shape, tokens) => {
        expect(pairFlop(shape, 2 * tokens)).toBeGreaterThan(2 * pairFlop(shape, tokens));
      }),
    );
  });
});

describe('the number of parameters', () => {
  it.each(modelCatalog.map((card) => [card.name, card] as const))(
    'of %s follows from its shape',
    (_, card) => {
      const counted = countParameters(card.shape, card.architecture, card.maxLength) / 1e6;
      expect(counted / (card.parametersMillions ?? 0)).toBeGreaterThan(0.97);
      expect(counted / (card.parametersMillions ?? 0)).toBeLessThan(1.02);
    },
  );
});

describe('the memory estimate', () => {
  const card = cardOf('BAAI/bge-reranker-v2-m3');
  const of = (dtype: string, device: 'webgpu' | 'wasm') => {
    const build = card.builds.find((candidate) => candidate.dtype === dtype);
    if (build === undefined) throw new Error(`No ${dtype} build`);
    return memoryEstimate(card, build, device);
  };

  const int8Of = ({ builds }: ModelCard): ModelBuild => {
    const build = builds.find(({ format }) => format === 'dynamic-int8');
    if (build === undefined) throw new Error('No int8 build');
    return build;
  };

  it('counts the weights in the heap once, and one tensor outside', () => {
    const { heapBytes, totalBytes } = of('int8', 'wasm');
    expect(totalBytes - heapBytes).toBe(250_002 * 1024);
    expect(heapBytes).toBeGreaterThan(571_000_000);
    expect(heapBytes).toBeLessThan(1.6 * 571_000_000);
  });

  it('adds what a CPU widens and what lies on the GPU', () => {
    expect(of('fp16', 'wasm').heapBytes).toBeGreaterThan(3 * 1_140_000_000);
    expect(of('fp16', 'webgpu').heapBytes).toBeLessThan(0.3 * 1_140_000_000);
    expect(of('fp16', 'webgpu').totalBytes).toBeGreaterThan(1.5 * 1_140_000_000);
  });

  // 85 million weights in 12 layers of 768: 340 MB in 32 bit, and the embedding stays 8-bit.
  it('adds what weights in blocks take that are widened at load, on WASM', () => {
    const base = cardOf('BAAI/bge-reranker-base');
    const build = { ...int8Of(base), format: 'blocks' } as const;
    const { heapBytes } = memoryEstimate(base, build, 'wasm');
    expect(heapBytes).toBeGreaterThan(1.4 * 340e6 + 192e6);
    expect(heapBytes).toBeLessThan(1e9);
    // Dynamic int8 stays, and over the limit blocks do.
    expect(memoryEstimate(base, int8Of(base), 'wasm').heapBytes).toBeLessThan(heapBytes - 300e6);
    const large = { ...base, shape: { ...base.shape, layers: 24 } };
    expect(memoryEstimate(large, build, 'wasm').heapBytes).toBeLessThan(heapBytes);
  });

  it('leaves weights in blocks what they are on WebGPU, but for a scale for each 32', () => {
    const base = cardOf('BAAI/bge-reranker-base');
    const blocks = { ...int8Of(base), format: 'blocks' } as const;
    const floats = { ...blocks, format: 'float' } as const;
    const of = (build: ModelBuild) => memoryEstimate(base, build, 'webgpu').totalBytes;
    expect((of(blocks) - of(floats)) / 1e6).toBeCloseTo(84.934656 / 8, 3);
  });

  it('puts a large 8-bit table of words into the heap, and a small one widened on the GPU', () => {
    const base = cardOf('BAAI/bge-reranker-base');
    const build = int8Of(base);
    const wordless = { ...base, shape: { ...base.shape, vocabulary: 0 } };
    const words = base.shape.vocabulary * base.shape.hidden;
    const rest = { ...build, bytes: build.bytes - words };
    const large = memoryEstimate(base, build, 'webgpu');
    const none = memoryEstimate(wordless, rest, 'webgpu');
    // A tenth of each file stays beside the GPU in any case.
    expect(large.heapBytes - none.heapBytes).toBeCloseTo(1.1 * words, 0);
    expect(large.totalBytes - none.totalBytes).toBeCloseTo(1.1 * words, 0);
    const few = { ...base, shape: { ...base.shape, vocabulary: 20_000 } };
    const small = memoryEstimate(few, { ...rest, bytes: rest.bytes + 20_000 * 768 }, 'webgpu');
    expect(small.heapBytes - none.heapBytes).toBeCloseTo(0.1 * 20_000 * 768, 0);
    expect(small.totalBytes - none.totalBytes).toBeCloseTo(4.1 * 20_000 * 768, 0);
  });

  // Heaps seen in Node with onnxruntime-web 1.31, random weights, read tensor by tensor.
  it.each([
    { dtype: 'int8', format: 'dynamic-int8', bytes: 569_000_000, seenBytes: 651e6 },
    { dtype: 'fp32', format: 'float', bytes: 436_000_000, seenBytes: 610e6 },
  ] as const)('is not far from a heap that was seen: $dtype', ({ seenBytes, ...seen }) => {
    const [build] = card.builds;
    if (build === undefined) throw new Error('No build');
    const { heapBytes } = memoryEstimate(card, { ...build, ...seen }, 'wasm');
    expect(heapBytes / seenBytes).toBeGreaterThan(1);
    expect(heapBytes / seenBytes).toBeLessThan(1.7);
  });
});
