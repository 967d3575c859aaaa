"""The parts of a standard BERT, under BERT's names, written for packed batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional
from torch import nn

from .packing import PackedBatch

LAYER_NORM_EPSILON = 1e-12


@dataclass(frozen=True)
class RankerConfig:
    """The shape of a ranker; names and meanings follow BERT's config.json."""

    vocab_size: int
    hidden_size: int = 256
    layers: int = 4
    heads: int = 4
    intermediate_size: int = 1024
    max_length: int = 512


class _PadBlock(torch.autograd.Function):
    """Packed rows to their padded slots; its gradient is a plain gather, far cheaper than index_add."""

    @staticmethod
    def forward(context: Any, rows: torch.Tensor, slots: torch.Tensor, padded: int) -> torch.Tensor:
        context.slots = slots
        return rows.new_zeros(padded, rows.shape[1]).index_copy_(0, slots, rows)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return gradient.index_select(0, context.slots), None, None


class _UnpadBlock(torch.autograd.Function):
    """Padded rows back to packed ones: the inverse of _PadBlock."""

    @staticmethod
    def forward(context: Any, rows: torch.Tensor, slots: torch.Tensor) -> torch.Tensor:
        context.slots = slots
        context.padded = rows.shape[0]
        return rows.index_select(0, slots)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient.new_zeros(context.padded, gradient.shape[1]).index_copy_(0, context.slots, gradient), None


def _apply_linear(layer: nn.Linear, rows: torch.Tensor) -> torch.Tensor:
    """A linear layer in the precision of its input."""
    return functional.linear(rows, layer.weight.to(rows.dtype), layer.bias.to(rows.dtype))


def _attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Attention over [sequences, heads, width, size]; bias: [sequences, 1, 1, width].

    On a CPU the plain products are twice as fast in training as PyTorch's fused attention in bfloat16.
    """
    if query.is_cuda:
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    sequences, heads, width, size = query.shape
    flat_bias = bias.expand(sequences, heads, width, width).reshape(-1, width, width)
    query, key, value = (part.reshape(-1, width, size) for part in (query, key, value))
    weights = torch.softmax(torch.baddbmm(flat_bias, query, key.transpose(1, 2), alpha=size**-0.5), -1)
    return torch.bmm(weights, value).view(sequences, heads, width, size)


class Embeddings(nn.Module):
    """Word, position and segment embeddings, summed and normalised."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = nn.Embedding(config.max_length, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(2, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=LAYER_NORM_EPSILON)

    def forward(self, batch: PackedBatch) -> torch.Tensor:
        """float32 [tokens, hidden]."""
        return self.LayerNorm(
            self.word_embeddings(batch.token_ids)
            + self.position_embeddings(batch.positions)
            + self.token_type_embeddings(batch.segment_ids)
        )


class SelfAttention(nn.Module):
    """Query, key and value projections and the attention itself."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, rows: torch.Tensor, batch: PackedBatch) -> torch.Tensor:
        """rows and result: [tokens, hidden] in the precision of rows. One matrix product makes all three projections."""
        hidden = rows.shape[1]
        size = hidden // self.heads
        weight = torch.cat([self.query.weight, self.key.weight, self.value.weight]).to(rows.dtype)
        bias = torch.cat([self.query.bias, self.key.bias, self.value.bias]).to(rows.dtype)
        projected = functional.linear(rows, weight, bias)
        attended = []
        for block in batch.blocks:
            padded = _PadBlock.apply(projected[block.start : block.stop], block.slots, block.sequences * block.width)
            query, key, value = padded.view(block.sequences, block.width, 3, self.heads, size).permute(2, 0, 3, 1, 4)
            mixed = _attend(query, key, value, block.bias.to(rows.dtype))
            attended.append(_UnpadBlock.apply(mixed.transpose(1, 2).reshape(-1, hidden), block.slots))
        return torch.cat(attended)


class ResidualOutput(nn.Module):
    """A linear layer, added to what went in before and normalised."""

    def __init__(self, incoming: int, hidden: int) -> None:
        super().__init__()
        self.dense = nn.Linear(incoming, hidden)
        self.LayerNorm = nn.LayerNorm(hidden, eps=LAYER_NORM_EPSILON)

    def forward(self, rows: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        return self.LayerNorm(before + _apply_linear(self.dense, rows).float())


class Attention(nn.Module):
    """Self-attention and its output layer, under BERT's names."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = ResidualOutput(config.hidden_size, config.hidden_size)


class Dense(nn.Module):
    """A linear layer that BERT names `dense`: the widening half of the feed-forward part, and the pooler over [CLS]."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        super().__init__()
        self.dense = nn.Linear(incoming, outgoing)


class Layer(nn.Module):
    """One transformer layer with normalisation after each half."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Dense(config.hidden_size, config.intermediate_size)
        self.output = ResidualOutput(config.intermediate_size, config.hidden_size)

    def forward(self, rows: torch.Tensor, batch: PackedBatch, precision: torch.dtype) -> torch.Tensor:
        """rows and result: float32 [tokens, hidden]; GELU is the exact one, by the error function."""
        rows = self.attention.output(self.attention.self(rows.to(precision), batch), rows)
        widened = functional.gelu(_apply_linear(self.intermediate.dense, rows.to(precision)))
        return self.output(widened, rows)


class Encoder(nn.Module):
    """The stack of layers."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList([Layer(config) for _ in range(config.layers)])


class Bert(nn.Module):
    """Embeddings, encoder and pooler."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = Encoder(config)
        self.pooler = Dense(config.hidden_size, config.hidden_size)
