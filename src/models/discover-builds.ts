import {
  embeddingBytes,
  expectedBytes,
  formatOfDtype,
  hubFileNames,
  type StoredDtype,
} from './catalog-builds.ts';
import type {
  ModelArchitecture,
  ModelBuild,
  ModelCard,
  ModelFile,
  ModelShape,
} from './model-card.ts';
import { countParameters, encoderParameters } from './pair-cost.ts';

/** What sizes are judged by. */
export interface SizedModel {
  readonly architecture: ModelArchitecture;
  readonly shape: ModelShape;
  readonly maxLength: number;
  /** Paths of builds that are known already: they are found under any name. */
  readonly builds?: ModelCard['builds'];
}

/** The builds among a repository's files. */
export interface DiscoveredBuilds {
  /** At most one per dtype, in the order fp32, fp16, int8, q8, q4, q4f16. */
  readonly builds: readonly ModelBuild[];
  /** Paths of graphs whose weights should be in a file beside them, which is missing. */
  readonly incomplete: readonly string[];
}

/**
 * Finds the builds of a model: in the folder `onnx/`, else at the top, by the names that
 * transformers.js uses. Where there is no 8-bit file of that name, the ones that Sentence
 * Transformers names by processor do as well: they hold the same kind of weights. `model.onnx`, and
 * a single file with any other name, is taken for what its size suggests, fp32 when it suggests
 * nothing. Other variants (`_O2`, `_bnb4`, `_uint8`, decoders) are passed over.
 */
export function discoverBuilds(files: readonly ModelFile[], model: SizedModel): DiscoveredBuilds {
  const builds: ModelBuild[] = [];
  const incomplete: string[] = [];
  for (const { file, dtype } of graphsOf(files, model)) {
    const external = externalDataOf(file, files);
    const known = [file, ...external].map(({ bytes }) => bytes);
    const measured = known.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
    const expected = expectedSize(model, dtype);
    if (external.length === 0 && file.bytes !== null && file.bytes < expected / 10) {
      incomplete.push(file.path);
      continue;
    }
    builds.push({
      dtype,
      format: formatOfDtype(dtype),
      path: file.path,
      externalData: external.map(({ path }) => path),
      bytes: known.includes(null) ? Math.round(expected) : measured,
      largestTensorBytes: embeddingBytes(model.shape, dtype),
    });
  }
  return { builds, incomplete };
}

interface Graph {
  readonly file: ModelFile;
  readonly dtype: StoredDtype;
}

const dtypes: readonly StoredDtype[] = ['fp32', 'fp16', 'int8', 'q8', 'q4', 'q4f16'];

/** Signed weights first; the unsigned ones for AVX2 have one bit less. */
const int8ByProcessor = [
  'model_qint8_avx512_vnni.onnx',
  'model_qint8_avx512.onnx',
  'model_qint8_arm64.onnx',
  'model_quint8_avx2.onnx',
];

function graphsOf(files: readonly ModelFile[], model: SizedModel): readonly Graph[] {
  for (const folder of ['onnx/', '']) {
    const at = (name: string): ModelFile | undefined =>
      files.find(({ path }) => path === `${folder}${name}`);
    const named = dtypes.flatMap((dtype): Graph[] => {
      const file = at(hubFileNames[dtype]) ?? knownFile(files, model, dtype);
      return file === undefined ? [] : [{ file, dtype }];
    });
    // Optimum writes model.onnx whatever the number format is.
    const graphs = named.map(({ file, dtype }): Graph => {
      const sized = dtype === 'fp32' ? dtypeBySize(file, files, model) : dtype;
      return { file, dtype: named.some((other) => other.dtype === sized) ? dtype : sized };
    });
    if (!graphs.some(({ dtype }) => dtype === 'int8' || dtype === 'q8')) {
      const file = int8ByProcessor.map(at).find((found) => found !== undefined);
      if (file !== undefined) graphs.push({ file, dtype: 'int8' });
    }
    if (graphs.length > 0) {
      return graphs.toSorted((a, b) => dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype));
    }
    const others = files.filter(
      ({ path }) => path.startsWith(folder) && /^[^/]+\.onnx$/.test(path.slice(folder.length)),
    );
    const [only] = others;
    if (only !== undefined && others.length === 1 && !/decoder|encoder|merged/.test(only.path)) {
      return [{ file: only, dtype: dtypeBySize(only, files, model) }];
    }
  }
  return [];
}

function knownFile(
  files: readonly ModelFile[],
  model: SizedModel,
  dtype: StoredDtype,
): ModelFile | undefined {
  const known = model.builds?.find((build) => build.dtype === dtype);
  return files.find(({ path }) => path === known?.path);
}

/** `X.onnx_data`, `X.onnx_data_1` and so on, and `X.onnx.data`, beside `X.onnx`. */
function externalDataOf(graph: ModelFile, files: readonly ModelFile[]): readonly ModelFile[] {
  return files.filter(
    ({ path }) =>
      path.startsWith(graph.path) && /^(_data(_\d+)?|\.data)$/.test(path.slice(graph.path.length)),
  );
}

function dtypeBySize(
  graph: ModelFile,
  files: readonly ModelFile[],
  model: SizedModel,
): StoredDtype {
  const parts = [graph, ...externalDataOf(graph, files)];
  const bytes = parts.reduce((sum, part) => sum + (part.bytes ?? Number.NaN), 0);
  const near = (['fp32', 'fp16', 'int8'] as const).find((dtype) => {
    const ratio = bytes / expectedSize(model, dtype);
    return ratio > 0.75 && ratio < 1.5;
  });
  return near ?? 'fp32';
}

function expectedSize({ shape, architecture, maxLength }: SizedModel, dtype: StoredDtype): number {
  return expectedBytes(
    dtype,
    encoderParameters(shape, architecture),
    countParameters(shape, architecture, maxLength),
  );
}
