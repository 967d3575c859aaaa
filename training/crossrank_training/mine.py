"""`mine`: re-ranks the BM25 negatives by a checkpoint, so that training meets what the model itself takes for relevant."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from .files import write_whole
from .groups import LONGEST_QUERY
from .metrics import order_by_score
from .model import Ranker, load_checkpoint, score_pairs
from .prepared import TRAIN, PreparedText

QUERIES_PER_BATCH = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--checkpoint", type=Path, required=True, help="the ranker that judges")
    parser.add_argument("--work", type=Path, default=Path("work"), help="working folder with prepared/ (default: work)")
    parser.add_argument(
        "--labels", nargs="*", default=["en-en:qa", "zh-zh:qa", "en-en:switched"], help="languages and kinds to mine for"
    )
    parser.add_argument("--most", type=int, default=20_000, help="queries mined of each label (default: 20000)")
    parser.add_argument("--longest", type=int, default=160, help="tokens of a passage that are read (default: 160)")
    parser.add_argument(
        "--margin", type=float, default=3.0, help="a negative this many logits above the relevant passage is dropped"
    )
    parser.add_argument("--threads", type=int, default=0, help="threads of PyTorch (default: cores)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Rewrites <work>/prepared/negatives.npy; a run that trains must be started again to see it."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    ranker, _ = load_checkpoint(arguments.checkpoint, arguments.device)
    prepared = PreparedText.load(arguments.work / "prepared")
    negatives = np.array(prepared.negatives)
    chosen = choose_queries(prepared, arguments.labels, arguments.most, arguments.seed)
    started, moved, dropped = time.monotonic(), 0, 0
    for start in range(0, len(chosen), QUERIES_PER_BATCH):
        batch = chosen[start : start + QUERIES_PER_BATCH]
        for number, ranked, too_good in rank_negatives(ranker, prepared, batch, arguments):
            moved += int(ranked[:1].tolist() != negatives[number][:1].tolist())
            dropped += too_good
            negatives[number] = -1
            negatives[number, : len(ranked)] = ranked
        done = start + len(batch)
        print(f"{done}/{len(chosen)} queries  {done / (time.monotonic() - started):.0f} queries/s", flush=True)
    with write_whole(arguments.work / "prepared" / "negatives.npy") as unfinished, unfinished.open("wb") as file:
        np.save(file, negatives)
    print(f"{moved} queries have another hardest negative; {dropped} negatives above the relevant passage dropped")
    return 0


def choose_queries(prepared: PreparedText, labels: list[str], most: int, seed: int) -> np.ndarray:
    """Training queries of the labels, at most `most` of each. Raises ValueError for a label without queries."""
    chosen = []
    for label in labels:
        members = prepared.find_queries(label, split=TRAIN)
        if not len(members):
            raise ValueError(f"no training queries of {label}")
        chosen.append(np.random.default_rng(seed).permutation(members)[:most])
    return np.concatenate(chosen)


def rank_negatives(
    ranker: Ranker, prepared: PreparedText, queries: np.ndarray, arguments: argparse.Namespace
) -> list[tuple[int, np.ndarray, int]]:
    """(query number, its negatives hardest first, how many were dropped) for every query that has negatives.

    A negative far above the relevant passage is more often an answer that nobody marked than a mistake.
    """
    pairs, spans = [], []
    for number in queries.tolist():
        wrong = prepared.negatives_of(number)
        if not len(wrong):
            continue
        query = prepared.query(number)[:LONGEST_QUERY]
        passages = [int(prepared.query_passage[number]), *wrong.tolist()]
        spans.append((number, wrong, len(pairs)))
        pairs += [(query, prepared.passage(passage, arguments.longest)) for passage in passages]
    logits = score_pairs(ranker, pairs, bf16=arguments.bf16)
    ranked = []
    for number, wrong, first in spans:
        relevant, scores = logits[first], logits[first + 1 : first + 1 + len(wrong)]
        order = order_by_score(scores)
        kept = order[scores[order] <= relevant + arguments.margin]
        ranked.append((number, wrong[kept], len(wrong) - len(kept)))
    return ranked
