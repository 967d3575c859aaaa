"""`curve`: what every token gave so far, and what a longer run would give if it went on like that."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALL = "all"
MULTIPLES = (2, 4, 10)


@dataclass(frozen=True)
class CurvePoint:
    """A dev measurement: tokens seen until then by all stages, P@1 and cross-entropy, and whether its stage ended there.

    At the end of a stage the learning rate has come down, so that only ends can be compared with one another.
    """

    tokens: float
    p1: float
    cross_entropy: float
    ends: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("records", type=Path, nargs="+", help="record.json of every stage, in order")
    parser.add_argument("--before", type=float, default=0, help="tokens that the first stage's start had seen (default: 0)")
    parser.add_argument("--label", default=ALL, help="dev label, such as zh-en:parallel (default: the mean of all)")


def run(arguments: argparse.Namespace) -> int:
    """Prints the curve as a Markdown table, and the extrapolation."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.records]
    print(write_curve(read_curve(records, before=arguments.before, label=arguments.label)))
    return 0


def read_curve(records: Sequence[dict[str, Any]], *, before: float = 0, label: str = ALL) -> list[CurvePoint]:
    """The dev measurements of stages that follow one another. A stage's first one, at its start, is the end before it.

    Raises ValueError where there is no measurement of the label.
    """
    points: list[CurvePoint] = []
    for record in records:
        measured = [entry for entry in record["dev"] if label in entry["result"]]
        for entry in measured:
            if entry["step"] == 0 and points:
                continue
            result = entry["result"][label]
            ends = entry["step"] == 0 or entry is measured[-1]
            points.append(CurvePoint(before + entry["tokens"], result["p1"], result["ce"], ends))
        before += record["tokens"]
    if not points:
        raise ValueError(f"the records hold no dev measurement of {label}")
    return points


def extrapolate(points: Sequence[CurvePoint], multiple: float) -> tuple[float, float]:
    """(P@1, cross-entropy) at that many times the tokens, if every doubling gives what it gave between the last two ends.

    Curves flatten, so this is what a longer run may give at the most. Raises ValueError for fewer than two ends.
    """
    ends = [point for point in points if point.ends and point.tokens > 0]
    if len(ends) < 2:
        raise ValueError("two ends of stages are needed to see what a doubling of the tokens gives")
    before, last = ends[-2:]
    share = math.log(multiple) / math.log(last.tokens / before.tokens)
    return (
        min(1.0, last.p1 + share * (last.p1 - before.p1)),
        max(0.0, last.cross_entropy + share * (last.cross_entropy - before.cross_entropy)),
    )


def write_curve(points: Sequence[CurvePoint]) -> str:
    """The table of the measurements, ends of stages in bold, and below them the extrapolations where two ends allow it."""
    lines = ["| tokens | dev P@1 | dev cross-entropy |", "|---|---|---|"]
    for point in points:
        cells = [f"{point.tokens / 1e6:.1f} M", f"{point.p1:.3f}", f"{point.cross_entropy:.3f}"]
        lines.append("| " + " | ".join(f"**{cell}**" if point.ends else cell for cell in cells) + " |")
    if sum(point.ends and point.tokens > 0 for point in points) >= 2:
        for multiple in MULTIPLES:
            p1, cross_entropy = extrapolate(points, multiple)
            tokens = multiple * points[-1].tokens / 1e6
            lines.append(f"| {tokens:.0f} M, extrapolated | at most {p1:.3f} | at least {cross_entropy:.3f} |")
    return "\n".join(lines)
