"""The ranker as an ONNX graph, written node by node, so that it holds what runtimes run fast and nothing else.

Two precisions: "fp32" in standard operators of opset 17, and "q8" with 8-bit weights in blocks of 64
(com.microsoft MatMulNBits) that run natively on WASM and WebGPU. The app rewrites these patterns for each device
(src/models/graph-*.ts), so a change here is tried there.
Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .model import LAYER_NORM_EPSILON, RankerConfig

OPSET = 17
# Understood by every onnxruntime since 1.14.
IR_VERSION = 8
BLOCK_SIZE = 64
# Narrower matrices (the head's single row) gain nothing by 8 bits.
FEWEST_ROWS = 64
CONTRIB = "com.microsoft"
# What an attention score gets that no token may look at; -inf would make NaN of a row of nothing else.
MASKED = 10_000.0
PRECISIONS = ("fp32", "q8")
FUSIONS = ("gelu", "norm", "attention", "bias")

Weights = Mapping[str, np.ndarray]


def quantise_rows(matrix: np.ndarray, block_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rounds a matrix to 8 bits with one scale for each block of a row.

    matrix: float32 [rows, columns]; columns must be a multiple of block_size.
    Returns int8 [rows, blocks, block_size] in -127..127 and float32 scales [rows, blocks].
    Raises ValueError for other widths.
    """
    rows, columns = matrix.shape
    if columns % block_size:
        raise ValueError(f"{columns} columns are no multiple of the block size {block_size}")
    blocks = matrix.reshape(rows, columns // block_size, block_size)
    scales = np.abs(blocks).max(axis=-1, keepdims=True) / 127
    scales[scales == 0] = 1
    return np.clip(np.round(blocks / scales), -127, 127).astype(np.int8), scales[..., 0].astype(np.float32)


class _GraphWriter:
    """Collects nodes and tensors; every method returns the name of the value that it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: dict[str, onnx.TensorProto] = {}

    def add_tensor(self, name: str, values: np.ndarray) -> str:
        """A constant; one that is there already under the same name is used again."""
        if name not in self.tensors:
            # np.ascontiguousarray would make a list of one of a single number.
            self.tensors[name] = numpy_helper.from_array(np.array(values, order="C"), name)
        return name

    def add_floats(self, name: str, values: Any) -> str:
        return self.add_tensor(name, np.asarray(values, np.float32))

    def add_integers(self, name: str, values: Sequence[int]) -> str:
        return self.add_tensor(name, np.array(values, np.int64))

    def add_node(self, operator: str, inputs: Sequence[str], *, domain: str = "", **attributes: Any) -> str:
        return self.add_nodes(operator, inputs, 1, domain=domain, **attributes)[0]

    def add_nodes(
        self, operator: str, inputs: Sequence[str], outputs: int, *, domain: str = "", **attributes: Any
    ) -> list[str]:
        name = f"{operator}_{len(self.nodes) + 1}"
        names = [name] if outputs == 1 else [f"{name}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=f"/{name}", domain=domain, **attributes))
        return names


class _RankerWriter:
    """Writes one ranker into a graph."""

    def __init__(self, weights: Weights, config: RankerConfig, precision: str, fused: Collection[str]) -> None:
        self.graph = _GraphWriter()
        self.weights = weights
        self.config = config
        self.precision = precision
        self.fused = frozenset(fused)

    def write(self) -> None:
        """All nodes, the last of which gives `logits`."""
        hidden = self.add_embeddings()
        mask = self.add_mask()
        for layer in range(self.config.layers):
            hidden = self.add_layer(hidden, mask, f"bert.encoder.layer.{layer}.")
        first = self.graph.add_node("Gather", [hidden, self.graph.add_tensor("first", np.array(0, np.int64))], axis=1)
        pooled = self.graph.add_node("Tanh", [self.add_linear(first, "bert.pooler.dense")])
        self.add_linear(pooled, "classifier")
        self.graph.nodes[-1].output[0] = "logits"

    def add_embeddings(self) -> str:
        """Words, positions and segments, summed and normalised: [batch, sequence, hidden]."""
        graph, prefix = self.graph, "bert.embeddings."
        words = self.weights[prefix + "word_embeddings.weight"]
        if self.precision == "q8":
            # Standard operators: 8-bit rows with one scale each, which every runtime can gather.
            values, scales = quantise_rows(words, words.shape[1])
            rows = graph.add_node("Gather", [graph.add_tensor("words.values", values[:, 0]), "input_ids"])
            row_scales = graph.add_node("Gather", [graph.add_tensor("words.scales", scales), "input_ids"])
            word = graph.add_node("Mul", [graph.add_node("Cast", [rows], to=TensorProto.FLOAT), row_scales])
        else:
            word = graph.add_node("Gather", [graph.add_floats("words", words), "input_ids"])
        shape = graph.add_node("Shape", ["input_ids"])
        length = graph.add_node("Slice", [shape, graph.add_integers("one", [1]), graph.add_integers("two", [2])])
        positions = graph.add_floats("positions", self.weights[prefix + "position_embeddings.weight"])
        position = graph.add_node(
            "Slice", [positions, graph.add_integers("start", [0]), length, graph.add_integers("rows", [0])]
        )
        # Of two segments: the first, and for tokens of the second the difference on top.
        segments = self.weights[prefix + "token_type_embeddings.weight"]
        second = graph.add_node(
            "Unsqueeze",
            [graph.add_node("Cast", ["token_type_ids"], to=TensorProto.FLOAT), graph.add_integers("last", [-1])],
        )
        segment = graph.add_node("Mul", [second, graph.add_floats("segments.difference", segments[1] - segments[0])])
        placed = graph.add_node("Add", [position, graph.add_floats("segments.first", segments[0])])
        summed = graph.add_node("Add", [graph.add_node("Add", [word, placed]), segment])
        return self.add_norm(summed, prefix + "LayerNorm")

    def add_mask(self) -> str:
        """What is added to attention scores: 0 for tokens and -10000 for padding, [batch, 1, 1, sequence]."""
        graph = self.graph
        real = graph.add_node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
        real = graph.add_node("Unsqueeze", [real, graph.add_integers("middle", [1, 2])])
        less = graph.add_node("Sub", [real, graph.add_floats("unit", 1.0)])
        mask = graph.add_node("Mul", [less, graph.add_floats("masked", MASKED)])
        if "attention" not in self.fused:
            return mask
        # The fused operator wants a row for every token on WebGPU: [batch, 1, sequence, sequence].
        shape = graph.add_node("Shape", ["input_ids"])
        batch = graph.add_node("Slice", [shape, graph.add_integers("start", [0]), graph.add_integers("one", [1])])
        length = graph.add_node("Slice", [shape, graph.add_integers("one", [1]), graph.add_integers("two", [2])])
        whole = graph.add_node("Concat", [batch, graph.add_integers("one", [1]), length, length], axis=0)
        return graph.add_node("Expand", [mask, whole])

    def add_layer(self, hidden: str, mask: str, prefix: str) -> str:
        """One transformer layer: [batch, sequence, hidden] to the same."""
        graph, own = self.graph, prefix + "attention.self."
        heads = self.config.heads
        size = self.config.hidden_size // heads
        parts = ("query", "key", "value")
        matrices = [self.weights[f"{own}{part}.weight"] for part in parts]
        biases = [self.weights[f"{own}{part}.bias"] for part in parts]
        if "attention" in self.fused:
            joint = self.add_product(hidden, np.concatenate(matrices), np.concatenate(biases), own + "joint")
            query, key, value = self.split_thirds(joint)
            inputs = [query, key, value, "", "", mask]
            mixed = graph.add_node("MultiHeadAttention", inputs, domain=CONTRIB, num_heads=heads)
        else:
            # Scores are divided by the root of the size of a head: in the weights, once and for all.
            scale = size**-0.5
            matrices[0], biases[0] = matrices[0] * np.float32(scale), biases[0] * np.float32(scale)
            joint = self.add_product(hidden, np.concatenate(matrices), np.concatenate(biases), own + "joint")
            query, key, value = self.split_thirds(joint)
            by_head = graph.add_integers("by_head", [0, 0, heads, size])
            query = graph.add_node("Transpose", [graph.add_node("Reshape", [query, by_head])], perm=[0, 2, 1, 3])
            value = graph.add_node("Transpose", [graph.add_node("Reshape", [value, by_head])], perm=[0, 2, 1, 3])
            key = graph.add_node("Transpose", [graph.add_node("Reshape", [key, by_head])], perm=[0, 2, 3, 1])
            scores = graph.add_node("Add", [graph.add_node("MatMul", [query, key]), mask])
            shares = graph.add_node("Softmax", [scores], axis=-1)
            mixed = graph.add_node("Transpose", [graph.add_node("MatMul", [shares, value])], perm=[0, 2, 1, 3])
            together = graph.add_integers("together", [0, 0, self.config.hidden_size])
            mixed = graph.add_node("Reshape", [mixed, together])
        hidden = self.add_residual(mixed, hidden, prefix + "attention.output.")
        widened = self.add_gelu(self.add_linear(hidden, prefix + "intermediate.dense"))
        return self.add_residual(widened, hidden, prefix + "output.")

    def split_thirds(self, joint: str) -> list[str]:
        hidden = self.config.hidden_size
        return self.graph.add_nodes("Split", [joint, self.graph.add_integers("thirds", [hidden] * 3)], 3, axis=-1)

    def add_residual(self, values: str, before: str, prefix: str) -> str:
        """A linear layer, added to what went in before and normalised."""
        dense = self.add_linear(values, prefix + "dense")
        if "norm" not in self.fused:
            return self.add_norm(self.graph.add_node("Add", [before, dense]), prefix + "LayerNorm")
        inputs = [before, dense, *self.name_norm(prefix + "LayerNorm")]
        return self.graph.add_node("SkipLayerNormalization", inputs, domain=CONTRIB, epsilon=LAYER_NORM_EPSILON)

    def add_norm(self, values: str, name: str) -> str:
        inputs = [values, *self.name_norm(name)]
        return self.graph.add_node("LayerNormalization", inputs, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def name_norm(self, name: str) -> list[str]:
        return [self.graph.add_floats(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias")]

    def add_gelu(self, values: str) -> str:
        """The exact one: x (1 + erf(x / sqrt 2)) / 2."""
        graph = self.graph
        if "gelu" in self.fused:
            return graph.add_node("Gelu", [values], domain=CONTRIB)
        scaled = graph.add_node("Div", [values, graph.add_floats("root_of_two", 2**0.5)])
        share = graph.add_node("Add", [graph.add_node("Erf", [scaled]), graph.add_floats("unit", 1.0)])
        return graph.add_node("Mul", [graph.add_node("Mul", [values, share]), graph.add_floats("half", 0.5)])

    def add_linear(self, values: str, name: str) -> str:
        return self.add_product(values, self.weights[name + ".weight"], self.weights[name + ".bias"], name)

    def add_product(self, values: str, matrix: np.ndarray, bias: np.ndarray, name: str) -> str:
        """values @ matrix.T + bias; matrix: [out, in]."""
        graph = self.graph
        addend = graph.add_floats(name + ".bias", bias)
        if self.precision != "q8" or matrix.shape[0] < FEWEST_ROWS:
            product = graph.add_node("MatMul", [values, graph.add_floats(name + ".weight", matrix.T)])
            return graph.add_node("Add", [product, addend])
        quantised, scales = quantise_rows(matrix, BLOCK_SIZE)
        # The operator's own zero point is 128.
        packed = graph.add_tensor(name + ".blocks", (quantised.astype(np.int16) + 128).astype(np.uint8))
        inputs = [values, packed, graph.add_tensor(name + ".scales", scales.reshape(-1))]
        sizes = {"K": matrix.shape[1], "N": matrix.shape[0], "bits": 8, "block_size": BLOCK_SIZE}
        if "bias" in self.fused:
            return graph.add_node("MatMulNBits", [*inputs, "", "", addend], domain=CONTRIB, **sizes)
        product = graph.add_node("MatMulNBits", inputs, domain=CONTRIB, **sizes)
        return graph.add_node("Add", [product, addend])


def build_graph(
    weights: Weights, config: RankerConfig, *, precision: str = "fp32", fused: Collection[str] = ()
) -> onnx.ModelProto:
    """The ranker as an ONNX model.

    weights: float32 by the names of BertForSequenceClassification.
    precision: "fp32" or "q8".
    fused: which of FUSIONS are one operator of com.microsoft instead of several standard ones: "gelu" (Gelu),
    "norm" (SkipLayerNormalization), "attention" (MultiHeadAttention), "bias" (the bias inside of MatMulNBits, q8 only).
    Inputs input_ids, attention_mask, token_type_ids: int64 [batch, sequence]; output logits: float32 [batch, 1].
    Raises ValueError for a precision or a fusion that there is not.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"the precision is one of {', '.join(PRECISIONS)}, not {precision}")
    unknown = set(fused) - set(FUSIONS)
    if unknown:
        raise ValueError(f"what can be fused is {', '.join(FUSIONS)}, not {', '.join(sorted(unknown))}")
    writer = _RankerWriter(weights, config, precision, fused)
    writer.write()
    axes = ["batch_size", "sequence_length"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, axes)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", 1])]
    graph = helper.make_graph(writer.graph.nodes, "crossrank", inputs, outputs, list(writer.graph.tensors.values()))
    opsets = [helper.make_opsetid("", OPSET)]
    if any(node.domain == CONTRIB for node in writer.graph.nodes):
        opsets.append(helper.make_opsetid(CONTRIB, 1))
    model = helper.make_model(graph, opset_imports=opsets, producer_name="crossrank-training")
    model.ir_version = IR_VERSION
    if len(opsets) == 1:
        onnx.checker.check_model(model)
    return model
