"""Where the repository's own files lie, the hash of a file, and writing one whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EMBEDDED_MODEL = REPOSITORY / "public/models/crossrank-tiny-en-zh"
# The training material is no part of the repository: it lies beside it.
SOURCES = REPOSITORY.parent / "shared/training/data"


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Gives a path beside the target to write to, which is then renamed over it: nobody ever reads half a file."""
    unfinished = path.with_name(path.name + ".unfinished")
    yield unfinished
    os.replace(unfinished, path)
