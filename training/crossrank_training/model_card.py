"""`card`: README.md of a model folder, out of what was measured and recorded. No number in it is written by hand."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .evaluation_table import MAIN_MEASURES, write_table
from .manifest import MANIFEST
from .onnx_graph import BLOCK_SIZE
from .reference import FILE_NAME

FILES = {
    "onnx/model_quantized.onnx": f"8-bit weights: `com.microsoft.MatMulNBits` (bits 8, block {BLOCK_SIZE}) and int8 embedding rows with a scale each; runs on WASM and on WebGPU",
    "onnx/model.onnx": "standard operators, opset 17: the reference",
    "onnx/model_fused.onnx": "as model_quantized.onnx, with fused operators, for measuring speed",
    "model.safetensors": "weights for PyTorch",
    FILE_NAME: "logits of the 8-bit and the float file for 17 pairs by the native runtime",
}
MEGABYTE = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", type=Path, help="model folder, of `export`; its README.md is written")
    parser.add_argument("--evaluation", type=Path, required=True, help="JSON file of `evaluate`")
    parser.add_argument("--records", type=Path, nargs="+", required=True, help="record.json of every stage, in order")
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help="default: training/sources.json")
    parser.add_argument("--title", help="default: the folder's name")
    parser.add_argument("--notes", type=Path, help="Markdown that follows the stages: what no record tells")
    parser.add_argument("--sets", nargs="+", help="only these sets of the manifest were used (default: all)")


def run(arguments: argparse.Namespace) -> int:
    """Writes the card."""
    card = write_card(
        arguments.model,
        _read(arguments.evaluation),
        [_read(path) for path in arguments.records],
        _read(arguments.manifest),
        title=arguments.title or arguments.model.resolve().name,
        notes=arguments.notes.read_text(encoding="utf-8") if arguments.notes else "",
        sets=arguments.sets,
    )
    path = arguments.model / "README.md"
    path.write_text(card, encoding="utf-8")
    print(f"Written: {path}")
    return 0


def write_card(
    model: Path,
    evaluation: dict[str, Any],
    records: Sequence[dict[str, Any]],
    manifest: dict[str, Any],
    *,
    title: str,
    notes: str = "",
    sets: Sequence[str] | None = None,
) -> str:
    """The card as Markdown.

    evaluation: as `evaluate` writes it; records: of the stages, in order; manifest: as `manifest` writes it;
    notes: Markdown that follows the stages.
    Raises ValueError for a set that the manifest does not name.
    """
    config = _read(model / "config.json")
    parts = [
        f"# {title}",
        describe_model(config),
        list_files(model),
        "## Measured\n\n" + write_table(evaluation).strip(),
        "## What it is bad at\n\n" + list_weaknesses(evaluation),
        "## How it was trained\n\n" + describe_stages(records),
        *([notes.strip()] if notes.strip() else []),
        "## What it was trained on\n\n" + describe_sources(manifest, sets),
        "The recipe is the package in `training/` of Crossrank. None of the collections above, and nothing of SQuAD dev, "
        "CMRC dev, DRCD test, TREC or MS MARCO, is part of the training material; texts that overlap with them were dropped.",
    ]
    return "\n\n".join(parts) + "\n"


def describe_model(config: dict[str, Any]) -> str:
    """What kind of model it is, in two sentences."""
    layers, hidden = config["num_hidden_layers"], config["hidden_size"]
    parameters = count_parameters(config) / 1e6
    return (
        f"A cross-encoder for English and Chinese: BERT, {layers} layers, hidden {hidden}, {config['num_attention_heads']} "
        f"heads, vocabulary {config['vocab_size']:,} (word pieces, one token per Chinese character, lower-cased), "
        f"{parameters:.1f} M parameters, trained from scratch. Input `[CLS] query [SEP] document [SEP]` with "
        f"token_type_ids, at most {config['max_position_embeddings']} tokens; output `logits` [batch, 1]; "
        "relevance = sigmoid(logit)."
    )


def count_parameters(config: dict[str, Any]) -> int:
    """How many numbers a BERT of this shape with one output has."""
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    rows = config["vocab_size"] + config["max_position_embeddings"] + config["type_vocab_size"]
    attention = 4 * (hidden * hidden + hidden)
    feed_forward = 2 * hidden * wide + wide + hidden
    layer = attention + feed_forward + 4 * hidden
    return rows * hidden + 2 * hidden + config["num_hidden_layers"] * layer + hidden * hidden + 2 * hidden + 1


def list_files(model: Path) -> str:
    """The table of the folder's files that are there."""
    lines = ["| file | size | what it is |", "|---|---|---|"]
    for name, meaning in FILES.items():
        path = model / name
        if path.exists():
            size = path.stat().st_size
            shown = f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{size / 1000:.0f} kB"
            lines.append(f"| `{name}` | {shown} | {meaning} |")
    return "\n".join(lines)


def list_weaknesses(evaluation: dict[str, Any]) -> str:
    """Where the model does not beat the first stage beyond doubt, or is wrong more often than not."""
    lines = []
    for task in evaluation["tasks"].values():
        measure = MAIN_MEASURES[task["kind"]][0]
        alone = task["systems"]["model"][measure]["mean"]
        gain = task["differences"]["model - first-stage"][measure]
        shown = f"{measure} {alone:.3f}, first stage {task['systems']['first-stage'][measure]['mean']:.3f}"
        if gain["high"] < 0:
            lines.append(f"- {task['title']}: alone it is worse than the first stage ({shown}).")
        elif gain["low"] <= 0:
            lines.append(f"- {task['title']}: alone it is not certainly better than the first stage ({shown}).")
        if alone < 0.5 and task["kind"] != "graded":
            lines.append(f"- {task['title']}: it puts the right one first in {alone:.0%} of the cases.")
    return "\n".join(lines) or "It is better than the first stage on every collection above."


def describe_stages(records: Sequence[dict[str, Any]]) -> str:
    """One row for each stage, and the whole cost."""
    lines = ["| stage | started from | tokens | of them masked language | hours | machine | last loss |", "|" + "---|" * 7]
    for number, record in enumerate(records, 1):
        loss = f"{record['losses'][-1][2]:.3f}" if record["losses"] else ""
        cells = [
            str(number),
            Path(record["started_from"]).name,
            f"{record['tokens'] / 1e6:.1f} M",
            f"{record['masked_tokens'] / 1e6:.1f} M",
            f"{record['seconds'] / 3600:.2f}",
            record["machine"],
            loss,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    tokens = sum(record["tokens"] for record in records) / 1e6
    hours = sum(record["seconds"] for record in records) / 3600
    return "\n".join(lines) + f"\n\n{tokens:.1f} M tokens in {hours:.2f} hours in all."


def describe_sources(manifest: dict[str, Any], chosen: Sequence[str] | None) -> str:
    """The sets with rows, licences and sources; those that were left out are named below the table."""
    named = {entry["name"]: entry for entry in manifest["sets"]}
    unknown = set(chosen or ()) - set(named)
    if unknown:
        raise ValueError(f"the manifest does not name {', '.join(sorted(unknown))}")
    lines = ["| set | rows | licence | source @ commit |", "|---|---|---|---|"]
    left_out = []
    for name in chosen or named:
        entry = named[name]
        if "excluded" in entry:
            left_out.append(f"Left out: {name} ({entry['source']}); {entry['excluded']}.")
            continue
        lines.append(f"| {name} | {entry['rows']:,} | {entry['licence']} | {entry['source']} |")
    return "\n\n".join(["\n".join(lines), *left_out])


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))
