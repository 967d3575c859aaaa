import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import { modelCatalog } from './catalog.ts';
import type { ModelArchitecture, ModelShape } from './model-card.ts';
import { countParameters } from './pair-cost.ts';

/** What a model's configuration files tell about it. */
export interface InspectedConfig {
  readonly architecture: ModelArchitecture;
  readonly shape: ModelShape;
  /** Longest pair in tokens, special tokens included. */
  readonly maxLength: number;
  /** Null where the shape does not tell (layers that share their weights). */
  readonly parametersMillions: number | null;
}

/**
 * Reads config.json and tokenizer_config.json of a repository and says whether it is a
 * cross-encoder with one logit.
 * @param config config.json, parsed.
 * @param tokenizerConfig tokenizer_config.json, parsed; null when there is none.
 * @param id Names the model in messages.
 * @throws RerankError `model-unsupported` with what the model is and what would work instead.
 */
export function inspectConfig(
  config: unknown,
  tokenizerConfig: unknown,
  id: string,
): InspectedConfig {
  const parsed = v.safeParse(configSchema, config, { abortEarly: true });
  if (!parsed.success) {
    const [problem] = parsed.issues;
    const path = v.getDotPath(problem);
    throw unsupported(
      id,
      path === null
        ? 'its config.json is no JSON object'
        : `its config.json is wrong at ${path}: ${problem.message}`,
    );
  }
  const fields = parsed.output;
  const name = fields.architectures?.[0];
  if (name === undefined) {
    throw unsupported(id, 'its config.json does not name an architecture');
  }
  const objection = objectionTo(name, fields);
  const mayBeJina = name === 'JinaBertModel';
  if (objection !== null && !mayBeJina) throw unsupported(id, objection);
  const architecture = architectureOf(name, fields);
  const shape = shapeOf(fields, id);
  if (mayBeJina) {
    // The configs of jina-reranker-v1 name no head; the sizes of these models are all their own.
    if (!hasShapeOfJinaV1(shape)) throw unsupported(id, objection ?? 'it has no ranking head');
  } else {
    const labels = countLabels(fields);
    if (labels !== 1) {
      throw unsupported(
        id,
        `it is a classifier with ${labels} labels (${name}), not a reranker with one`,
      );
    }
  }
  const maxLength = maxLengthOf(name, fields, tokenizerConfig);
  const sharesLayers = /^albert/i.test(name);
  return {
    architecture,
    shape,
    maxLength,
    parametersMillions: sharesLayers
      ? null
      : Math.round(countParameters(shape, architecture, maxLength) / 1e5) / 10,
  };
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e7));

/** The fields that are read; names of DistilBERT (`dim`) and of T5 (`d_model`) beside BERT's. */
const configSchema = v.pipe(
  v.looseObject({
    architectures: v.nullish(v.array(v.string())),
    model_type: v.nullish(v.string()),
    num_labels: v.nullish(size),
    id2label: v.nullish(v.record(v.string(), v.unknown())),
    hidden_size: v.nullish(size),
    dim: v.nullish(size),
    num_hidden_layers: v.nullish(size),
    n_layers: v.nullish(size),
    num_attention_heads: v.nullish(size),
    n_heads: v.nullish(size),
    intermediate_size: v.nullish(size),
    hidden_dim: v.nullish(size),
    vocab_size: v.nullish(size),
    max_position_embeddings: v.nullish(v.number()),
    position_embedding_type: v.nullish(v.string()),
    vision_config: v.nullish(v.unknown()),
    image_size: v.nullish(v.unknown()),
    is_encoder_decoder: v.nullish(v.boolean()),
  }),
  v.check((value) => !Array.isArray(value), 'an array, not an object'),
);

type ConfigFields = v.InferOutput<typeof configSchema>;

const tokenizerSchema = v.looseObject({ model_max_length: v.optional(v.number()) });

/** Transformers writes 1e30 for "no limit"; nothing real comes near this. */
const sanestLength = 1_000_000;
/** Shorter than this leaves no room for a query and a passage. */
const shortestLength = 16;
const defaultLength = 512;

/** These count positions from behind the padding id, which takes two rows of their table. */
const paddedPositions = /^(XLMRoberta|Roberta|Camembert|XLMRobertaXL|MPNet|Longformer)/;

const decoders =
  /^(Qwen|Llama|Mistral|Mixtral|Gemma|GPT|Phi|Falcon|Bloom|OPT|Olmo|DeepSeek|Deepseek|Granite|MiniCPM|StableLm|SmolLM|Cohere|InternLM|Baichuan|ChatGLM)/;

