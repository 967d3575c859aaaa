import { RerankError, toRerankError } from '../core/errors.ts';
import type { WeightFormat } from '../models/model-card.ts';
import type { ModelFiles } from '../models/model-files.ts';
import type { ModelExpectations, ModelSource } from '../models/model-source.ts';
import { checkCrossEncoderGraph } from '../models/onnx-file.ts';
import { readOnnxOutline } from '../models/onnx-outline.ts';
import { type OnnxRuntime, OnnxSession } from './onnx-session.ts';
import { type EncodedPair, encodePair, encodeQuery } from './pairs.ts';
import type { SelfTestReport } from './reranker.ts';
import { originalWeights, type PreparedWeights, rewrittenWeights } from './rewritten-weights.ts';
import { probePairs, runSelfTest, type TestPair } from './self-test.ts';
import { createPairTokenizer, type PairTokenizer } from './tokenizer.ts';

/** A model that can score, and has shown that it scores right here. */
export interface OpenModel {
  readonly session: OnnxSession;
  readonly tokenizer: PairTokenizer;
  readonly selfTest: SelfTestReport;
  /** What was done to the graph for this device, in order; empty for the graph as it came. */
  readonly rewritings: readonly string[];
  /**
   * True when the graph quantises values while it runs: then the logits of pairs depend on what is
   * in a batch beside them, and each has to be run by itself.
   */
  readonly pairsAlone: boolean;
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
 * Reads the files of a model, creates its session and tests it. The graph is rewritten for the
 * device; when that graph does not run here, the one that came is tried once.
 * @throws RerankError `model-corrupt`, `model-unsupported`, `session-failed`, `out-of-memory`
 */
export async function openModel(
  source: ModelSource,
  files: ModelFiles,
  runtime: OnnxRuntime,
  options: OpenModelOptions,
): Promise<OpenModel> {
  const { device } = options;
  const fileName = nameOf(source);
  const outline = readOnnxOutline(files.weights, { fileName });
  checkCrossEncoderGraph(outline, fileName);
  const rewritten = rewrittenWeights(files, { fileName, device });
  const computable = (format: WeightFormat) => device === 'wasm' || format !== 'dynamic-int8';
  const original = computable(outline.weightFormat) ? () => originalWeights(files, outline) : null;
  const first = rewritten !== null && computable(rewritten.format) ? rewritten : original?.();
  if (first === undefined) {
    throw new RerankError(
      'model-unsupported',
      `${fileName} is dynamically quantised (int8) in a way that WebGPU computes slowly or wrong. ` +
        'Choose WASM, or another dtype.',
    );
  }
  const text = new TextDecoder();
  const tokenizer = createPairTokenizer(
    text.decode(files.tokenizer),
    files.tokenizerConfig.length > 0 ? text.decode(files.tokenizerConfig) : null,
  );
  await options.pause();
  const open = (prepared: PreparedWeights) =>
    openSession(source, prepared, tokenizer, runtime, options);
  if (first !== rewritten || original === null) return open(first);
  // The graph as it came has the last word: it is what the model's makers tested.
  let failure: RerankError | null = null;
  try {
    const opened = await open(first);
    if (trustworthy(opened.selfTest)) return opened;
    await opened.session.dispose();
  } catch (error) {
    failure = toRerankError(error, 'session-failed');
    if (!mayRunOtherwise(failure)) throw failure;
  }
  await options.pause();
  try {
    return await open(original());
  } catch (error) {
    // Whoever ran out of memory once is told so: the runtime is of no use then.
    throw failure?.code === 'out-of-memory' ? failure : error;
  }
}

function trustworthy({ verdict }: SelfTestReport): boolean {
  return verdict === 'passed' || verdict === 'unchecked';
}

/** True where another graph of the same model could help. */
function mayRunOtherwise({ code }: RerankError): boolean {
  return code !== 'aborted' && code !== 'disposed' && code !== 'device-lost';
}

/** Creates a session and tests it. */
async function openSession(
  source: ModelSource,
  { weights, format, rewritings }: PreparedWeights,
  tokenizer: PairTokenizer,
  runtime: OnnxRuntime,
  { device, threads, pause, onTesting }: OpenModelOptions,
): Promise<OpenModel> {
  const sessionOptions = { device, threads, padId: tokenizer.padId };
  const session = await OnnxSession.create(runtime, weights, sessionOptions);
  try {
    await pause();
    onTesting();
    const scorer = (tested: OnnxSession) => (pairs: readonly TestPair[]) =>
      scoreTogether(tested, tokenizer, pairs, source.maxLength);
    const tolerance = wasmTolerance[format];
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
    const bytes = weights.externalData.reduce((sum, { data }) => sum + data.length, 0);
    const comparable = device === 'webgpu' && bytes <= mostComparedBytes;
    const expectations =
      source.expectations ?? (comparable ? await compare().catch(() => null) : null);
    const pairsAlone = format === 'dynamic-int8';
    const selfTest = await runSelfTest({
      expectations,
      score: scorer(session),
      batchTolerance: pairsAlone ? Number.POSITIVE_INFINITY : Math.max(tolerance, 0.05),
    });
    return { session, tokenizer, selfTest, rewritings, pairsAlone };
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

/** Runs pairs as one batch, of a width that later batches have, too. */
async function scoreTogether(
  session: OnnxSession,
  { encode, layout }: PairTokenizer,
  pairs: readonly TestPair[],
  maxLength: number,
): Promise<readonly number[]> {
  const encoded: EncodedPair[] = pairs.map(({ query, document }) =>
    encodePair(encodeQuery(query, encode, layout, maxLength), document, encode, layout, maxLength),
  );
  const longest = Math.max(...encoded.map(({ ids }) => ids.length));
  const { widthStep } = session;
  const width = Math.min(maxLength, Math.ceil(longest / widthStep) * widthStep);
  const { logits } = await session.logitsOf({ rows: encoded.map((_, row) => row), width }, encoded);
  return [...logits];
}

function nameOf({ weights, id }: ModelSource): string {
  if (weights.from === 'app') return weights.path;
  if (weights.from === 'store') return `${id}/${weights.segments.at(-1)}`;
  return `${id} (weights)`;
}
