"""Cuts passages to windows of whole sentences: the lengths that training shows the model."""

from __future__ import annotations

import random

import numpy as np

from .prepared import PreparedText

# Shares of short (24 to 64 tokens), middle (64 to 130) and long (130 to 230) windows: at the start of the schedule,
# and from its half on. Short ones teach more per token, long ones are what is ranked in the end.
WINDOW_RANGES = ((24, 64), (64, 130), (130, 230))
EARLY_SHARES = (0.50, 0.33, 0.17)
LATE_SHARES = (0.28, 0.37, 0.35)


def draw_window_length(rng: random.Random, progress: float) -> int:
    """A budget in tokens; progress is the share of the schedule that has passed, 0 to 1."""
    late = min(1.0, 2 * progress)
    shares = [early + (final - early) * late for early, final in zip(EARLY_SHARES, LATE_SHARES)]
    shortest, longest = rng.choices(WINDOW_RANGES, shares)[0]
    return rng.randint(shortest, longest)


class WindowCutter:
    """Cuts windows around the sentence that shares the most with a query."""

    def __init__(self, prepared: PreparedText) -> None:
        self._prepared = prepared
        passages = len(prepared.passage_sentences) - 1
        self._rarity = np.log(1 + passages / (1 + np.asarray(prepared.token_passages, np.float64))).astype(np.float32)
        self._weights = np.zeros(len(self._rarity), np.float32)

    def match_sentences(self, query: np.ndarray, passage: int) -> np.ndarray:
        """float32 [sentences]: the summed rarity of the query's tokens in each sentence of the passage."""
        bounds = self._prepared.sentence_bounds(passage)
        self._weights[query] = self._rarity[query]
        weights = self._weights[self._prepared.tokens[bounds[0] : bounds[-1]]]
        self._weights[query] = 0
        # A long sentence repeats words; the root keeps it from winning by that alone.
        return np.add.reduceat(weights, bounds[:-1] - bounds[0]) / np.sqrt(np.diff(bounds) + 8)

    def cut(
        self, passage: int, budget: int, rng: random.Random, *, around: int | None = None, without: int | None = None
    ) -> np.ndarray:
        """uint16 tokens: the sentence `around` (or a random one), grown by its neighbours to about `budget` tokens.

        without: a sentence that must not be in the window, which then stays on the side of it where `around` lies.
        """
        bounds = self._prepared.sentence_bounds(passage)
        lowest, highest = 0, len(bounds) - 1
        if around is None:
            around = rng.randrange(highest)
        if without is not None and without != around:
            if without > around:
                highest = without
            else:
                lowest = without + 1
        first, last = around, around + 1
        while bounds[last] - bounds[first] < budget and (last < highest or first > lowest):
            if last < highest and (first <= lowest or rng.random() < 0.55):
                last += 1
            else:
                first -= 1
        start, stop = int(bounds[first]), int(bounds[last])
        if stop - start > budget:
            # The far end goes; the sentence itself stays as whole as the budget lets it.
            if last - 1 > around or first == around:
                stop = start + max(budget, min(int(bounds[around + 1]) - start, budget + 40))
            else:
                start = min(stop - budget, int(bounds[around]))
            stop = min(stop, start + budget + 40)
        return np.asarray(self._prepared.tokens[start:stop])
