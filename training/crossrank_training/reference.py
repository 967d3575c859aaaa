"""Reference logits: what both files of an exported model give to 17 pairs, for the app's tests of itself.

Short and long, English and Chinese, right and wrong answers, nothing at all: a fault in any of these shows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from .packing import cut_pair, join_pair
from .scorers import OnnxScorer
from .tokenizer import PairTokenizer

FILE_NAME = "reference-logits.json"
FORMAT_VERSION = 1
# |logit - reference| that counts as the same, also on another runtime or device.
TOLERANCES = {"fp32 against logit_fp32": 0.001, "q8 against logit_q8": 0.05, "q8 against logit_fp32": 0.2}

HOUSING_FUND = "如何申请公积金贷款？"
PANDA = "what is panda?"
CAPITAL = "What is the capital of France?"
BERLIN = "How many people live in Berlin?"
ROUTER = "how do I reset my router password"
COLD = "感冒了可以喝咖啡吗"

REFERENCE_PAIRS: tuple[tuple[str, str], ...] = (
    (HOUSING_FUND, "公司为员工缴纳五险一金的标准"),
    (HOUSING_FUND, "住房公积金贷款办理指南"),
    (PANDA, "hi"),
    (
        PANDA,
        "The giant panda (Ailuropoda melanoleuca), sometimes called a panda bear or simply panda, is a bear species "
        "endemic to China.",
    ),
    (CAPITAL, "Paris is the capital of France."),
    (CAPITAL, "Berlin is the capital of Germany."),
    (
        BERLIN,
        "Berlin had a population of 3,520,031 registered inhabitants in an area of 891.82 square kilometers.",
    ),
    (BERLIN, "Berlin is well known for its museums."),
    (ROUTER, "Hold the reset button for ten seconds, then log in with the default password printed on the label."),
    (ROUTER, "A password should have at least twelve characters and never be reused."),
    (COLD, "感冒期间应多喝温水，咖啡中的咖啡因会利尿并影响睡眠，建议少喝或不喝。"),
    (COLD, "咖啡豆的烘焙程度决定了咖啡的风味和酸度。"),
    ("电脑开机很慢怎么办", "Disable unneeded start-up programs and replace the hard disk by a solid-state drive."),
    ("", ""),
    ("a", "b"),
    ("long document", " ".join(["word"] * 700)),
    ("表情 emoji", "😀 👨\u200d👩\u200d👧 مرحبا <script>alert(1)</script>"),
)


def compute_references(
    name: str, tokenizer: PairTokenizer, scorers: dict[str, OnnxScorer], *, max_length: int = 512
) -> dict[str, Any]:
    """The content of reference-logits.json.

    scorers: of the files "fp32" and "q8". Each pair is a batch of its own, so that no padding has a part in it.
    """
    pairs = []
    for query, document in REFERENCE_PAIRS:
        sequence = lay_out(tokenizer, query, document, max_length)
        logits = {
            f"logit_{precision}": round(float(scorer.run([sequence])[0]), 6) for precision, scorer in scorers.items()
        }
        pairs.append({"query": query, "document": document, "tokens": len(sequence[0]), **logits})
    return {
        "version": FORMAT_VERSION,
        "model": name,
        "runtime": f"onnxruntime {onnxruntime.__version__}, CPU, one pair at a time",
        "truncation": f"passage only, {max_length} tokens, final separator kept",
        "tolerance": TOLERANCES,
        "pairs": pairs,
    }


def lay_out(
    tokenizer: PairTokenizer, query: str, document: str, max_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Token and segment ids of a pair. Nothing at all is [CLS] [SEP]: a text without a second one."""
    if query == document == "":
        return np.array([tokenizer.cls_id, tokenizer.sep_id]), np.zeros(2, np.int64)
    return join_pair(*cut_pair(tokenizer.encode(query), tokenizer.encode(document), max_length))


def write_references(folder: Path, references: dict[str, Any]) -> None:
    """Writes reference-logits.json."""
    (folder / FILE_NAME).write_text(json.dumps(references, indent=1, ensure_ascii=False), encoding="utf-8")


def compare_references(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, float]:
    """The largest difference of the logits of two such files, by number format.

    Raises ValueError where they do not hold the same pairs of the same lengths.
    """

    def identify(references: dict[str, Any]) -> Sequence[tuple[str, str, int]]:
        return [(pair["query"], pair["document"], pair["tokens"]) for pair in references["pairs"]]

    if identify(found) != identify(expected):
        raise ValueError("the two files do not hold the same pairs of the same lengths")
    kinds = [kind for kind in found["pairs"][0] if kind.startswith("logit_")]
    return {
        kind: max(abs(pair[kind] - other[kind]) for pair, other in zip(found["pairs"], expected["pairs"]))
        for kind in kinds
    }
