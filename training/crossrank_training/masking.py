"""Masked language modelling over pairs: a question with its passage, or a text with its translation.

Where the two texts are translations of one another, a masked word can be read off the other language, which
teaches word by word what a ranking loss teaches only through whole documents.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from torch import nn

from .mixture import Mixture
from .model import LAYER_NORM_EPSILON, Ranker, RankerConfig
from .packing import PackedBatch, join_pair, pack_sequences
from .prepared import PreparedText
from .tokenizer import SPECIAL_TOKENS, PairTokenizer

FIRST_ORDINARY_TOKEN = len(SPECIAL_TOKENS)
MASKED_SHARE = 0.2
LONGEST_TEXT = 110
# A prediction is compared with so many tokens drawn at random and with all that the batch asks for. On a CPU all
# 19,000 tokens would take as long as the rest of the step.
CANDIDATES = 3000
# Half of the pairs are translations; the rest are passages with what asks for them.
MASKED_SHARES: dict[str, float] = {
    "zh-en:parallel": 36,
    "en-zh:parallel": 12,
    "zh-en:gloss": 8,
    "en-en:qa": 12,
    "en-en:heading": 8,
    "zh-zh:heading": 8,
    "zh-zh:cloze": 10,
    "zh-zh:qa": 4,
}


class MaskedTokenHead(nn.Module):
    """BERT's prediction head; its output weights are the word embeddings, scaled to keep early logits small."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=LAYER_NORM_EPSILON)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        nn.init.normal_(self.dense.weight, std=0.04)
        nn.init.zeros_(self.dense.bias)

    def forward(
        self, hidden: torch.Tensor, word_embeddings: torch.Tensor, candidates: torch.Tensor, *, bf16: bool
    ) -> torch.Tensor:
        """Logits of the candidate tokens, float32 [masked tokens, candidates]."""
        precision = torch.bfloat16 if bf16 else torch.float32
        states = self.LayerNorm(functional.gelu(self.dense(hidden))) * hidden.shape[1] ** -0.5
        logits = functional.linear(states.to(precision), word_embeddings[candidates].to(precision))
        return logits.float() + self.bias[candidates]


@dataclass
class MaskedBatch:
    """Sequences (token ids, segment ids) with masks, and for every sequence the original ids (-1 where not asked).

    candidates: int64, sorted: the tokens that predictions are compared with, all the original ones among them.
    """

    sequences: list[tuple[np.ndarray, np.ndarray]]
    originals: list[np.ndarray]
    candidates: np.ndarray

    def pack(self) -> tuple[PackedBatch, torch.Tensor]:
        """The packed batch and, int64 [tokens] in its order, each original's place among the candidates or -1."""
        packed = pack_sequences(self.sequences)
        order = torch.argsort(packed.unsort).tolist()
        originals = np.concatenate([self.originals[place] for place in order])
        places = np.where(originals >= 0, np.searchsorted(self.candidates, originals), -1)
        return packed, torch.from_numpy(places)


class MaskedBuilder:
    """Draws masked batches; a batch is a function of (seed, step).

    plain_share: the share of sequences, 0 to 1, that are passages of any collection, cut in two, without a query.
    """

    def __init__(self, prepared: PreparedText, *, plain_share: float = 0.0) -> None:
        self._prepared = prepared
        self._mixture = Mixture(prepared, MASKED_SHARES)
        self._plain_share = plain_share
        self._vocab_size = len(prepared.token_passages)

    def fill(self, seed: int, step: int, tokens: int) -> MaskedBatch:
        """Pairs until `tokens` are reached."""
        rng = random.Random(f"{seed}/masked/{step}")
        chance = np.random.default_rng(rng.getrandbits(64))
        sequences, originals = [], []
        used = 0
        while used < tokens:
            token_ids, segment_ids = self._draw_pair(rng)
            masked, asked = mask_tokens(token_ids, chance, self._vocab_size)
            sequences.append((masked, segment_ids))
            originals.append(asked)
            used += len(token_ids)
        drawn = chance.permutation(self._vocab_size)[:CANDIDATES]
        candidates = np.union1d(drawn, np.concatenate(originals))
        return MaskedBatch(sequences, originals, candidates[candidates >= 0].astype(np.int64))

    def _draw_pair(self, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
        if rng.random() < self._plain_share:
            passage = self._prepared.passage(rng.randrange(len(self._prepared.passage_sentences) - 1), 2 * LONGEST_TEXT)
            middle = rng.randrange(len(passage) // 4, 3 * len(passage) // 4 + 1)
            return join_pair(passage[:middle], passage[middle:])
        source = self._mixture.draw(rng)
        number = int(source.queries[rng.randrange(len(source.queries))])
        first = self._prepared.query(number)[:LONGEST_TEXT]
        second = self._prepared.passage(int(self._prepared.query_passage[number]), LONGEST_TEXT)
        if source.label.endswith(":parallel") and rng.random() < 0.4:
            first, second = second, first
        return join_pair(first, second)


def mask_tokens(token_ids: np.ndarray, chance: np.random.Generator, vocab_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Masks MASKED_SHARE of the ordinary tokens (at least one): 80 % by [MASK], 10 % by a random token, 10 % not.

    Returns (masked ids, original ids with -1 where nothing is asked), both int64 [tokens].
    """
    ordinary = np.flatnonzero(token_ids >= FIRST_ORDINARY_TOKEN)
    originals = np.full(len(token_ids), -1, np.int64)
    masked = token_ids.copy()
    if not len(ordinary):
        return masked, originals
    chosen = ordinary[chance.random(len(ordinary)) < MASKED_SHARE]
    if not len(chosen):
        chosen = ordinary[chance.integers(len(ordinary))][None]
    originals[chosen] = token_ids[chosen]
    fate = chance.random(len(chosen))
    masked[chosen[fate < 0.8]] = PairTokenizer.mask_id
    swapped = chosen[(fate >= 0.8) & (fate < 0.9)]
    masked[swapped] = chance.integers(FIRST_ORDINARY_TOKEN, vocab_size, len(swapped))
    return masked, originals


def measure_masked_loss(
    ranker: Ranker, head: MaskedTokenHead, batch: MaskedBatch, *, device: str, bf16: bool
) -> tuple[torch.Tensor, float, int]:
    """(mean cross-entropy in nats over the masked tokens, share predicted right, tokens of the batch)."""
    packed, places = batch.pack()
    packed, places = packed.to(device), places.to(device)
    asked = torch.nonzero(places >= 0).squeeze(1)
    hidden = ranker.encode(packed, bf16=bf16)[asked]
    candidates = torch.from_numpy(batch.candidates).to(device)
    logits = head(hidden, ranker.bert.embeddings.word_embeddings.weight, candidates, bf16=bf16)
    targets = places[asked]
    right = float((logits.argmax(1) == targets).float().mean())
    return functional.cross_entropy(logits, targets), right, packed.tokens
