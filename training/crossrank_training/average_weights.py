"""`average-weights`: the weighted mean of checkpoints of one run of training stages.

Training on changes what a model was good at before. Where both checkpoints lie in one valley of the loss, as a
checkpoint and what it was trained into do, the mean keeps much of both (WiSE-FT, https://arxiv.org/abs/2109.01903).
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from pathlib import Path

import torch

from .model import Ranker, load_checkpoint, save_checkpoint
from .run_record import RunRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("checkpoints", type=Path, nargs="+", help="checkpoints of one shape")
    parser.add_argument("--shares", type=float, nargs="+", required=True, help="a share for each; their sum is 1")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write; OUT.json beside it is its record")


def run(arguments: argparse.Namespace) -> int:
    """Writes the averaged checkpoint and its record."""
    rankers = [load_checkpoint(path)[0] for path in arguments.checkpoints]
    try:
        averaged = average_weights(rankers, arguments.shares)
    except ValueError as error:
        raise SystemExit(f"average-weights: {error}") from None
    save_checkpoint(arguments.out, averaged, {})
    made_of = " + ".join(f"{share:g} of {path.stem}" for share, path in zip(arguments.shares, arguments.checkpoints))
    RunRecord(made_of, platform.machine()).write(arguments.out.with_suffix(".json"))
    print(f"saved {arguments.out}: {made_of}")
    return 0


def average_weights(rankers: Sequence[Ranker], shares: Sequence[float]) -> Ranker:
    """A ranker whose every parameter is the mean of the others', weighted by shares.

    Raises ValueError for shares that do not fit the rankers or do not add up to 1, and for rankers of other shapes.
    """
    if len(shares) != len(rankers):
        raise ValueError(f"{len(rankers)} checkpoints and {len(shares)} shares")
    if abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"the shares add up to {sum(shares):g}, not to 1")
    if any(ranker.config != rankers[0].config for ranker in rankers):
        raise ValueError("the checkpoints differ in shape")
    weights = [ranker.state_dict() for ranker in rankers]
    averaged = Ranker(rankers[0].config)
    with torch.no_grad():
        averaged.load_state_dict(
            {name: sum(share * each[name] for share, each in zip(shares, weights)) for name in weights[0]}
        )
    return averaged.eval()
