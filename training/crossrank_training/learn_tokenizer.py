"""`learn-tokenizer`: a vocabulary from the sources; the shipped model keeps the one it has."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from .sources import list_source_files, read_training_rows
from .text import clean
from .tokenizer import learn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--sources", type=Path, required=True, help="folder with the packed source files")
    parser.add_argument("--out", type=Path, default=Path("work/tokenizer"), help="folder to write (default: work/tokenizer)")
    parser.add_argument("--vocab-size", type=int, default=19_000)
    parser.add_argument("--every", type=int, default=4, help="read every n-th row (default: 4)")


def run(arguments: argparse.Namespace) -> int:
    """Learns and writes the tokenizer."""

    def read_texts() -> Iterator[str]:
        for path in list_source_files(arguments.sources):
            for number, row in enumerate(read_training_rows(path)):
                if number % arguments.every == 0:
                    yield row.query
                    yield clean(row.passage)[:4000]

    tokenizer = learn(read_texts(), arguments.vocab_size)
    tokenizer.write_folder(arguments.out)
    print(f"{tokenizer.vocab_size} tokens in {arguments.out}")
    return 0
