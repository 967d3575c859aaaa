import { RerankError, toRerankError } from '../core/errors.ts';
import type { WeightFormat } from '../models/model-card.ts';
import type { ModelFiles } from '../models/model-files.ts';
import type { ModelExpectations, ModelSource } from '../models/model-source.ts';
import { checkCrossEncoderGraph } from '../models/onnx-file.ts';
import { readOnnxOutline } from '../models/onnx-outline.ts';
import { type OnnxRuntime, OnnxSession } from './onnx-session.ts';
import type { SelfTestReport } from './reranker.ts';
import { originalWeights, type PreparedWeights, rewrittenWeights } from './rewritten-weights.ts';
import { scoreOnce, scoreTogether, type TestReading } from './score-test-pairs.ts';
import { probePairs, runSelfTest, sanityPairs, type TestPair } from './self-test.ts';
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

/**
 * The graph as it came is run beside a rewritten one, to compare with, but not where its weights
 * are larger than this: on WASM that takes as long as loading it, and memory that is not given back.
 */
const mostComparedBytes = { webgpu: 400_000_000, wasm: 200_000_000 } as const;

/** The same weights on two devices, or in two graphs, differ by rounding only. */
const wasmTolerance = { float: 0.02, 'dynamic-int8': 0.3, blocks: 0.05 } as const;

/** The graph as it came, run on WASM, which computes every format. */
interface Original {
  readonly format: WeightFormat;
  /** Logits of pairs, each by itself; null where this was not, or could not be, computed. */
  readonly score: (pairs: readonly TestPair[]) => Promise<readonly number[] | null>;
}

/**
 * Reads the files of a model, creates its session and tests it. The graph is rewritten for the
 * device; when that graph does not run here, or gives other logits than the one that came, the one
 * that came is used.
 * @throws RerankError `model-corrupt`, `model-unsupported`, `session-failed`, `out-of-memory`
 */
export async function openModel(
  source: ModelSource,
  files: ModelFiles,
  runtime: OnnxRuntime,
  given: OpenModelOptions,
): Promise<OpenModel> {
  let told = false;
  const onTesting = (): void => {
    // One build is one test to whoever waits, though its graph may be opened twice.
    if (!told) given.onTesting();
    told = true;
  };
  const options = { ...given, onTesting };
  const { device } = options;
  const fileName = nameOf(source);
  const outline = readOnnxOutline(files.weights, { fileName });
  checkCrossEncoderGraph(outline, fileName);
  const rewritten = rewrittenWeights(files, { fileName, device });
  const computable = (format: WeightFormat) => device === 'wasm' || format !== 'dynamic-int8';
  const asItCame = () => originalWeights(files, outline);
  const canRunAsItCame = computable(outline.weightFormat);
  const isRewritten = rewritten !== null && computable(rewritten.format);
  if (!isRewritten && !canRunAsItCame) {
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
  const reading = { tokenizer, maxLength: source.maxLength };
  const bytes = files.externalData.reduce((sum, file) => sum + file.bytes.length, 0);
  const comparable =
    source.expectations === null && files.weights.length + bytes <= mostComparedBytes[device];
  const original: Original = {
    format: outline.weightFormat,
    score: async (pairs) => {
      if (!comparable) return null;
      const { threads, pause } = options;
      const wasm = { device: 'wasm', threads, padId: tokenizer.padId } as const;
      const create = () => OnnxSession.create(runtime, asItCame().weights, wasm);
      try {
        return await scoreOnce(create, pairs, reading, pause);
      } catch (error) {
        const failure = toRerankError(error, 'session-failed');
        const ends = !mayRunOtherwise(failure);
        // A GPU has the memory of its own that the weights are in by now.
        if (ends || (device === 'wasm' && failure.code === 'out-of-memory')) throw failure;
        return null;
      }
    },
  };
  const open = (prepared: PreparedWeights) =>
    openSession(source, prepared, reading, original, runtime, options);
  if (!isRewritten) return open(asItCame());
  if (!canRunAsItCame) return open(rewritten);
  // The graph as it came has the last word: it is what the model's makers tested. Before, not
  // beside the other, so that one of them is in memory at a time.
  const expected = device === 'wasm' ? await original.score(sanityPairs) : null;
  let failure: RerankError | null = null;
  try {
    const opened = await open(rewritten);
    const tolerance = toleranceBetween(rewritten.format, original.format);
    if (trustworthy(opened.selfTest) && agrees(opened.selfTest, expected, tolerance)) return opened;
    await opened.session.dispose();
  } catch (error) {
    failure = toRerankError(error, 'session-failed');
    if (!mayRunOtherwise(failure)) throw failure;
  }
  await options.pause();
  try {
    return await open(asItCame());
  } catch (error) {
    // Whoever ran out of memory once is told so: the runtime is of no use then.
    throw failure?.code === 'out-of-memory' ? failure : error;
  }
}

function trustworthy({ verdict }: SelfTestReport): boolean {
  return verdict === 'passed' || verdict === 'unchecked';
}

/** Whether the single logits of a self-test are the expected ones; true where none are known. */
function agrees(
  { pairs }: SelfTestReport,
  expected: readonly number[] | null,
  tolerance: number,
): boolean {
  const isNear = (logit: number, index: number) =>
    Math.abs((pairs[index]?.logit ?? Number.NaN) - logit) <= tolerance;
  return expected === null || expected.every(isNear);
}

function toleranceBetween(format: WeightFormat, other: WeightFormat): number {
  return Math.max(wasmTolerance[format], wasmTolerance[other]);
}

/** True where another graph of the same model could help. */
function mayRunOtherwise({ code }: RerankError): boolean {
  return code !== 'aborted' && code !== 'disposed' && code !== 'device-lost';
}

/** Creates a session and tests it: on WebGPU against the graph as it came where nothing is known. */
async function openSession(
  source: ModelSource,
  { weights, format, rewritings }: PreparedWeights,
  reading: TestReading,
  original: Original,
  runtime: OnnxRuntime,
  { device, threads, pause, onTesting }: OpenModelOptions,
): Promise<OpenModel> {
  const { tokenizer } = reading;
  const { padId } = tokenizer;
  const session = await OnnxSession.create(runtime, weights, { device, threads, padId });
  try {
    await pause();
    onTesting();
    const expectations =
      source.expectations ??
      (device === 'webgpu' ? await expectationsFrom(original, format) : null);
    const pairsAlone = format === 'dynamic-int8';
    const selfTest = await runSelfTest({
      expectations,
      score: (pairs) => scoreTogether(session, pairs, reading),
      batchTolerance: pairsAlone ? Number.POSITIVE_INFINITY : Math.max(wasmTolerance[format], 0.05),
    });
    return { session, tokenizer, selfTest, rewritings, pairsAlone };
  } catch (error) {
    await session.dispose().catch(() => undefined);
    throw toRerankError(error, 'inference-failed');
  }
}

/** @param format of the graph that is to be tested */
async function expectationsFrom(
  original: Original,
  format: WeightFormat,
): Promise<ModelExpectations | null> {
  const logits = await original.score(probePairs);
  if (logits === null) return null;
  return {
    against: 'wasm',
    source: 'the same weights on WASM on this machine',
    pairs: probePairs.map((pair, index) => ({ ...pair, logit: logits[index] ?? Number.NaN })),
    tolerance: toleranceBetween(format, original.format),
  };
}

function nameOf({ weights, id }: ModelSource): string {
  if (weights.from === 'app') return weights.path;
  if (weights.from === 'store') return `${id}/${weights.segments.at(-1)}`;
  return `${id} (weights)`;
}
