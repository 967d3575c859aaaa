"""Pairs of token ids packed into one flat batch, so that linear layers never see padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from .tokenizer import PairTokenizer

# Documents are cut, and queries only where they alone are longer than this.
QUERY_LENGTH = 256
# Attention blocks of a batch: the more, the less padding, and the smaller each product.
BLOCKS = 5

TokenIds = Sequence[int] | np.ndarray


@dataclass
class AttentionBlock:
    """Neighbouring sequences of similar length that attention pads to one width.

    start, stop: the block's tokens are rows start to stop of the packed batch.
    sequences, width: the padded shape is [sequences, width].
    slots: [stop - start] the place of each token in the flattened padded block.
    bias: float32 [sequences, 1, 1, width], 0 for tokens and a large negative number for padding.
    """

    start: int
    stop: int
    sequences: int
    width: int
    slots: torch.Tensor
    bias: torch.Tensor


@dataclass
class PackedBatch:
    """Sequences laid end to end, shortest first.

    token_ids, segment_ids, positions: int64 [tokens].
    first_tokens: int64 [sequences], the row of every sequence's [CLS].
    unsort: int64 [sequences], brings per-sequence results back into the caller's order.
    """

    token_ids: torch.Tensor
    segment_ids: torch.Tensor
    positions: torch.Tensor
    first_tokens: torch.Tensor
    unsort: torch.Tensor
    blocks: list[AttentionBlock]

    @property
    def tokens(self) -> int:
        """How many tokens the batch holds; there is no padding among them."""
        return int(self.token_ids.shape[0])

    def to(self, device: str | torch.device) -> PackedBatch:
        """The same batch on another device."""
        blocks = [replace(block, slots=block.slots.to(device), bias=block.bias.to(device)) for block in self.blocks]
        tensors = {name: value.to(device) for name, value in vars(self).items() if isinstance(value, torch.Tensor)}
        return replace(self, blocks=blocks, **tensors)


def cut_pair(query: TokenIds, document: TokenIds, max_length: int) -> tuple[TokenIds, TokenIds]:
    """The pair within max_length tokens, three special ones included."""
    query = query[:QUERY_LENGTH]
    return query, document[: max(0, max_length - 3 - len(query))]


def join_pair(query: TokenIds, document: TokenIds) -> tuple[np.ndarray, np.ndarray]:
    """[CLS] query [SEP] document [SEP] as (token ids, segment ids), both int64 [tokens]."""
    separator = [PairTokenizer.sep_id]
    token_ids = np.concatenate([[PairTokenizer.cls_id], query, separator, document, separator]).astype(np.int64)
    segment_ids = np.zeros(len(token_ids), np.int64)
    segment_ids[len(query) + 2 :] = 1
    return token_ids, segment_ids


def pack_pairs(
    pairs: Sequence[tuple[TokenIds, TokenIds]], *, document_shift: int = 0, last_position: int = 511
) -> PackedBatch:
    """Packs (query, document) token ids without special tokens.

    document_shift moves the positions of the document's tokens (never past last_position): a few batches
    packed so keep the model from learning where documents usually start, and train the late positions.
    """
    sequences = [join_pair(query, document) for query, document in pairs]
    return pack_sequences(sequences, document_shift=document_shift, last_position=last_position)


def pack_sequences(
    sequences: Sequence[tuple[np.ndarray, np.ndarray]], *, document_shift: int = 0, last_position: int = 511
) -> PackedBatch:
    """Packs (token ids, segment ids) sequences that hold their special tokens already."""
    if not sequences:
        raise ValueError("a batch needs at least one sequence")
    lengths = np.array([len(token_ids) for token_ids, _ in sequences])
    order = np.argsort(lengths, kind="stable")
    lengths = lengths[order]
    ends = np.cumsum(lengths)
    starts = ends - lengths
    token_ids = np.concatenate([sequences[index][0] for index in order]).astype(np.int64)
    segment_ids = np.concatenate([sequences[index][1] for index in order]).astype(np.int64)
    positions = np.arange(ends[-1]) - np.repeat(starts, lengths)
    if document_shift:
        positions = positions + segment_ids * document_shift
    positions = np.minimum(positions, last_position)
    return PackedBatch(
        torch.from_numpy(token_ids),
        torch.from_numpy(segment_ids),
        torch.from_numpy(positions),
        torch.from_numpy(starts.astype(np.int64)),
        torch.from_numpy(np.argsort(order).astype(np.int64)),
        _cut_blocks(lengths, ends),
    )


def _cut_blocks(lengths: np.ndarray, ends: np.ndarray) -> list[AttentionBlock]:
    """Cuts sorted sequences into blocks of about equally many tokens, each padded to its own longest."""
    shares = np.linspace(0, 1, BLOCKS + 1)[1:-1]
    cuts = sorted({0, len(lengths), *(int(np.searchsorted(ends, ends[-1] * share)) for share in shares)})
    result = []
    for first, last in zip(cuts, cuts[1:]):
        width = -(-int(lengths[last - 1]) // 8) * 8
        block_lengths = lengths[first:last]
        stop = int(ends[last - 1])
        start = int(ends[first] - lengths[first])
        columns = np.arange(stop - start) - np.repeat(np.cumsum(block_lengths) - block_lengths, block_lengths)
        rows = np.repeat(np.arange(last - first), block_lengths)
        bias = np.where(np.arange(width) < block_lengths[:, None], 0.0, -10000.0).astype(np.float32)
        result.append(
            AttentionBlock(
                start,
                stop,
                last - first,
                width,
                torch.from_numpy((rows * width + columns).astype(np.int64)),
                torch.from_numpy(bias[:, None, None, :]),
            )
        )
    return result
