"""The manifest, the model card and the lines of the tokenizer check."""

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from crossrank_training.check_tokenizer import CODE_LINES, make_lines
from crossrank_training.export import describe_config
from crossrank_training.manifest import check_folder, make_manifest
from crossrank_training.model import Ranker, RankerConfig
from crossrank_training.model_card import count_parameters, describe_sources, list_weaknesses, write_card
from crossrank_training.sources import EXCLUDED_SETS, read_training_rows, write_rows


def make_sources(folder: Path, rows: int = 3) -> None:
    """One file of pairs and one of texts, which share the name of a set."""
    pairs = [{"set": "a", "kind": "qa", "q": f"question {row}", "p": f"answer {row}"} for row in range(rows)]
    texts = [{"set": "a", "title": f"标题{row}", "text": f"文本{row}"} for row in range(rows + 1)]
    write_rows(folder / "pairs-en-en.jsonl.zst", pairs)
    write_rows(folder / "text-zh.jsonl.zst", texts)
    table = "| set | rows | licence | source @ commit |\n|---|---|---|---|\n"
    table += "| a | 3 | MIT | x/y@1 |\n| a (text) | 4 | CC0 | x/z@2 |\n"
    (folder / "SOURCES.md").write_text(table)


def make_task(title: str, model: float, low: float, high: float) -> dict:
    return {
        "title": title,
        "kind": "traps",
        "queries": 9,
        "systems": {name: {"P@1": {"mean": mean, "low": 0, "high": 1}} for name, mean in (("first-stage", 0.5), ("model", model), ("sum", 0.6))},
        "differences": {"model - first-stage": {"P@1": {"mean": 0.1, "low": low, "high": high}}},
    }  # fmt: skip


class ManifestTest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        make_sources(self.folder)

    def test_counts_rows_by_language_and_kind(self) -> None:
        manifest = make_manifest(self.folder)
        self.assertEqual(
            manifest["sets"],
            [
                {"name": "a", "rows": 3, "languages": {"en-en": 3}, "kinds": {"qa": 3}, "licence": "MIT", "source": "x/y@1"},
                {"name": "a (text)", "rows": 4, "languages": {"zh": 4}, "kinds": {"text": 4}, "licence": "CC0", "source": "x/z@2"},
            ],
        )
        self.assertEqual([file["rows"] for file in manifest["files"]], [3, 4])

    def test_says_what_is_missing_other_or_new(self) -> None:
        manifest = make_manifest(self.folder)
        self.assertEqual(check_folder(self.folder, manifest), [])
        (self.folder / "text-zh.jsonl.zst").unlink()
        pairs = self.folder / "pairs-en-en.jsonl.zst"
        pairs.write_bytes(pairs.read_bytes()[:-1] + b"?")
        write_rows(self.folder / "pairs-zh-zh.jsonl.zst", [])
        self.assertEqual(
            check_folder(self.folder, manifest),
            [
                "pairs-en-en.jsonl.zst has other content",
                "text-zh.jsonl.zst is missing",
                "pairs-zh-zh.jsonl.zst is not in the manifest",
            ],
        )

    def test_a_set_that_is_left_out_is_named_and_not_read_for_training(self) -> None:
        with mock.patch.dict(EXCLUDED_SETS, {"a": "research only"}):
            manifest = make_manifest(self.folder)
            kept = list(read_training_rows(self.folder / "pairs-en-en.jsonl.zst"))
        self.assertEqual(kept, [])
        self.assertEqual(manifest["sets"][0]["excluded"], "research only")
        self.assertNotIn("excluded", make_manifest(self.folder)["sets"][0])
        self.assertEqual(len(list(read_training_rows(self.folder / "pairs-en-en.jsonl.zst"))), 3)
        card = describe_sources(manifest, None)
        self.assertIn("Left out: a (x/y@1); research only.", card)
        self.assertNotIn("| a | 3", card)

    def test_refuses_a_set_without_a_licence(self) -> None:
        table = (self.folder / "SOURCES.md").read_text().replace("| a (text) |", "| b |")
        (self.folder / "SOURCES.md").write_text(table)
        with self.assertRaisesRegex(ValueError, r"a \(text\)"):
            make_manifest(self.folder)


class CardTest(unittest.TestCase):
    def test_parameters_are_those_of_the_model(self) -> None:
        config = RankerConfig(50, hidden_size=32, layers=3, heads=2, intermediate_size=40, max_length=9)
        expected = sum(values.numel() for values in Ranker(config).parameters())
        self.assertEqual(count_parameters(describe_config(config)), expected)

    def test_weaknesses_are_said(self) -> None:
        tasks = {
            "better": make_task("Better", 0.9, 0.05, 0.2),
            "unsure": make_task("Unsure", 0.6, -0.05, 0.2),
            "worse": make_task("Worse", 0.3, -0.3, -0.1),
        }
        said = list_weaknesses({"tasks": tasks})
        self.assertNotIn("Better", said)
        self.assertIn("Unsure: alone it is not certainly better", said)
        self.assertIn("Worse: alone it is worse", said)
        self.assertIn("Worse: it puts the right one first in 30% of the cases", said)

    def test_card_holds_cost_sets_and_measures(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_sources(folder)
            (folder / "config.json").write_text(json.dumps(describe_config(RankerConfig(18939))))
            evaluation = {
                "model": {"name": "m.onnx"},
                "baseline": None,
                "settings": {"resamples": 5, "max_length": 512, "queries": None},
                "tasks": {"traps": make_task("Traps", 0.7, 0.1, 0.2)},
            }
            record = {"started_from": "/a/b.pt", "machine": "2 cores", "tokens": 2_000_000, "masked_tokens": 0, "seconds": 1800, "losses": [[1, 9, 0.5]]}
            card = write_card(folder, evaluation, [record, record], make_manifest(folder), title="small", notes="Before that: nothing.\n")
        for part in ("8.2 M parameters", "| Traps | 9 | P@1 | 0.500", "4.0 M tokens in 1.00 hours", "| a (text) | 4 | CC0 |", "in all.\n\nBefore that: nothing.\n\n##"):
            self.assertIn(part, card)


class LinesTest(unittest.TestCase):
    def test_lines_are_mixed_and_repeatable(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            make_sources(Path(name), rows=40)
            lines = make_lines(Path(name), 400, 1)
            self.assertEqual(lines, make_lines(Path(name), 400, 1))
            self.assertNotEqual(lines, make_lines(Path(name), 400, 2))
        self.assertEqual(len(set(lines)), 400)
        self.assertLessEqual(set(CODE_LINES), set(lines))
        self.assertTrue(any("question" in line for line in lines) and any("[SEP]" in line for line in lines))
        # Half of a surrogate pair is no character, and no file could hold it.
        "".join(lines).encode("utf-8")


if __name__ == "__main__":
    unittest.main()