function architectureOf(name: string, fields: ConfigFields): ModelArchitecture {
  if (/^JinaBert/.test(name) || fields.position_embedding_type === 'alibi') return 'jina-bert';
  if (/^(XLMRoberta|Roberta|Camembert)/.test(name)) return 'xlm-roberta';
  if (/^ModernBert/.test(name)) return 'modernbert';
  if (/^DebertaV2/.test(name)) return 'deberta-v2';
  if (/^Bert/.test(name)) return 'bert';
  if (/^New(For|Model)/.test(name)) return 'new';
  return 'other';
}

function shapeOf(fields: ConfigFields, id: string): ModelShape {
  const hidden = fields.hidden_size ?? fields.dim;
  const layers = fields.num_hidden_layers ?? fields.n_layers;
  const vocabulary = fields.vocab_size;
  if (hidden == null || layers == null || vocabulary == null) {
    const missing = hidden == null ? 'hidden_size' : layers == null ? 'num_hidden_layers' : null;
    throw unsupported(id, `its config.json has no ${missing ?? 'vocab_size'}`);
  }
  return {
    layers,
    hidden,
    // Four times the hidden size is what BERT began with; only costs follow from it.
    intermediate: fields.intermediate_size ?? fields.hidden_dim ?? 4 * hidden,
    heads: fields.num_attention_heads ?? fields.n_heads ?? Math.max(1, Math.round(hidden / 64)),
    vocabulary,
  };
}

/** Why an architecture is no cross-encoder that could run here; null when it may be one. */
function objectionTo(name: string, fields: ConfigFields): string | null {
  if (isVision(name, fields)) return 'it reads images, not text';
  if (decoders.test(name) || /ForCausalLM$|LMHeadModel$/.test(name)) {
    return `it is a decoder that writes text (${name}); rerankers of that kind need a prompt`;
  }
  if (/^(T5|MT5|UMT5|Bart|MBart|Pegasus)/.test(name) || fields.is_encoder_decoder === true) {
    return `it is an encoder-decoder (${name})`;
  }
  if (/ForMaskedLM$/.test(name)) {
    return `it is a language model without a ranking head (${name})`;
  }
  if (/ForTokenClassification$|ForQuestionAnswering$|ForMultipleChoice$/.test(name)) {
    return `it was made for another task (${name})`;
  }
  if (/Model$/.test(name)) {
    return `it is an embedding model: it turns one text into a vector (${name}) and scores no pairs`;
  }
  if (!/ForSequenceClassification$/.test(name)) {
    return `it is no sequence classifier (${name})`;
  }
  return null;
}

function isVision(name: string, fields: ConfigFields): boolean {
  if (fields.vision_config != null) return true;
  return (
    /Image|Vision|^ViT|CLIP|Siglip|Swin|^Deit|ConvNext/i.test(name) || fields.image_size != null
  );
}

/** Transformers' default is two labels where a config says nothing. */
function countLabels(fields: ConfigFields): number {
  if (fields.num_labels != null) return fields.num_labels;
  return fields.id2label == null ? 2 : Object.keys(fields.id2label).length;
}

function maxLengthOf(name: string, fields: ConfigFields, tokenizerConfig: unknown): number {
  const positions = fields.max_position_embeddings;
  const limits: number[] = [];
  if (positions != null) {
    const padded = paddedPositions.test(name) && fields.position_embedding_type !== 'alibi';
    limits.push(padded ? positions - 2 : positions);
  }
  const tokenizer = v.safeParse(tokenizerSchema, tokenizerConfig);
  if (tokenizer.success && tokenizer.output.model_max_length !== undefined) {
    limits.push(tokenizer.output.model_max_length);
  }
  const sane = limits.filter((limit) => limit >= shortestLength && limit < sanestLength);
  return sane.length === 0 ? defaultLength : Math.floor(Math.min(...sane));
}

function hasShapeOfJinaV1(shape: ModelShape): boolean {
  return modelCatalog.some(
    (card) =>
      card.architecture === 'jina-bert' &&
      card.shape.layers === shape.layers &&
      card.shape.hidden === shape.hidden &&
      card.shape.vocabulary === shape.vocabulary,
  );
}

function unsupported(id: string, reason: string): RerankError {
  return new RerankError(
    'model-unsupported',
    `${id} cannot rerank here: ${reason}. Choose a cross-encoder with one label, for example ` +
      `${modelCatalog[0]?.id ?? 'a model of the catalog'}.`,
  );
}
