// The graphs of the cross-encoder families, as `transformers` computes them. Sources: modeling_bert,
// modeling_xlm_roberta and modeling_modernbert of https://github.com/huggingface/transformers.

import { GraphBuilder } from './graph-builder.mjs';

/** @typedef {import('./graph-builder.mjs').Dtype} Dtype */
/** @typedef {import('./graph-builder.mjs').Value} Value */
/** @typedef {'bert' | 'xlm-roberta' | 'modernbert'} Family */
/**
 * @typedef {object} Shape
 * @property {Family} family
 * @property {number} layers
 * @property {number} hidden width of a token, a multiple of heads
 * @property {number} heads
 * @property {number} intermediate width of the feed-forward part
 * @property {number} vocab rows of the word embeddings
 * @property {number} maxLength longest pair in tokens
 * @property {number} localAttention ModernBERT: tokens in the sliding window of a local layer
 * @property {'cls' | 'mean'} pooling ModernBERT: what its head reads
 */

/** XLM-R numbers positions from here: padding_idx + 1. */
export const xlmRobertaPositionOffset = 2;
/** ModernBERT: every third layer is global, the first one included. */
export const globalEveryLayers = 3;
/** ModernBERT: base of the rotary angles of global and of local layers. */
export const ropeTheta = { global: 160_000, local: 10_000 };
/** Added to variances before the root is taken. */
export const layerNormEpsilon = { bert: 1e-12, 'xlm-roberta': 1e-5, modernbert: 1e-5 };

/** What torch adds to the scores of padding: the least fp32 number. */
const masked = -3.4028234663852886e38;
/**
 * Spreads of random weights, chosen for logits that move with the input: attention that looks at
 * some tokens more than at others, and a head with logits of about one.
 */
const gains = { attention: 1.5, feedForward: 1.5, head: 1.5 };

/**
 * The graph of a family's sequence classifier with one label.
 * @param {Shape} shape
 * @param {number} seed
 * @param {Dtype} dtype
 */
export function buildGraph(shape, seed, dtype) {
  const builder = new GraphBuilder(seed, dtype);
  switch (shape.family) {
    case 'bert':
      return bert(builder, shape);
    case 'xlm-roberta':
      return xlmRoberta(builder, shape);
    case 'modernbert':
      return modernBert(builder, shape);
    default:
      throw new Error(`No such family: ${/** @type {never} */ (shape.family)}.`);
  }
}

/**
 * Embeddings of word, position and segment, layers with the norm after, pooler with tanh.
 * @param {GraphBuilder} b
 * @param {Shape} shape
 */
function bert(b, shape) {
  const { hidden, maxLength } = shape;
  const positions = b.node('Slice', [
    b.integers(Array.from({ length: maxLength }, (_, position) => position)),
    b.integers([0]),
    sequenceLength(b),
    b.integers([0]),
  ]);
  const last = postNormEncoder(b, shape, 'bert', {
    positions,
    positionRows: maxLength,
    segments: 'token_type_ids',
    segmentRows: 2,
  });
  const pooled = b.node('Tanh', [
    b.linear(firstToken(b, last), 'bert.pooler.dense', [hidden, hidden]),
  ]);
  const logits = b.linear(pooled, 'classifier', [hidden, 1], { gain: 2 * gains.head });
  return b.finish('bert', ['input_ids', 'attention_mask', 'token_type_ids'], logits);
}

/**
 * As BERT, with positions counted from the ids that are no padding, and a head of two layers.
 * @param {GraphBuilder} b
 * @param {Shape} shape
 */
function xlmRoberta(b, shape) {
  const { hidden, maxLength } = shape;
  const padding = xlmRobertaPositionOffset - 1;
  const isWord = b.node('Not', [b.node('Equal', ['input_ids', b.integers(padding)])]);
  const words = b.node('Cast', [isWord], { to: 6 });
  const counted = b.node('Mul', [b.node('CumSum', [words, b.integers(1)]), words]);
  const positions = b.node('Add', [b.node('Cast', [counted], { to: 7 }), b.integers(padding)]);
  const last = postNormEncoder(b, shape, 'roberta', {
    positions,
    positionRows: maxLength + xlmRobertaPositionOffset,
    segments: b.node('Sub', ['input_ids', 'input_ids']),
    segmentRows: 1,
  });
  const dense = b.linear(firstToken(b, last), 'classifier.dense', [hidden, hidden]);
  const logits = b.linear(b.node('Tanh', [dense]), 'classifier.out_proj', [hidden, 1], {
    gain: 2 * gains.head,
  });
  return b.finish('xlm-roberta', ['input_ids', 'attention_mask'], logits);
}

/**
 * @param {GraphBuilder} b
 * @param {Shape} shape
 * @param {string} prefix
 * @param {{ positions: Value, positionRows: number, segments: Value, segmentRows: number }} ids
 */
