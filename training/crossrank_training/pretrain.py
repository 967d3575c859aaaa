"""`pretrain`: the self-supervised stage, masked words over all passages, translations and questions with passages.

It is `train` with masked words in every step; the inverse cloze task is part of `train`'s mixture.
"""

from __future__ import annotations

import argparse

from . import train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train` with other defaults."""
    train.add_arguments(parser)
    parser.set_defaults(run="pretrain", masked_every=1, plain_share=0.5, rate=5e-4, measure_minutes=0.0)


def run(arguments: argparse.Namespace) -> int:
    """Runs the stage; --start is the checkpoint that `vectors` wrote, or any other."""
    if arguments.masked_every != 1:
        raise SystemExit("pretrain: every step is masked words; use `train` for a mixture")
    return train.run(arguments)
