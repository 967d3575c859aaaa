"""`manifest`: writes or checks sources.json, which says what the model was trained on.

The data itself is not in the repository. The manifest names every set with its languages, kinds, rows, licence and
source, and every file with its bytes and hash, so that anyone can see what went in, and that they hold the same.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from .files import REPOSITORY, SOURCES, hash_file
from .sources import EXCLUDED_SETS, list_source_files, read_rows

MANIFEST = REPOSITORY / "training/sources.json"
LICENCES = "SOURCES.md"
# A set of plain text has the same name as a set of pairs at times, and then a row of its own in the licences' table.
TEXT_MARK = " (text)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--sources", type=Path, default=SOURCES, help=f"folder with *.jsonl.zst and {LICENCES}")
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help="default: training/sources.json")
    parser.add_argument("--write", action="store_true", help="write it anew, instead of checking the folder against it")


def run(arguments: argparse.Namespace) -> int:
    """Writes the manifest, or 1 where the folder is not what it says."""
    if arguments.write:
        manifest = make_manifest(arguments.sources)
        arguments.manifest.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{arguments.manifest}: {len(manifest['sets'])} sets in {len(manifest['files'])} files")
        return 0
    problems = check_folder(arguments.sources, json.loads(arguments.manifest.read_text(encoding="utf-8")))
    for problem in problems:
        print(f"Differs: {problem}")
    if not problems:
        print(f"{arguments.sources} holds what {arguments.manifest} says.")
    return 1 if problems else 0


def make_manifest(folder: Path) -> dict[str, Any]:
    """Counts every row of a folder. Raises ValueError for a set whose licence is not named."""
    licences = read_licences(folder / LICENCES)
    sets: dict[str, dict[str, Any]] = {}
    files = []
    for path in list_source_files(folder):
        rows = 0
        for row in read_rows(path):
            rows += 1
            name = row.set_name + (TEXT_MARK if row.kind == "text" else "")
            if name not in sets:
                if name not in licences:
                    raise ValueError(f"{path.name} has rows of {name}, of which {LICENCES} says nothing")
                sets[name] = {"languages": Counter(), "kinds": Counter()}
            sets[name]["languages"][row.languages] += 1
            sets[name]["kinds"][row.kind] += 1
        files.append({"name": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": hash_file(path)})
    return {
        "version": 1,
        "about": "Rows by language (of query-passage, or of a text) and by kind. The files are not in the repository.",
        "files": files,
        "sets": [
            {
                "name": name,
                "rows": sum(counts["kinds"].values()),
                "languages": dict(sorted(counts["languages"].items())),
                "kinds": dict(sorted(counts["kinds"].items())),
                **licences[name],
                **({"excluded": EXCLUDED_SETS[name]} if name in EXCLUDED_SETS else {}),
            }
            for name, counts in sorted(sets.items())
        ],
    }


def read_licences(path: Path) -> dict[str, dict[str, str]]:
    """Licence and source of every set, of the table | set | rows | licence | source @ commit | in SOURCES.md."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 4 and cells[1].isdigit():
            found[cells[0]] = {"licence": cells[2], "source": cells[3]}
    if not found:
        raise ValueError(f"{path} holds no table of sets")
    return found


def check_folder(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Which files of the manifest are missing or other, and which are there without being in it."""
    problems = []
    named = {file["name"] for file in manifest["files"]}
    for file in manifest["files"]:
        path = folder / file["name"]
        if not path.is_file():
            problems.append(f"{file['name']} is missing")
        elif path.stat().st_size != file["bytes"] or hash_file(path) != file["sha256"]:
            problems.append(f"{file['name']} has other content")
    present = {path.name for path in folder.glob("*.jsonl.zst")}
    return problems + [f"{name} is not in the manifest" for name in sorted(present - named)]
