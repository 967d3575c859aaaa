import { RerankError, toRerankError } from '../core/errors.ts';
import type { ModelFiles } from '../models/model-files.ts';
import type { ModelExpectations, ModelSource } from '../models/model-source.ts';
import { checkCrossEncoderGraph, splitWeights } from '../models/onnx-file.ts';
import { readOnnxOutline } from '../models/onnx-outline.ts';
import { type OnnxRuntime, OnnxSession } from './onnx-session.ts';
import { type EncodedPair, encodePair, encodeQuery } from './pairs.ts';
import type { SelfTestReport } from './reranker.ts';
import { probePairs, runSelfTest, type TestPair } from './self-test.ts';
import { createPairTokenizer, type PairTokenizer } from './tokenizer.ts';

/** A model that can score, and has shown that it scores right here. */
export interface OpenModel {
  readonly session: OnnxSession;
  readonly tokenizer: PairTokenizer;
  readonly selfTest: SelfTestReport;
}

export interface OpenModelOptions {
  readonly device: 'webgpu' | 'wasm';
  readonly threads: number;
  /** Called between the steps; throws when the caller does not want the model any more. */
  readonly pause: () => Promise<void>;
  readonly onTesting: () => void;
}

/** A second session on WASM is made to compare with, but not of weights larger than this. */
const mostComparedBytes = 400_000_000;

/** The same weights on two devices differ by rounding only. */
const wasmTolerance = { float: 0.02, 'dynamic-int8': 0.3, blocks: 0.05 } as const;

/**
 * Reads the files of a model, creates its session and tests it.
 * @throws RerankError `model-corrupt`, `model-unsupported`, `session-failed`, `out-of-memory`
 */
export async function openModel(
  source: ModelSource,
  files: ModelFiles,
  runtime: OnnxRuntime,
  options: OpenModelOptions,
): Promise<OpenModel> {
  const { device, threads } = options;
  const fileName = nameOf(source);
  const outline = readOnnxOutline(files.weights, { fileName });
  checkCrossEncoderGraph(outline, fileName);
  if (device === 'webgpu' && outline.weightFormat === 'dynamic-int8') {
    throw new RerankError(
      'model-unsupported',
      `${fileName} is dynamically quantised (int8), which WebGPU computes slowly or wrong. ` +
        'Choose WASM, or another dtype.',
    );
  }
  const text = new TextDecoder();
  const tokenizer = createPairTokenizer(
    text.decode(files.tokenizer),
    files.tokenizerConfig.length > 0 ? text.decode(files.tokenizerConfig) : null,
  );
  const { graph, location } = splitWeights(files.weights, outline);
  const weights = {
    graph,
    externalData: [
      { path: location, data: files.weights },
      ...files.externalData.map((file) => ({ path: file.location, data: file.bytes })),
    ],
  };
  const sessionOptions = { device, threads, padId: tokenizer.padId };
  await options.pause();
  const session = await OnnxSession.create(runtime, weights, sessionOptions);
  try {
    await options.pause();
    options.onTesting();
    const scorer = (tested: OnnxSession) => (pairs: readonly TestPair[]) =>
      scoreTogether(tested, tokenizer, pairs, source.maxLength);
    const tolerance = wasmTolerance[outline.weightFormat];
    const compare = async (): Promise<ModelExpectations | null> => {
      const other = await OnnxSession.create(runtime, weights, {
        ...sessionOptions,
        device: 'wasm',
      });
      try {
        return await expectationsFrom(scorer(other), tolerance);
      } finally {
        await other.dispose();
      }
    };
    const bytes = files.weights.length + files.externalData.reduce((n, f) => n + f.bytes.length, 0);
    const comparable = device === 'webgpu' && bytes <= mostComparedBytes;
    const expectations =
      source.expectations ?? (comparable ? await compare().catch(() => null) : null);
    const selfTest = await runSelfTest({
      expectations,
      score: scorer(session),
      batchTolerance:
        outline.weightFormat === 'dynamic-int8'
          ? Number.POSITIVE_INFINITY
          : Math.max(tolerance, 0.05),
    });
    return { session, tokenizer, selfTest };
  } catch (error) {
    await session.dispose().catch(() => undefined);
    throw toRerankError(error, 'inference-failed');
  }
}

async function expectationsFrom(
  score: (pairs: readonly TestPair[]) => Promise<readonly number[]>,
  tolerance: number,
): Promise<ModelExpectations> {
  const pairs = [];
  for (const pair of probePairs) {
    const [logit = Number.NaN] = await score([pair]);
    pairs.push({ ...pair, logit });
  }
  return { against: 'wasm', source: 'the same weights on WASM on this machine', pairs, tolerance };
}

/** Runs pairs as one batch. */
async function scoreTogether(
  session: OnnxSession,
  { encode, layout }: PairTokenizer,
  pairs: readonly TestPair[],
  maxLength: number,
): Promise<readonly number[]> {
  const encoded: EncodedPair[] = pairs.map(({ query, document }) =>
    encodePair(encodeQuery(query, encode, layout, maxLength), document, encode, layout, maxLength),
  );
  const width = Math.max(...encoded.map(({ ids }) => ids.length));
  const logits = await session.logitsOf({ rows: encoded.map((_, row) => row), width }, encoded);
  return [...logits];
}

function nameOf({ weights, id }: ModelSource): string {
  if (weights.from === 'app') return weights.path;
  if (weights.from === 'store') return `${id}/${weights.segments.at(-1)}`;
  return `${id} (weights)`;
}
