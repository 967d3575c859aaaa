"""`evaluate`: measures a model on the held-out collections, beside BM25 and beside a second model.

For every task it gives the first stage alone, the model alone and the sum of their z-scores, with 95 % bootstrap
intervals over queries and paired differences. Logits are kept below --work, so a run that was broken off goes on
where it was, and a task that was measured is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .bootstrap import (
    RESAMPLES,
    draw_weights,
    estimate_auc,
    estimate_auc_difference,
    estimate_difference,
    estimate_mean,
)
from .collections import TASK_NAMES, RankingTask, build_task, encode_pairs
from .evaluation_table import write_table
from .files import EMBEDDED_MODEL, REPOSITORY
from .metrics import add_standardised, count_wins, measure_graded, measure_single, order_by_score
from .scorers import CheckpointScorer, OnnxScorer, Scorer, score_and_keep, show_progress
from .tokenizer import PairTokenizer

# The nearest wrong candidates by BM25, of which the harder of the two areas under the curve is made.
HARD_NEGATIVES = 10
AGREEMENT = 0.02
COMPARISONS = (("model", "first-stage"), ("sum", "first-stage"), ("model", "baseline-model"), ("sum", "baseline-sum"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--checkpoint", type=Path, help="model to measure, in PyTorch")
    parser.add_argument("--onnx", type=Path, help="model to measure, in onnxruntime (instead of --checkpoint, or with --agree)")
    parser.add_argument("--baseline", type=Path, help="second model, .pt or .onnx, that the first is compared with")
    parser.add_argument("--agree", action="store_true", help="only compare --checkpoint with --onnx, on all pairs of DL19's BM25 lists")
    parser.add_argument("--tasks", nargs="+", choices=TASK_NAMES, default=list(TASK_NAMES), help="default: all")
    parser.add_argument("--queries", type=int, help="a random sample of that many queries per task (default: all)")
    parser.add_argument("--candidates", type=int, help="candidates per query (default: 100 for DL19, 50 for XQuAD in one language, 240 across)")
    parser.add_argument("--resamples", type=int, default=RESAMPLES, help="of the bootstrap (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and of the bootstrap (default: 0)")
    parser.add_argument("--max-length", type=int, default=512, help="longest pair in tokens (default: 512)")
    parser.add_argument("--bf16", action="store_true", help="PyTorch computes linear layers and attention in bfloat16")
    parser.add_argument("--device", default="cpu", help="of PyTorch: cpu or cuda (default: cpu)")
    parser.add_argument("--tokens-per-batch", type=int, default=8192, help="default: 8192")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads (default: all cores)")
    parser.add_argument("--tokenizer", type=Path, default=EMBEDDED_MODEL, help="folder with tokenizer.json")
    parser.add_argument("--collections", type=Path, default=REPOSITORY.parent / "shared/eval", help="folder with trec-dl19/ and xquad/")
    parser.add_argument("--traps", type=Path, default=REPOSITORY / "public/demos/keyword-traps.json", help="the app's keyword traps")
    parser.add_argument("--work", type=Path, default=REPOSITORY / "training/work", help="working folder; logits are kept in its evaluation/")
    parser.add_argument("--out", type=Path, help="JSON file to write, with a Markdown table beside it (default: WORK/evaluation/MODEL.json)")


def run(arguments: argparse.Namespace) -> int:
    """Measures, prints the table and writes both files. 0, or 1 where --agree finds a difference."""
    torch.set_num_threads(arguments.threads)
    tokenizer = PairTokenizer.load(arguments.tokenizer)
    kept = arguments.work / "evaluation" / "logits"
    if arguments.agree:
        return _compare_runtimes(arguments, tokenizer, kept)
    if (arguments.checkpoint is None) == (arguments.onnx is None):
        raise SystemExit("Say which model to measure: either --checkpoint FILE or --onnx FILE.")
    scorer = _open_scorer(arguments.checkpoint or arguments.onnx, arguments)
    baseline = None if arguments.baseline is None else _open_scorer(arguments.baseline, arguments)
    out = arguments.out or arguments.work / "evaluation" / f"{scorer.name}.json"
    report = _describe_run(arguments, scorer, baseline)
    report["tasks"] = _read_measured(out, report)
    try:
        for name in arguments.tasks:
            begun = time.monotonic()
            task = _build(name, arguments, tokenizer)
            print(f"{task.title}: {len(task.queries):,} queries, {task.pairs:,} pairs", flush=True)
            pairs = encode_pairs(task, tokenizer)
            logits = score_and_keep(scorer, pairs, kept, progress=show_progress(scorer.name))
            others = None
            if baseline is not None:
                others = score_and_keep(baseline, pairs, kept, progress=show_progress(baseline.name))
            measured = measure_task(task, logits, others, resamples=arguments.resamples, seed=arguments.seed)
            measured["tokens"] = sum(len(query) + len(document) + 3 for query, document in pairs)
            measured["seconds"] = round(time.monotonic() - begun, 1)
            report["tasks"][name] = measured
            write_report(out, report)
    except KeyboardInterrupt:
        print(f"\nBroken off. The logits so far are in {kept}; the same command goes on with them.")
        return 130
    print(write_table(report))
    print(f"Written: {out} and {out.with_suffix('.md')}")
    return 0


def _read_measured(path: Path, report: dict[str, Any]) -> dict[str, Any]:
    """Tasks that the file to be written holds already, if they are of the same models and settings."""
    if not path.exists():
        return {}
    before = json.loads(path.read_text(encoding="utf-8"))
    same = all(before.get(part) == report[part] for part in ("version", "model", "baseline", "settings"))
    return before["tasks"] if same else {}


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Writes the JSON file and the Markdown table beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(write_table(report), encoding="utf-8")


def measure_task(
    task: RankingTask, logits: np.ndarray, others: np.ndarray | None = None, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """What a task says of a model.

    logits, others: float32 [pairs], of the model and of the one that it is compared with, query by query.
    Returns the task's size, for every system and measure an estimate, and for the model and the sum the differences
    to BM25 and to the same of the other model.
    """
    first_stage = [query.first_stage for query in task.queries]
    # Every way to order the candidates, with an array of scores per query.
    systems = {"first-stage": first_stage}
    for label, given in (("", logits), ("baseline-", others)):
        if given is None:
            continue
        alone = _split_by_query(task, given)
        systems[f"{label}model"] = alone
        systems[f"{label}sum"] = [add_standardised(*both) for both in zip(alone, first_stage)]
    weights = draw_weights(len(task.queries), resamples=resamples, seed=seed)
    values = {name: _measure_queries(task, scores) for name, scores in systems.items()}
    measured: dict[str, Any] = {
        "title": task.title,
        "kind": task.kind,
        "queries": len(task.queries),
        "pairs": task.pairs,
        "systems": {
            name: {measure: estimate_mean(row, weights).to_json() for measure, row in rows.items()}
            for name, rows in values.items()
        },
        "differences": {},
    }
    compared = [(name, other) for name, other in COMPARISONS if name in values and other in values]
    for name, other in compared:
        measured["differences"][f"{name} - {other}"] = {
            measure: {
                **estimate_difference(row, values[other][measure], weights).to_json(),
                "better": int(np.sum(row > values[other][measure])),
                "worse": int(np.sum(row < values[other][measure])),
            }
            for measure, row in values[name].items()
        }
    if task.kind == "single":
        _add_areas(measured, task, systems, compared, weights)
    return measured


def _measure_queries(task: RankingTask, scores_by_query: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Every measure of every query, float64 [queries]."""
    rows = []
    for query, scores in zip(task.queries, scores_by_query):
        if task.kind == "graded":
            rows.append(measure_graded(scores, query.grades, query.all_grades))
        else:
            row = measure_single(scores, query.relevant)
            rows.append({"P@1": row["P@1"]} if task.kind == "traps" else row)
    return {measure: np.array([row[measure] for row in rows]) for measure in rows[0]}


