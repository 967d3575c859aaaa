"""Measures a ranker on the held-out part of the training sets: for choices made while training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .groups import LONGEST_QUERY
from .model import Ranker, score_pairs
from .prepared import DEV, PreparedText

# Label, and the sets it is measured on (none: all of them).
DEV_TASKS: dict[str, tuple[str, ...]] = {
    "en-en:qa": ("squad_train_en",),
    "en-en:switched": ("squad_train_en",),
    "en-en:heading": (),
    "zh-zh:qa": (),
    "zh-zh:cloze": (),
    "zh-zh:heading": (),
    "zh-en:parallel": (),
}
DOCUMENTS = 10
LONGEST_DOCUMENT = 192


@dataclass(frozen=True)
class DevTask:
    """Queries of one label, each with its relevant document first and BM25's negatives after it."""

    label: str
    queries: list[tuple[np.ndarray, list[np.ndarray]]]


def choose_dev_tasks(prepared: PreparedText, *, queries: int) -> list[DevTask]:
    """At most `queries` queries of each label with at least two negatives, the same ones every time."""
    tasks = []
    for label, sets in DEV_TASKS.items():
        members = prepared.find_queries(label, split=DEV)
        if sets:
            members = members[[prepared.set_of(collection) in sets for collection in prepared.query_collection[members]]]
        members = members[np.asarray((prepared.negatives[members] >= 0).sum(1)) >= 2]
        chosen = np.random.default_rng(0).permutation(members)[:queries]
        if len(chosen):
            tasks.append(DevTask(label, [_lay_out(prepared, int(number)) for number in chosen]))
    return tasks


def _lay_out(prepared: PreparedText, number: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """A query with its relevant passage, from its beginning, and its first negatives: nothing is left to chance."""
    passages = [int(prepared.query_passage[number]), *prepared.negatives_of(number)[: DOCUMENTS - 1].tolist()]
    query = prepared.query(number)[:LONGEST_QUERY]
    return query, [prepared.passage(passage, LONGEST_DOCUMENT) for passage in passages]


def measure_dev(ranker: Ranker, tasks: list[DevTask], *, bf16: bool) -> dict[str, dict[str, float]]:
    """By label, and as "all" over the labels: precision at 1 ("p1"), reciprocal rank ("mrr"), cross-entropy ("ce")."""
    pairs = [(query, document) for task in tasks for query, documents in task.queries for document in documents]
    logits = score_pairs(ranker, pairs, bf16=bf16)
    result: dict[str, dict[str, float]] = {}
    place = 0
    for task in tasks:
        ranks, losses = [], []
        for _, documents in task.queries:
            scores = logits[place : place + len(documents)].astype(np.float64)
            place += len(documents)
            # A tie counts against the relevant document.
            ranks.append(1 + int((scores[1:] >= scores[0]).sum()))
            losses.append(float(np.logaddexp.reduce(scores) - scores[0]))
        result[task.label] = {
            "p1": float(np.mean([rank == 1 for rank in ranks])),
            "mrr": float(np.mean([1 / rank for rank in ranks])),
            "ce": float(np.mean(losses)),
        }
    result["all"] = {name: float(np.mean([entry[name] for entry in result.values()])) for name in ("p1", "mrr", "ce")}
    return result
