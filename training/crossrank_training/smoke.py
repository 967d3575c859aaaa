"""`smoke`: every stage in small, from sources to an exported model, on sample text that it makes itself.

Fails where a stage fails, where the loss does not fall, where a resumed run differs from an uninterrupted one, or
where the exported model differs from PyTorch.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from .__main__ import main
from .export import write_folder
from .model import Ranker, load_checkpoint, score_pairs
from .sample_text import ENGLISH, LEGEND, QUESTIONS, SENTENCES, Town, fill_in, make_towns, write_sample
from .scorers import OnnxScorer
from .tokenizer import PairTokenizer

AGREEMENT = 0.002  # logits, PyTorch against ONNX in float32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--work", type=Path, help="folder to work in and keep (default: a temporary one)")
    parser.add_argument("--steps", type=int, default=250, help="steps of the supervised stage (default: 250)")
    parser.add_argument("--threads", type=int, default=0, help="threads of PyTorch (default: cores)")


class SmokeFailure(Exception):
    """A stage that ran but did not do what it should."""


def run(arguments: argparse.Namespace) -> int:
    """Runs the stages. Returns 0, or 1 with a line that says what is wrong."""
    started = time.monotonic()
    work = arguments.work or Path(tempfile.mkdtemp(prefix="crossrank-smoke-"))
    try:
        _run_stages(work, arguments.steps, arguments.threads)
    except SmokeFailure as failure:
        print(f"smoke: {failure}")
        return 1
    finally:
        if arguments.work is None:
            shutil.rmtree(work, ignore_errors=True)
    print(f"smoke: every stage ran, the loss fell, resuming is exact, the export agrees ({time.monotonic() - started:.0f} s)")
    return 0


def _run_stages(work: Path, steps: int, threads: int) -> None:
    sources, tokenizer = work / "sources", work / "tokenizer"
    towns = make_towns()
    write_sample(sources, towns)
    held_out = work / "held-out.json"
    held_out.write_text(json.dumps([LEGEND]), encoding="utf-8")
    _command("learn-tokenizer", "--sources", sources, "--out", tokenizer, "--vocab-size", 900, "--every", 1)
    _command(
        "prepare", "--sources", sources, "--tokenizer", tokenizer, "--work", work, "--held-out", held_out, "--dev-share", 0.1
    )
    dropped = json.loads((work / "prepared" / "report.json").read_text(encoding="utf-8"))["rows"]["overlapping"]
    # The legend stands in one passage, which has six questions and a heading.
    if dropped != 7:
        raise SmokeFailure(f"{dropped} rows were dropped for overlap, 7 overlap")
    thread_options = ("--threads", threads)
    _command("vectors", "--work", work, "--layers", 2, "--intermediate", 512, *thread_options)
    common = ("--tokenizer", tokenizer, "--work", work, "--batch-tokens", 2048, "--warm-up", 10, *thread_options)
    _command("pretrain", *common, "--start", work / "start.pt", "--tokens", 2048 * 8)
    aligned = work / "aligned.pt"
    pretrained = work / "pretrain" / "checkpoint.pt"
    _command("align", "--start", pretrained, "--out", aligned, "--work", work, "--epochs", 8, "--batch", 64, *thread_options)
    options = ("--tokens", 2048 * steps, "--dev-queries", 30, "--masked-every", 10, "--rate", 6e-4)
    _command("train", *common, "--start", aligned, *options)
    measured = json.loads((work / "run" / "record.json").read_text(encoding="utf-8"))["dev"]
    before, after = (measured[place]["result"]["all"]["ce"] for place in (0, -1))
    if not after < before - 0.05:
        raise SmokeFailure(f"the cross-entropy on held-out questions went from {before:.3f} to {after:.3f}")
    _check_resuming(work, common)
    both = (work / "run" / "checkpoint.pt", aligned)
    _command("average-weights", *both, "--shares", 0.8, 0.2, "--out", work / "averaged.pt")
    labels = ("--labels", "en-en:qa", "zh-zh:qa", "--most", 50)
    _command("mine", "--checkpoint", work / "run" / "checkpoint.pt", "--work", work, *labels, *thread_options)
    print("smoke: export", flush=True)
    ranker, _ = load_checkpoint(work / "run" / "checkpoint.pt")
    # Not the command: its bound for the 8-bit file is that of a model that has been trained for hours.
    write_folder(ranker, work / "model", tokenizer)
    _check_export(ranker, work / "model", towns)


def _command(name: str, *options: object) -> None:
    print(f"smoke: {name}", flush=True)
    status = main([name, *map(str, options)])
    if status:
        raise SmokeFailure(f"{name} ended with {status}")


def _check_resuming(work: Path, common: tuple[object, ...]) -> None:
    """Eight steps at once and five and three steps must leave the same weights, bit for bit."""
    shared = (*common, "--tokens", 2048 * 8, "--start", work / "start.pt", "--measure-minutes", 0, "--masked-every", 3)
    _command("train", *shared, "--run", "whole")
    _command("train", *shared, "--run", "parts", "--stop-after", 5)
    _command("train", *shared, "--run", "parts")
    whole, parts = (load_checkpoint(work / name / "checkpoint.pt")[0].state_dict() for name in ("whole", "parts"))
    different = [name for name in whole if not torch.equal(whole[name], parts[name])]
    if different:
        largest = max(float((whole[name] - parts[name]).abs().max()) for name in different)
        raise SmokeFailure(f"a resumed run differs from an uninterrupted one by up to {largest:.2e} in {different[0]}")


def _check_export(ranker: Ranker, model: Path, towns: list[Town]) -> None:
    """The float32 ONNX file must give PyTorch's logits."""
    encoder = PairTokenizer.load(model)
    pairs = [
        (encoder.encode(question), encoder.encode(" ".join(fill_in(SENTENCES, other, ENGLISH))))
        for town, other in zip(towns[:4], towns[1:])
        for question in fill_in(QUESTIONS, town, ENGLISH)
    ]
    got = OnnxScorer(model / "onnx" / "model.onnx").score(pairs)
    difference = float(np.abs(score_pairs(ranker, pairs) - got).max())
    if difference > AGREEMENT:
        raise SmokeFailure(f"the exported model differs from PyTorch by {difference:.4f} logits")