def _add_areas(
    measured: dict[str, Any],
    task: RankingTask,
    systems: dict[str, list[np.ndarray]],
    compared: Sequence[tuple[str, str]],
    weights: np.ndarray,
) -> None:
    """Adds the areas under the ROC curve: of all other candidates, and of those that BM25 ranks highest."""
    for measure, depth in (("AUC", None), (f"AUC, {HARD_NEGATIVES} hardest", HARD_NEGATIVES)):
        chosen = [_choose_negatives(query.first_stage, query.relevant, depth) for query in task.queries]
        counts = np.array([len(positions) for positions in chosen], np.float64)
        wins = {
            name: count_wins(
                [scores[query.relevant] for query, scores in zip(task.queries, scores_by_query)],
                [scores[positions] for positions, scores in zip(chosen, scores_by_query)],
            )
            for name, scores_by_query in systems.items()
        }
        for name, won in wins.items():
            measured["systems"][name][measure] = estimate_auc(won, counts, weights).to_json()
        for name, other in compared:
            difference = estimate_auc_difference(wins[name], wins[other], counts, weights)
            measured["differences"][f"{name} - {other}"][measure] = difference.to_json()


def _choose_negatives(first_stage: np.ndarray, relevant: int, depth: int | None) -> np.ndarray:
    """Positions of the other candidates, of which the first stage ranks `depth` highest (default all)."""
    order = order_by_score(first_stage)
    return order[order != relevant][:depth]


