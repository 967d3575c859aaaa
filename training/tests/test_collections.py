"""Reading collections, choosing candidates and measuring a task, on small made ones."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from crossrank_training.collections import (
    JudgedQuery,
    RankingTask,
    build_task,
    choose_candidates,
    encode_pairs,
    read_first_stage,
    read_qrels,
)
from crossrank_training.evaluate import measure_task
from crossrank_training.evaluation_table import write_table
from crossrank_training.tokenizer import build_tokenizer

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog", "bird", "sat", "ran", "which", "猫", "狗"]
TOKENIZER = build_tokenizer(WORDS)


def make_xquad(folder: Path) -> None:
    """Three paragraphs and four questions in two languages."""
    texts = {
        "en": (["the cat sat", "the dog ran", "the bird sat"], ["which cat", "which dog", "which bird", "ran"]),
        "zh": (["猫", "狗", "鸟"], ["猫", "狗", "鸟", "狗"]),
    }
    (folder / "xquad").mkdir()
    for language, (paragraphs, questions) in texts.items():
        owners = [0, 1, 2, 1]
        entries = [
            {
                "context": paragraph,
                "qas": [
                    {"id": f"q{number}", "question": questions[number]}
                    for number, owner in enumerate(owners)
                    if owner == place
                ],
            }
            for place, paragraph in enumerate(paragraphs)
        ]
        content = json.dumps({"data": [{"paragraphs": entries}]})
        (folder / "xquad" / f"xquad.{language}.json").write_text(content, encoding="utf-8")


class CollectionsTest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def test_first_stage_lists(self) -> None:
        hits = [
            {"qid": 7, "docid": "b", "rank": 2, "score": 1.5, "content": "dog"},
            {"qid": 7, "docid": "a", "rank": 1, "score": 2.5, "content": "cat"},
            {"qid": 7, "docid": "c", "rank": 3, "score": 0.5, "content": "bird"},
        ]
        unjudged = [{"qid": 8, "docid": "a", "rank": 1, "score": 1, "content": "cat"}]
        lists = self.folder / "lists.json"
        lists.write_text(json.dumps([{"query": "which", "hits": hits}, {"query": "ran", "hits": unjudged}]))
        qrels = self.folder / "qrels.txt"
        qrels.write_text("7 Q0 a 0\n7 Q0 b 3\n7 Q0 z 2\n\n")
        task = read_first_stage(lists, qrels, name="x", title="X", depth=2)
        (query,) = task.queries
        self.assertEqual((query.query_id, query.grades), ("7", (0, 3)))
        self.assertEqual([task.documents[number] for number in query.documents], ["cat", "dog"])
        self.assertEqual(sorted(query.all_grades), [2, 3])
        self.assertEqual(query.first_stage.tolist(), [2.5, 1.5])

    def test_broken_judgements_name_the_line(self) -> None:
        path = self.folder / "qrels.txt"
        path.write_text("7 Q0 a 1\n7 Q0 a\n")
        with self.assertRaisesRegex(ValueError, "line 2"):
            read_qrels(path)

    def test_the_relevant_document_is_always_a_candidate(self) -> None:
        scores = np.array([3.0, 2.0, 1.0, 0.0])
        self.assertEqual(choose_candidates(scores, 0, 2).tolist(), [0, 1])
        self.assertEqual(choose_candidates(scores, 3, 2).tolist(), [0, 3])

    def test_paragraphs_in_one_language_and_across(self) -> None:
        make_xquad(self.folder)
        task = build_task("xquad-en", self.folder, self.folder, TOKENIZER, candidates=2)
        self.assertEqual((len(task.queries), task.pairs), (4, 8))
        # The paragraphs are in the order of BM25, and the words that all share say nothing.
        self.assertEqual([query.relevant for query in task.queries], [0, 0, 0, 0])
        across = build_task("xquad-zh-en", self.folder, self.folder, TOKENIZER)
        self.assertEqual(across.pairs, 12)
        asked = {query.query_id: query for query in across.queries}
        self.assertEqual(asked["q1"].text, "狗")
        self.assertEqual(across.documents[asked["q1"].documents[asked["q1"].relevant]], "the dog ran")

    def test_a_sample_is_the_same_for_the_same_seed(self) -> None:
        make_xquad(self.folder)
        samples = [
            build_task("xquad-zh", self.folder, self.folder, TOKENIZER, queries=2, seed=seed) for seed in (1, 1, 2)
        ]
        ids = [[query.query_id for query in task.queries] for task in samples]
        self.assertEqual(ids[0], ids[1])
        self.assertEqual(len(ids[2]), 2)

    def test_files_that_do_not_agree_are_refused(self) -> None:
        make_xquad(self.folder)
        path = self.folder / "xquad/xquad.zh.json"
        path.write_text(path.read_text().replace('"q1"', '"other"'))
        with self.assertRaisesRegex(ValueError, "same questions"):
            build_task("xquad-zh-en", self.folder, self.folder, TOKENIZER)


class MeasureTest(unittest.TestCase):
    def make_task(self) -> RankingTask:
        queries = tuple(
            JudgedQuery(f"{number}", "cat", (0, 1, 2), np.array([3.0, 2.0, 1.0]), grades, (1,))
            for number, grades in enumerate([(1, 0, 0), (0, 1, 0)])
        )
        return RankingTask("small", "Small", "single", ("cat", "dog", "bird"), queries)

    def test_pairs_go_query_by_query(self) -> None:
        self.assertEqual(encode_pairs(self.make_task(), TOKENIZER), [([5], [5]), ([5], [6]), ([5], [7])] * 2)

    def test_model_sum_and_baseline_are_measured_beside_the_first_stage(self) -> None:
        right = np.array([9, 0, 0, 0, 9, 0], np.float32)
        wrong = np.array([0, 0, 9, 0, 0, 9], np.float32)
        measured = measure_task(self.make_task(), right, wrong, resamples=100)
        systems = measured["systems"]
        self.assertEqual(systems["first-stage"]["P@1"]["mean"], 0.5)
        self.assertEqual(systems["model"]["P@1"], {"mean": 1.0, "low": 1.0, "high": 1.0})
        self.assertEqual(systems["baseline-model"]["P@1"]["mean"], 0.0)
        self.assertEqual(systems["model"]["AUC"]["mean"], 1.0)
        difference = measured["differences"]["model - baseline-model"]["P@1"]
        self.assertEqual((difference["mean"], difference["better"], difference["worse"]), (1.0, 2, 0))
        against = measured["differences"]["model - first-stage"]["P@1"]
        self.assertEqual((against["mean"], against["better"]), (0.5, 1))

    def test_table_shows_every_task(self) -> None:
        measured = measure_task(self.make_task(), np.zeros(6, np.float32), resamples=100)
        report = {
            "model": {"name": "m"},
            "baseline": None,
            "settings": {"resamples": 100, "max_length": 512, "queries": None},
            "tasks": {"small": measured},
        }
        table = write_table(report)
        self.assertIn("| Small | 2 | P@1 | 0.500 (", table)
        # Equal scores of three documents: a third, against a half.
        self.assertIn("| Small | P@1 | -0.167 (", table)
        right = measure_task(self.make_task(), np.array([9, 0, 0, 0, 9, 0], np.float32), resamples=100)
        self.assertIn("| Small | P@1 | +0.500 (", write_table(report | {"tasks": {"small": right}}))


if __name__ == "__main__":
    unittest.main()
