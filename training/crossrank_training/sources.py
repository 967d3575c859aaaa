"""Reads the training material: JSON Lines files packed with Zstandard.

A folder of sources holds `pairs-{query language}-{passage language}.jsonl.zst` with rows
{"set", "kind", "q", "p"} and `text-{language}.jsonl.zst` with rows {"set", "title", "text"}.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

KINDS = ("qa", "heading", "title", "gloss", "synonym", "parallel")
# Sets that a folder may hold and nothing is trained on, with why not.
EXCLUDED_SETS: dict[str, str] = {
    "insurance_question_zh_en": "its README allows use for research only (数据仅限于研究用途)",
}


@dataclass(frozen=True)
class SourceRow:
    """A query and a passage that answers it, or (kind "text") a passage and its title.

    languages: "en-en", "zh-en", "en-zh", "zh-zh" (query, passage), or "zh" and "en" for plain text.
    """

    languages: str
    set_name: str
    kind: str
    query: str
    passage: str


def list_source_files(folder: str | Path) -> list[Path]:
    """The pair and text files of a folder, sorted. Raises FileNotFoundError where there are none."""
    files = sorted(path for path in Path(folder).glob("*.jsonl.zst") if path.name.startswith(("pairs-", "text-")))
    if not files:
        raise FileNotFoundError(f"no pairs-*.jsonl.zst or text-*.jsonl.zst in {folder}")
    return files


def read_lines(path: Path) -> Iterator[dict[str, str]]:
    """The JSON objects of one packed file."""
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        for line in io.TextIOWrapper(stream, encoding="utf-8"):
            yield json.loads(line)


def read_rows(path: Path) -> Iterator[SourceRow]:
    """The rows of one file, in order. Raises ValueError for an unknown kind."""
    kind_of_file, languages = path.name.removesuffix(".jsonl.zst").split("-", 1)
    for line in read_lines(path):
        if kind_of_file == "text":
            yield SourceRow(languages, line["set"], "text", line["title"], line["text"])
            continue
        if line["kind"] not in KINDS:
            raise ValueError(f"{path.name}: unknown kind {line['kind']!r}")
        yield SourceRow(languages, line["set"], line["kind"], line["q"], line["p"])


def read_training_rows(path: Path) -> Iterator[SourceRow]:
    """The rows of one file that may be trained on: all but those of EXCLUDED_SETS."""
    return (row for row in read_rows(path) if row.set_name not in EXCLUDED_SETS)


def write_rows(path: Path, lines: list[dict[str, str]]) -> None:
    """Writes one packed file; the counterpart of read_lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_bytes(zstandard.ZstdCompressor(level=10).compress(content.encode("utf-8")))
