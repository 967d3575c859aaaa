"""What a run has seen and reached, kept in its checkpoint and beside it as record.json for the model card."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from .files import write_whole


@dataclass
class RunRecord:
    """tokens, masked_tokens: real tokens seen, padding not counted; the masked ones are part of the first number.

    seconds: time spent in steps. losses: [step, tokens, mean cross-entropy of the groups since the entry before].
    dev: {"step", "tokens", "result"} of every measurement. sessions: the options of every start.
    """

    started_from: str
    machine: str
    tokens: int = 0
    masked_tokens: int = 0
    seconds: float = 0.0
    losses: list[list[float]] = field(default_factory=list)
    dev: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)

    @staticmethod
    def begin(arguments: argparse.Namespace, started_from: str) -> RunRecord:
        """The record of a new run."""
        cores = f"{os.cpu_count()} CPU cores ({platform.machine()})"
        machine = torch.cuda.get_device_name() if str(arguments.device).startswith("cuda") else cores
        return RunRecord(started_from, machine, sessions=[_plain(arguments)])

    @staticmethod
    def resume(content: dict[str, Any], arguments: argparse.Namespace) -> RunRecord:
        """The record out of a checkpoint, with the options of this start added."""
        record = RunRecord(**content)
        record.sessions.append(_plain(arguments))
        return record

    def count(self, tokens: int, masked: bool, seconds: float) -> None:
        """Adds one step."""
        self.tokens += tokens
        self.masked_tokens += tokens if masked else 0
        self.seconds += seconds

    def add_loss(self, step: int, cross_entropy: float) -> None:
        """Adds a point of the loss curve."""
        self.losses.append([step, self.tokens, round(cross_entropy, 4)])

    def add_dev(self, step: int, result: dict[str, dict[str, float]]) -> None:
        """Adds a dev measurement."""
        rounded = {label: {name: round(value, 4) for name, value in entry.items()} for label, entry in result.items()}
        self.dev.append({"step": step, "tokens": self.tokens, "result": rounded})

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self)

    def write(self, path: Path) -> None:
        """Writes the record as JSON: beside the target, then renamed over it."""
        with write_whole(path) as unfinished:
            unfinished.write_text(json.dumps(self.to_dict(), indent=1), encoding="utf-8")


def _plain(arguments: argparse.Namespace) -> dict[str, Any]:
    """Options as JSON values."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
