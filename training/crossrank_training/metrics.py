"""Measures of rankings: nDCG@10, MRR@10, P@1 and the area under the ROC curve.

Ranks count from 1. All measures lie in 0..1, and higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CUTOFF = 10


def order_by_score(scores: np.ndarray) -> np.ndarray:
    """Positions best score first, int64 [scores]; equal scores keep their order, NaN comes last."""
    return np.argsort(np.where(np.isnan(scores), np.inf, -np.asarray(scores, np.float64)), kind="stable")


def standardise(scores: np.ndarray) -> np.ndarray:
    """How many (population) standard deviations each score lies above the mean, float64; zeros where all are equal.

    Source: "zero mean, unit variance" in Montague and Aslam 2001, doi:10.1145/502585.502657.
    """
    scores = np.asarray(scores, np.float64)
    if len(scores) == 0 or np.all(scores == scores[0]):
        return np.zeros(len(scores))
    return (scores - scores.mean()) / scores.std()


def add_standardised(logits: np.ndarray, first_stage: np.ndarray) -> np.ndarray:
    """The fusion that the app calls "Both": the sum of the two lists' standardised scores."""
    return standardise(logits) + standardise(first_stage)


def measure_ndcg(ordered_grades: Sequence[float], all_grades: Sequence[float]) -> float:
    """nDCG with linear gains and a discount of log2(rank + 1), as trec_eval's ndcg_cut.

    ordered_grades: grades of the ranked documents, best first; not judged is 0.
    all_grades: grades of all documents that were judged for the query, ranked or not, in any order.
    Returns 0 where nothing relevant was judged.
    """
    discounts = 1 / np.log2(np.arange(2, CUTOFF + 2))

    def discounted(grades: Sequence[float]) -> float:
        gains = np.maximum(np.asarray(grades[:CUTOFF], np.float64), 0)
        return float(gains @ discounts[: len(gains)])

    ideal = discounted(sorted(all_grades, reverse=True))
    return discounted(ordered_grades) / ideal if ideal > 0 else 0.0


def find_tied_ranks(scores: np.ndarray, relevant: int) -> tuple[int, int]:
    """First and last rank that the relevant document may get, among those of equal score."""
    above = int(np.sum(scores > scores[relevant]))
    equal = int(np.sum(scores == scores[relevant]))
    return above + 1, above + equal


def measure_single(scores: np.ndarray, relevant: int) -> dict[str, float]:
    """P@1, MRR@10 and nDCG@10 where exactly one document is relevant.

    Each is the expectation over all orders of equal scores: a first stage that finds nothing at all
    (all scores 0) is worth what chance is worth, and not what the order of the file happens to give.
    """
    first, last = find_tied_ranks(np.asarray(scores, np.float64), relevant)
    ranks = np.arange(first, last + 1)
    gains = {"P@1": ranks == 1, "MRR@10": (ranks <= CUTOFF) / ranks, "nDCG@10": (ranks <= CUTOFF) / np.log2(ranks + 1)}
    return {measure: float(values.mean()) for measure, values in gains.items()}


def measure_graded(scores: np.ndarray, grades: Sequence[int], all_grades: Sequence[int]) -> dict[str, float]:
    """nDCG@10, and MRR@10 and P@1 with grades from 2 on as relevant, as is usual for TREC DL.

    scores: [candidates] in the order of the first stage, which breaks ties; grades: of the same candidates.
    """
    ordered = [grades[position] for position in order_by_score(scores)]
    ranks = [rank for rank, grade in enumerate(ordered[:CUTOFF], 1) if grade >= 2]
    return {
        "nDCG@10": measure_ndcg(ordered, all_grades),
        "MRR@10": 1 / ranks[0] if ranks else 0.0,
        "P@1": float(ordered[0] >= 2),
    }


def count_wins(relevant: Sequence[float], others: Sequence[np.ndarray]) -> np.ndarray:
    """How many of each query's other documents score below each query's relevant one, ties counting a half.

    relevant: the score of query i's relevant document; others: the scores of query j's other documents.
    Returns float64 [i, j], out of which the area under the ROC curve of any sample of queries is one sum.
    """
    asked = np.asarray(relevant, np.float64)
    wins = np.zeros((len(asked), len(others)))
    for column, scores in enumerate(others):
        ascending = np.sort(np.asarray(scores, np.float64))
        below = np.searchsorted(ascending, asked, side="left")
        not_above = np.searchsorted(ascending, asked, side="right")
        wins[:, column] = (below + not_above) / 2
    return wins


def measure_auc(wins: np.ndarray, other_counts: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Area under the ROC curve over all pairs of a relevant and another document, also of different queries.

    So it says whether one threshold of relevance can serve all queries, which measures of order do not.
    wins: of count_wins; other_counts: [queries]; weights: how often each query is in each sample,
    [samples, queries] (default: once each). Returns float64 [samples].
    """
    weights = np.ones((1, len(wins))) if weights is None else np.asarray(weights, np.float64)
    won = np.einsum("sq,sq->s", weights @ wins, weights)
    return won / (weights.sum(axis=1) * (weights @ other_counts))
