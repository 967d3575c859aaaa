"""Confidence intervals by resampling queries, and paired differences on the same resamples.

The queries of a collection are a sample of those that people ask; a resample draws as many of them with
replacement. Two systems are compared on the same resamples, since what is hard for one is hard for the other.
Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (percentile intervals).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from .metrics import measure_auc

RESAMPLES = 10_000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over queries and its 95 % interval, in the unit of the measure."""

    mean: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Rounded to 6 digits: the rest is noise, and a file that is written again stays the same."""
        return {name: round(value, 6) for name, value in asdict(self).items()}


def draw_weights(queries: int, *, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """How often each query is in each resample, float32 [resamples, queries]; each row sums to `queries`.

    Raises ValueError for no queries at all.
    """
    if queries < 1:
        raise ValueError("there are no queries to resample")
    generator = np.random.default_rng(seed)
    return generator.multinomial(queries, np.full(queries, 1 / queries), size=resamples).astype(np.float32)


def estimate_mean(values: Sequence[float], weights: np.ndarray) -> Estimate:
    """The mean of one value per query."""
    measured = np.asarray(values, np.float64)
    return _summarise(float(measured.mean()), weights @ measured / len(measured))


def estimate_difference(values: Sequence[float], others: Sequence[float], weights: np.ndarray) -> Estimate:
    """The mean of values - others, of which each belongs to the same query. Positive: the first is better."""
    return estimate_mean(np.asarray(values, np.float64) - np.asarray(others, np.float64), weights)


def estimate_auc(wins: np.ndarray, other_counts: np.ndarray, weights: np.ndarray) -> Estimate:
    """The area under the ROC curve, see metrics.measure_auc."""
    whole = float(measure_auc(wins, other_counts)[0])
    return _summarise(whole, measure_auc(wins, other_counts, weights))


def estimate_auc_difference(
    wins: np.ndarray, other_wins: np.ndarray, other_counts: np.ndarray, weights: np.ndarray
) -> Estimate:
    """The difference of two systems' areas on the same documents."""
    whole = float((measure_auc(wins, other_counts) - measure_auc(other_wins, other_counts))[0])
    samples = measure_auc(wins, other_counts, weights) - measure_auc(other_wins, other_counts, weights)
    return _summarise(whole, samples)


def _summarise(whole: float, samples: np.ndarray) -> Estimate:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    return Estimate(whole, float(low), float(high))
