"""Finds training text that shares a run of words with a collection held out for measuring."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .text import ngrams, split_words

SHORTEST_WHOLE_TEXT = 4


class OverlapFilter:
    """Runs of 8 words (13 characters in Chinese) of the held-out texts.

    Held-out texts shorter than a run (questions, the documents of a demo) count where a whole training text
    equals them word for word, from four words on.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs: set[int] = set()
        self._whole: set[int] = set()
        self.texts = 0
        for text in texts:
            self.texts += 1
            words = split_words(text)
            self._runs.update(ngrams(text, words))
            if len(words) >= SHORTEST_WHOLE_TEXT:
                self._whole.add(hash(tuple(words)))

    def overlaps(self, text: str) -> bool:
        """Whether the text shares a run with a held-out text or equals one."""
        if not self._runs and not self._whole:
            return False
        words = split_words(text)
        return any(run in self._runs for run in ngrams(text, words)) or hash(tuple(words)) in self._whole


def read_held_out(paths: Iterable[str | Path]) -> Iterator[str]:
    """Every string of every JSON, JSON Lines and TSV file below the given files and folders.

    Reads JSON strings of any depth, so that the format of a collection does not matter. Raises FileNotFoundError
    for a path that does not exist: a check against nothing must not pass in silence.
    """
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f"held-out collection {path} does not exist")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.suffix == ".json":
                yield from _strings_of(json.loads(file.read_text(encoding="utf-8")))
            elif file.suffix == ".jsonl":
                for line in file.read_text(encoding="utf-8").splitlines():
                    yield from _strings_of(json.loads(line))
            elif file.suffix == ".tsv":
                for line in file.read_text(encoding="utf-8").splitlines():
                    yield from line.split("\t")


def _strings_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _strings_of(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _strings_of(entry)
