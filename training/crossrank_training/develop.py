"""Measures a ranker on the held-out part of the training sets: for choices made while training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .groups import GroupBuilder
from .model import Ranker, score_pairs
from .prepared import DEV, QUERY_KINDS, PreparedText

# Label, and the sets it is measured on ("" for all of them).
DEV_TASKS: dict[str, tuple[str, ...]] = {
    "en-en:qa": ("squad_train_en",),
    "en-en:switched": ("squad_train_en",),
    "en-en:heading": (),
    "zh-zh:qa": (),
    "zh-zh:cloze": (),
    "zh-zh:heading": (),
    "zh-en:parallel": (),
}


@dataclass(frozen=True)
class DevTask:
    """Queries of one label, each with its relevant document first and BM25's negatives after it."""

    label: str
    queries: list[tuple[np.ndarray, list[np.ndarray]]]


def choose_dev_tasks(
    prepared: PreparedText, builder: GroupBuilder, *, queries: int, documents: int = 10, longest: int = 192, seed: int = 0
) -> list[DevTask]:
    """At most `queries` queries of each label with at least two negatives, the same ones for the same seed."""
    kinds, owners = np.asarray(prepared.query_kind), np.asarray(prepared.query_collection)
    dev = np.flatnonzero(np.asarray(prepared.query_split) == DEV)
    tasks = []
    for label, sets in DEV_TASKS.items():
        languages, kind = label.split(":")
        collections = [
            number
            for number, name in enumerate(prepared.collection_names)
            if name.startswith(languages) and (not sets or name.split("/")[1] in sets)
        ]
        members = dev[(kinds[dev] == QUERY_KINDS.index(kind)) & np.isin(owners[dev], collections)]
        members = members[np.asarray((prepared.negatives[members] >= 0).sum(1)) >= 2]
        chosen = np.random.default_rng(seed).permutation(members)[:queries]
        if len(chosen):
            tasks.append(DevTask(label, [builder.build_plain(int(number), documents, longest) for number in chosen]))
    return tasks


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