function postNormEncoder(b, shape, prefix, ids) {
  const { family, layers, hidden, intermediate, vocab } = shape;
  const norm = { epsilon: layerNormEpsilon[family] };
  const names = `${prefix}.embeddings`;
  const word = b.embedding('input_ids', `${names}.word_embeddings`, [vocab, hidden], 1);
  const { positionRows, segmentRows } = ids;
  const segment = `${names}.token_type_embeddings`;
  const typed = b.node('Add', [
    word,
    b.embedding(ids.segments, segment, [segmentRows, hidden], 0.5),
  ]);
  const position = `${names}.position_embeddings`;
  const placed = b.embedding(ids.positions, position, [positionRows, hidden], 0.5);
  const embedded = b.node('Add', [typed, placed]);
  let tokens = b.layerNorm(embedded, `${names}.LayerNorm`, hidden, norm);
  const mask = paddingMask(b);
  for (let layer = 0; layer < layers; layer++) {
    const name = `${prefix}.encoder.layer.${layer}`;
    const project = (/** @type {string} */ part, gain = 1) =>
      splitHeads(
        b,
        b.linear(tokens, `${name}.attention.self.${part}`, [hidden, hidden], { gain }),
        shape,
      );
    const query = project('query', gains.attention);
    const key = project('key', gains.attention);
    const context = attend(b, { query, key, value: project('value'), mask }, shape);
    const attended = b.linear(context, `${name}.attention.output.dense`, [hidden, hidden]);
    const sum = b.node('Add', [attended, tokens]);
    const middle = b.layerNorm(sum, `${name}.attention.output.LayerNorm`, hidden, norm);
    const gain = gains.feedForward;
    const wide = b.linear(middle, `${name}.intermediate.dense`, [hidden, intermediate], { gain });
    const narrow = b.linear(b.gelu(wide), `${name}.output.dense`, [intermediate, hidden], { gain });
    tokens = b.layerNorm(b.node('Add', [narrow, middle]), `${name}.output.LayerNorm`, hidden, norm);
  }
  return tokens;
}

/**
 * Rotary positions, gated feed-forward, norm before, no bias, and attention that is local but for
 * every third layer.
 * @param {GraphBuilder} b
 * @param {Shape} shape
 */
function modernBert(b, shape) {
  const { family, layers, hidden, heads, intermediate, vocab, localAttention, pooling } = shape;
  const norm = { epsilon: layerNormEpsilon[family], bias: false };
  const embedding = b.embedding('input_ids', 'model.embeddings.tok_embeddings', [vocab, hidden], 1);
  let tokens = b.layerNorm(embedding, 'model.embeddings.norm', hidden, norm);
  const length = b.node('Squeeze', [sequenceLength(b)]);
  const positions = b.node('Range', [b.integers(0), length, b.integers(1)]);
  const everywhere = paddingMask(b);
  const kinds = {
    global: { mask: everywhere, angles: rotaryAngles(b, positions, hidden / heads, 'global') },
    local: {
      mask: localMask(b, positions, everywhere, localAttention),
      angles: rotaryAngles(b, positions, hidden / heads, 'local'),
    },
  };
  for (let layer = 0; layer < layers; layer++) {
    const name = `model.layers.${layer}`;
    const { mask, angles } = kinds[layer % globalEveryLayers === 0 ? 'global' : 'local'];
    // The embeddings have just been normalised.
    const before = layer === 0 ? tokens : b.layerNorm(tokens, `${name}.attn_norm`, hidden, norm);
    const joint = b.linear(before, `${name}.attn.Wqkv`, [hidden, 3 * hidden], {
      gain: gains.attention,
      bias: false,
    });
    const [query = '', key = '', value = ''] = b
      .nodes(3, 'Split', [joint], { axis: -1 })
      .map((part) => splitHeads(b, part, shape));
    const turned = { query: rotate(b, query, angles), key: rotate(b, key, angles) };
    const context = attend(b, { ...turned, value, mask }, shape);
    const attended = b.linear(context, `${name}.attn.Wo`, [hidden, hidden], { bias: false });
    tokens = b.node('Add', [tokens, attended]);
    const middle = b.layerNorm(tokens, `${name}.mlp_norm`, hidden, norm);
    const wide = b.linear(middle, `${name}.mlp.Wi`, [hidden, 2 * intermediate], {
      gain: gains.feedForward,
      bias: false,
    });
    const [value1 = '', gate = ''] = b.nodes(2, 'Split', [wide], { axis: -1 });
    const gated = b.node('Mul', [b.gelu(value1), gate]);
    const narrow = b.linear(gated, `${name}.mlp.Wo`, [intermediate, hidden], { bias: false });
    tokens = b.node('Add', [tokens, narrow]);
  }
  const last = b.layerNorm(tokens, 'model.final_norm', hidden, norm);
  const pooled = pooling === 'cls' ? firstToken(b, last) : meanToken(b, last);
  // A mean over tokens is small; the norm that follows brings it back to size.
  const dense = b.gelu(b.linear(pooled, 'head.dense', [hidden, hidden], { gain: 2, bias: false }));
  const head = b.layerNorm(dense, 'head.norm', hidden, norm);
  const logits = b.linear(head, 'classifier', [hidden, 1], { gain: gains.head });
  return b.finish('modernbert', ['input_ids', 'attention_mask'], logits);
}

