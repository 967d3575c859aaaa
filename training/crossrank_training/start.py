"""The weights a ranker starts from when there is no checkpoint: word vectors, and heads that already look for matches."""

from __future__ import annotations

import math

import numpy as np
import torch

from .model import Ranker, RankerConfig
from .tokenizer import SPECIAL_TOKENS

DIMENSIONS = 160  # of the word vectors, which fill the first places of an embedding
MEANING = slice(0, 160)
IDENTITY = slice(160, 220)  # random: what tells two words of the same meaning apart
POSITION = slice(220, 252)
SEGMENT = slice(252, 256)
EVERYTHING = slice(0, 256)
FREQUENCY_PLACE = 159
HEAD_PLACES = 60  # of a head's 64; the others hold the segment


def build_start(config: RankerConfig, vectors: np.ndarray, token_passages: np.ndarray, *, seed: int) -> Ranker:
    """A ranker whose embeddings hold `vectors` and whose first heads match tokens across the two texts.

    vectors: float32 [vocabulary, DIMENSIONS], rows of length 1 or 0. token_passages: in how many passages each token
    occurs. Raises ValueError for a hidden size below 256 or heads of fewer than 64 places.
    """
    if config.hidden_size < 256 or config.hidden_size // config.heads < 64:
        raise ValueError("the start needs a hidden size of at least 256 and heads of at least 64 places")
    starter = _Starter(config, seed)
    ranker = Ranker(config)
    with torch.no_grad():
        starter.fill_plainly(ranker)
        starter.fill_embeddings(ranker, torch.from_numpy(vectors), token_passages)
        for number, layer in enumerate(ranker.bert.encoder.layer):
            starter.fill_layer(layer, number)
    return ranker


class _Starter:
    """Fills a ranker's weights from one random generator."""

    def __init__(self, config: RankerConfig, seed: int) -> None:
        self._config = config
        self._generator = torch.Generator().manual_seed(seed)
        self._head = config.hidden_size // config.heads
        # Sixteen frequencies of the position waves, from two radians per token down to a hundredth.
        self._frequencies = 2.0 * (0.01 / 2.0) ** (torch.arange(16) / 15.0)

    def fill_plainly(self, ranker: Ranker) -> None:
        """Small random matrices, zero biases; norms keep their ones."""
        for name, parameter in ranker.named_parameters():
            if parameter.dim() == 2:
                parameter.copy_(self._random(*parameter.shape) * 0.04)
            elif name.endswith("bias"):
                parameter.zero_()

    def fill_embeddings(self, ranker: Ranker, vectors: torch.Tensor, token_passages: np.ndarray) -> None:
        """Meaning, identity, position and segment, each in its own places of an embedding."""
        vocab_size = self._config.vocab_size
        meaning = vectors * math.sqrt(DIMENSIONS)
        unseen = vectors.norm(dim=1) < 0.5
        meaning[unseen] = self._random(int(unseen.sum()), DIMENSIONS)
        words = torch.zeros(vocab_size, self._config.hidden_size)
        words[:, MEANING] = meaning
        counts = torch.from_numpy(np.asarray(token_passages, np.float32))
        rarity = torch.log(counts.sum() / (counts + 20))
        words[:, FREQUENCY_PLACE] = ((rarity - rarity.mean()) / rarity.std().clamp(min=1e-6)).clamp(-3, 3)
        words[:, IDENTITY] = self._random(vocab_size, IDENTITY.stop - IDENTITY.start)
        words[: len(SPECIAL_TOKENS)] = self._random(len(SPECIAL_TOKENS), self._config.hidden_size) * 0.3
        embeddings = ranker.bert.embeddings
        embeddings.word_embeddings.weight.copy_(words)
        angles = torch.arange(self._config.max_length)[:, None] * self._frequencies
        waves = torch.stack([angles.sin(), angles.cos()], -1).reshape(self._config.max_length, 32)
        embeddings.position_embeddings.weight.zero_()
        embeddings.position_embeddings.weight[:, POSITION] = math.sqrt(2) * waves
        embeddings.token_type_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight[0, SEGMENT] = 2
        embeddings.token_type_embeddings.weight[1, SEGMENT] = -2

    def fill_layer(self, layer: torch.nn.Module, number: int) -> None:
        """First layer: same token, similar token, the token before, the token after. Later ones: everything alike."""
        attention = layer.attention
        hidden = self._config.hidden_size
        attention.self.value.weight.copy_(self._orthogonal(hidden, hidden))
        attention.output.dense.weight.copy_(self._orthogonal(hidden, hidden) * 0.6)
        if number == 0:
            self._match(attention, 0, IDENTITY, 1.35, 1.0)
            self._match(attention, 1, MEANING, 1.2, 1.0)
            self._look_beside(attention, 2, -1.0)
            self._look_beside(attention, 3, 1.0)
        elif number == 1:
            self._match(attention, 0, IDENTITY, 1.35, 1.0)
            self._match(attention, 1, EVERYTHING, 0.8, 0.7)
        else:
            self._match(attention, 0, EVERYTHING, 0.7, 0.7)

    def _match(self, attention: torch.nn.Module, head: int, places: slice, strength: float, crossing: float) -> None:
        """Makes a head look at tokens alike in `places`, and rather in the other segment."""
        width = places.stop - places.start
        projection = torch.zeros(self._head, self._config.hidden_size)
        if width <= HEAD_PLACES:
            projection[:width, places] = torch.eye(width)
        else:
            scale = math.sqrt(width / HEAD_PLACES) if width < 256 else 1.6
            projection[:HEAD_PLACES, places] = self._orthogonal(HEAD_PLACES, width) * scale
        query, key = projection * strength, projection * strength
        query[HEAD_PLACES : HEAD_PLACES + 4, SEGMENT] = -torch.eye(4) * strength * crossing
        key[HEAD_PLACES : HEAD_PLACES + 4, SEGMENT] = torch.eye(4) * strength * crossing
        self._set_head(attention, head, query, key)

    def _look_beside(self, attention: torch.nn.Module, head: int, offset: float) -> None:
        """Makes a head look `offset` tokens ahead: its queries are the position waves turned by that much."""
        query = torch.zeros(self._head, self._config.hidden_size)
        key = torch.zeros(self._head, self._config.hidden_size)
        for wave, frequency in enumerate(self._frequencies.tolist()):
            turn = frequency * offset
            sine, cosine = POSITION.start + 2 * wave, POSITION.start + 2 * wave + 1
            query[2 * wave, sine], query[2 * wave, cosine] = math.cos(turn), math.sin(turn)
            query[2 * wave + 1, sine], query[2 * wave + 1, cosine] = -math.sin(turn), math.cos(turn)
            key[2 * wave, sine] = key[2 * wave + 1, cosine] = 1
        self._set_head(attention, head, query * 2.8, key * 2.8)

    def _set_head(self, attention: torch.nn.Module, head: int, query: torch.Tensor, key: torch.Tensor) -> None:
        if head >= self._config.heads:
            return
        rows = slice(head * self._head, (head + 1) * self._head)
        attention.self.query.weight[rows] = query + self._random(*query.shape) * 0.01
        attention.self.key.weight[rows] = key + self._random(*key.shape) * 0.01

    def _random(self, *shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=self._generator)

    def _orthogonal(self, rows: int, columns: int) -> torch.Tensor:
        """[rows, columns], rows at right angles to one another; rows may not exceed columns."""
        return torch.linalg.qr(self._random(columns, rows))[0].t()
