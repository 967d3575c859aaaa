"""The commands of the package: `python -m crossrank_training COMMAND --help`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

# Threads that spin while they wait cost a shared machine half of its speed. Read once, when PyTorch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "0")

# Command: its module and what it does. Modules are imported only when their command runs, which keeps --help quick.
COMMANDS: dict[str, tuple[str, str]] = {
    "manifest": ("manifest", "make or check the manifest of the sources"),
    "learn-tokenizer": ("learn_tokenizer", "learn a vocabulary from the sources"),
    "prepare": ("prepare", "tokenise the sources, drop what overlaps held-out collections, find BM25 negatives"),
    "vectors": ("vectors", "word vectors by counting, and a start from zero made of them"),
    "align": ("align", "draw the word embeddings of translations together"),
    "pretrain": ("pretrain", "masked-language-model stage"),
    "train": ("train", "supervised stage, with or without a teacher"),
    "mine": ("mine", "re-rank the BM25 negatives by a checkpoint, hardest first"),
    "average-weights": ("average_weights", "the weighted mean of checkpoints"),
    "evaluate": ("evaluate", "measure a checkpoint or an ONNX file on the held-out collections"),
    "curve": ("curve", "what every token gave, and what a longer run would give"),
    "export": ("export", "write the Hugging Face folder with fp32 and 8-bit ONNX files"),
    "card": ("model_card", "write the model card from the measurements and the training record"),
    "check-tokenizer": ("check_tokenizer", "compare the app's tokenizer with the reference on mixed lines"),
    "smoke": ("smoke", "run every stage in small on sample text, in about two minutes"),
}


def main(words: list[str]) -> int:
    """Runs one command. Returns its exit status; 2 for an unknown command."""
    if not words or words[0] in ("-h", "--help"):
        print("usage: python -m crossrank_training COMMAND [options]\n\ncommands:")
        for name, (_, summary) in COMMANDS.items():
            print(f"  {name:<16}{summary}")
        return 0
    if words[0] not in COMMANDS:
        print(f"unknown command {words[0]!r}; --help lists the commands", file=sys.stderr)
        return 2
    module_name, summary = COMMANDS[words[0]]
    module = importlib.import_module(f".{module_name}", __package__)
    parser = argparse.ArgumentParser(
        prog=f"crossrank_training {words[0]}", description=f"{summary[0].upper()}{summary[1:]}."
    )
    module.add_arguments(parser)
    return module.run(parser.parse_args(words[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