/** [1]: tokens of a row. @param {GraphBuilder} b */
function sequenceLength(b) {
  return b.node('Gather', [b.node('Shape', ['input_ids']), b.integers([1])], { axis: 0 });
}

/** [batch, 1, 1, sequence]: 0 for a token, the least number for padding. @param {GraphBuilder} b */
function paddingMask(b) {
  const wide = b.node('Unsqueeze', ['attention_mask', b.integers([1, 2])]);
  const empty = b.node('Sub', [b.floats(1), b.node('Cast', [wide], { to: 1 })]);
  return b.node('Mul', [empty, b.floats(masked)]);
}

/**
 * The padding mask, with everything masked that is over half a window away.
 * @param {GraphBuilder} b
 * @param {Value} positions
 * @param {Value} everywhere
 * @param {number} window
 */
function localMask(b, positions, everywhere, window) {
  const distance = b.node('Abs', [
    b.node('Sub', [
      b.node('Unsqueeze', [positions, b.integers([0])]),
      b.node('Unsqueeze', [positions, b.integers([1])]),
    ]),
  ]);
  const near = b.node('LessOrEqual', [distance, b.integers(Math.floor(window / 2))]);
  return b.node('Where', [near, everywhere, b.floats(masked)]);
}

/**
 * Cosines and sines of every position, [sequence, head].
 * @param {GraphBuilder} b
 * @param {Value} positions
 * @param {number} width
 * @param {keyof typeof ropeTheta} kind
 */
function rotaryAngles(b, positions, width, kind) {
  const frequencies = Array.from(
    { length: width / 2 },
    (_, index) => 1 / ropeTheta[kind] ** ((2 * index) / width),
  );
  const column = b.node('Unsqueeze', [b.node('Cast', [positions], { to: 1 }), b.integers([1])]);
  const half = b.node('Mul', [column, b.floats(frequencies)]);
  const angles = b.node('Concat', [half, half], { axis: -1 });
  return { cosines: b.node('Cos', [angles]), sines: b.node('Sin', [angles]) };
}

/**
 * `x * cos + rotate_half(x) * sin`
 * @param {GraphBuilder} b
 * @param {Value} input [batch, heads, sequence, head]
 * @param {{ cosines: Value, sines: Value }} angles
 */
function rotate(b, input, { cosines, sines }) {
  const [first = '', second = ''] = b.nodes(2, 'Split', [input], { axis: -1 });
  const swapped = b.node('Concat', [b.node('Neg', [second]), first], { axis: -1 });
  return b.node('Add', [b.node('Mul', [input, cosines]), b.node('Mul', [swapped, sines])]);
}

/**
 * [batch, sequence, hidden] to [batch, heads, sequence, head].
 * @param {GraphBuilder} b
 * @param {Value} input
 * @param {Shape} shape
 */
function splitHeads(b, input, { hidden, heads }) {
  const split = b.node('Reshape', [input, b.integers([0, 0, heads, hidden / heads])]);
  return b.node('Transpose', [split], { perm: [0, 2, 1, 3] });
}

/**
 * Scaled dot-product attention, back in [batch, sequence, hidden].
 * @param {GraphBuilder} b
 * @param {{ query: Value, key: Value, value: Value, mask: Value }} parts
 * @param {Shape} shape
 */
function attend(b, { query, key, value, mask }, { hidden, heads }) {
  const product = b.node('MatMul', [query, b.node('Transpose', [key], { perm: [0, 1, 3, 2] })]);
  const scaled = b.node('Div', [product, b.floats(Math.sqrt(hidden / heads))]);
  const weights = b.node('Softmax', [b.node('Add', [scaled, mask])], { axis: -1 });
  const context = b.node('MatMul', [weights, value]);
  const turned = b.node('Transpose', [context], { perm: [0, 2, 1, 3] });
  return b.node('Reshape', [turned, b.integers([0, 0, hidden])]);
}

/**
 * [batch, hidden] of `[CLS]` or `<s>`.
 * @param {GraphBuilder} b
 * @param {Value} tokens
 */
function firstToken(b, tokens) {
  return b.node('Gather', [tokens, b.integers(0)], { axis: 1 });
}

/**
 * [batch, hidden], the mean of what is no padding.
 * @param {GraphBuilder} b
 * @param {Value} tokens
 */
function meanToken(b, tokens) {
  const mask = b.node('Cast', [b.node('Unsqueeze', ['attention_mask', b.integers([2])])], {
    to: 1,
  });
  const sum = (/** @type {Value} */ value) =>
    b.node('ReduceSum', [value, b.integers([1])], { keepdims: 0 });
  return b.node('Div', [sum(b.node('Mul', [tokens, mask])), sum(mask)]);
}
