import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import { hubFileNames } from './catalog-builds.ts';
import { discoverBuilds } from './discover-builds.ts';
import { inspectConfig } from './inspect-config.ts';
import type { ModelBuild, ModelCard, ModelFile } from './model-card.ts';

/** A repository of the hub, or a folder from disk in the same layout. */
export interface InspectedRepository {
  /** The hub id, or a name for the folder. */
  readonly id: string;
  readonly revision: string;
  /** All files, or those that were found where nothing lists them. */
  readonly files: readonly ModelFile[];
  /** As the hub states it; null when not stated. */
  readonly licence: string | null;
  /** BCP 47 tags as the hub states them; empty when not stated. */
  readonly languages: readonly string[];
  /** config.json, parsed. */
  readonly config: unknown;
  /** tokenizer_config.json, parsed; null when there is none. */
  readonly tokenizerConfig: unknown;
}

/** The two files that make text into tokens. */
export interface TokenizerFiles {
  readonly tokenizer: ModelFile | null;
  readonly tokenizerConfig: ModelFile | null;
}

/**
 * The card of a model that is not in the catalog.
 * @throws RerankError `model-unsupported` when it is no cross-encoder, has no ONNX files or no
 *   tokenizer.json; the message says which and what to do.
 */
export function cardOfRepository(repository: InspectedRepository): ModelCard {
  const { id, files } = repository;
  const inspected = inspectConfig(repository.config, repository.tokenizerConfig, id);
  const tokenizerBytes = bytesOfTokenizer(files, id);
  const builds = buildsOrThrow(files, { id, ...inspected });
  return {
    id,
    name: id.split('/').at(-1) || id,
    aliases: [],
    revision: repository.revision,
    licence: { id: repository.licence, commercialUse: commercialUseOf(repository.licence) },
    architecture: inspected.architecture,
    shape: inspected.shape,
    parametersMillions: inspected.parametersMillions,
    maxLength: inspected.maxLength,
    languages: repository.languages,
    pairFormat: pairFormatOf(repository.tokenizerConfig),
    builds,
    tokenizerBytes,
    goodFor: null,
    published: [],
  };
}

/**
 * A card with what a listing of its repository says: real paths and sizes, external data that goes
 * with a build, builds that the card did not know, and none that the repository does not have.
 * @throws RerankError `model-unsupported` when no ONNX file or no tokenizer.json is left.
 */
export function refineCard(card: ModelCard, files: readonly ModelFile[]): ModelCard {
  const tokenizerBytes = bytesOfTokenizer(files, card.id);
  const found = buildsOrThrow(files, card);
  const bytesOf = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const builds = found.map((build): ModelBuild => {
    const known = card.builds.find(({ path }) => path === build.path);
    if (known === undefined) return build;
    const { externalData, bytes } = build;
    const stated = [build.path, ...externalData].every((path) => bytesOf.get(path) != null);
    return { ...known, externalData, bytes: stated ? bytes : known.bytes };
  });
  return { ...card, builds, tokenizerBytes: tokenizerBytes || card.tokenizerBytes };
}

/**
 * Paths worth asking for on a host that lists nothing: those of the card, or the usual ones when
 * the model is not known. Small files come first.
 */
export function candidatePaths(card: ModelCard | null): string[] {
  const graphs =
    card === null
      ? ['onnx/', ''].flatMap((folder) =>
          Object.values(hubFileNames).map((name) => `${folder}${name}`),
        )
      : card.builds.map(({ path }) => path);
  // Only what may be over the 2 GB of a protobuf file is split in practice: full and half precision.
  const splittable = graphs.filter((path) => /(^|\/)model(_fp16)?\.onnx$/.test(path));
  const known = card?.builds.flatMap(({ externalData }) => externalData) ?? [];
  const external = [...known, ...splittable.map((path) => `${path}_data`)];
  return [
    ...new Set(['config.json', 'tokenizer.json', 'tokenizer_config.json', ...graphs, ...external]),
  ];
}

/** Finds tokenizer.json and tokenizer_config.json at the top of a repository. */
export function tokenizerFiles(files: readonly ModelFile[]): TokenizerFiles {
  const find = (path: string): ModelFile | null => files.find((file) => file.path === path) ?? null;
  return {
    tokenizer: find('tokenizer.json'),
    tokenizerConfig: find('tokenizer_config.json'),
  };
}

/** Null where nobody can say it from the licence's name alone. */
export function commercialUseOf(licence: string | null): boolean | null {
  if (licence === null) return null;
  const name = licence.toLowerCase();
  if (/\bnc\b|non-?commercial/.test(name)) return false;
  return /^(apache|mit$|bsd|isc$|unlicense|cc0|cc-by-\d|cc-by-sa|mpl|cc-by$)/.test(name)
    ? true
    : null;
}

const tokenText = v.union([
  v.string(),
  v.pipe(
    v.looseObject({ content: v.string() }),
    v.transform(({ content }) => content),
  ),
]);
const separatorSchema = v.looseObject({ sep_token: tokenText });

/** The layout itself is learnt from tokenizer.json when the model loads; this is for people. */
function pairFormatOf(tokenizerConfig: unknown): string {
  const parsed = v.safeParse(separatorSchema, tokenizerConfig);
  const separator = parsed.success ? parsed.output.sep_token : null;
  if (separator === '[SEP]') return '[CLS] query [SEP] passage [SEP]';
  if (separator === '</s>') return '<s> query </s></s> passage </s>';
  return 'as tokenizer.json says';
}

function bytesOfTokenizer(files: readonly ModelFile[], id: string): number {
  const { tokenizer, tokenizerConfig } = tokenizerFiles(files);
  if (tokenizer === null) {
    throw new RerankError(
      'model-unsupported',
      `tokenizer.json is missing in ${id}. Save it with a fast tokenizer of transformers ` +
        '(tokenizer.save_pretrained) beside config.json, or choose another repository.',
    );
  }
  return (tokenizer.bytes ?? 0) + (tokenizerConfig?.bytes ?? 0);
}

function buildsOrThrow(
  files: readonly ModelFile[],
  model: Parameters<typeof discoverBuilds>[1] & { readonly id: string },
): readonly ModelBuild[] {
  const { builds, incomplete } = discoverBuilds(files, model);
  if (builds.length > 0) return builds;
  const [first] = incomplete;
  throw new RerankError(
    'model-unsupported',
    first === undefined
      ? `${model.id} has no ONNX files that run here (onnx/model.onnx, model_fp16.onnx, ` +
          'model_quantized.onnx or the like). Export them as the README shows, or choose a ' +
          'repository that has them.'
      : `${first} of ${model.id} is too small to hold weights: it is no ONNX model, or its ` +
          `external data (${first}_data) is missing. Add that, or choose another repository.`,
  );
}