def _split_by_query(task: RankingTask, logits: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum([len(query.documents) for query in task.queries])[:-1]
    return np.split(np.asarray(logits, np.float64), ends)


def _open_scorer(path: Path, arguments: argparse.Namespace) -> Scorer:
    shared = {"max_length": arguments.max_length, "tokens_per_batch": arguments.tokens_per_batch}
    if path.suffix == ".onnx":
        return OnnxScorer(path, threads=arguments.threads, **shared)
    return CheckpointScorer(path, device=arguments.device, bf16=arguments.bf16, **shared)


def _build(name: str, arguments: argparse.Namespace, tokenizer: PairTokenizer) -> RankingTask:
    return build_task(
        name,
        arguments.collections,
        arguments.traps,
        tokenizer,
        candidates=arguments.candidates,
        queries=arguments.queries,
        seed=arguments.seed,
    )


def _describe_run(arguments: argparse.Namespace, scorer: Scorer, baseline: Scorer | None) -> dict[str, Any]:
    return {
        "version": 1,
        "model": {"name": scorer.name, "fingerprint": scorer.fingerprint},
        "baseline": None if baseline is None else {"name": baseline.name, "fingerprint": baseline.fingerprint},
        "settings": {
            "max_length": arguments.max_length,
            "queries": arguments.queries,
            "candidates": arguments.candidates,
            "resamples": arguments.resamples,
            "seed": arguments.seed,
        },
        "machine": f"{platform.system()}, {platform.machine()}, {arguments.threads} threads, {arguments.device}",
        "tasks": {},
    }


def _compare_runtimes(arguments: argparse.Namespace, tokenizer: PairTokenizer, kept: Path) -> int:
    """Whether PyTorch and onnxruntime give every pair of DL19's BM25 lists the same logit."""
    if arguments.checkpoint is None or arguments.onnx is None:
        raise SystemExit("--agree compares --checkpoint FILE with --onnx FILE.")
    pairs = encode_pairs(_build("dl19-bm25", arguments, tokenizer), tokenizer)
    scorers = [_open_scorer(path, arguments) for path in (arguments.checkpoint, arguments.onnx)]
    first, second = (score_and_keep(scorer, pairs, kept, progress=show_progress(scorer.name)) for scorer in scorers)
    differences = np.abs(first - second)
    largest = float(differences.max())
    verdict = "agree" if largest <= AGREEMENT else "differ"
    print(f"PyTorch and onnxruntime {verdict}: {len(pairs):,} pairs, largest difference {largest:.6f}, mean {differences.mean():.6f} (allowed: {AGREEMENT})")
    return 0 if largest <= AGREEMENT else 1
