"""From sample sources to groups, batches and steps."""

import argparse
import contextlib
import io
import random
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from crossrank_training import prepare
from crossrank_training.batches import build_ahead, fill_batch
from crossrank_training.develop import choose_dev_tasks, measure_dev
from crossrank_training.groups import GROUP_SIZE, GroupBuilder, GroupOptions
from crossrank_training.masking import MaskedBuilder, mask_tokens
from crossrank_training.mine import choose_queries, rank_negatives
from crossrank_training.mixture import Mixture
from crossrank_training.model import Ranker, RankerConfig
from crossrank_training.prepared import DEV, QUERY_KINDS, PreparedText
from crossrank_training.sample_text import LEGEND, make_rows, make_towns, write_sample
from crossrank_training.schedule import Schedule
from crossrank_training.sources import EXCLUDED_SETS, read_rows
from crossrank_training.tokenizer import SPECIAL_TOKENS, PairTokenizer, learn
from crossrank_training.windows import WindowCutter, draw_window_length


class PreparedTest(unittest.TestCase):
    """The sample, prepared once for all tests."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        work = Path(cls.folder.name)
        towns = make_towns()
        write_sample(work / "sources", towns)
        texts = [line[key] for lines in make_rows(towns).values() for line in lines for key in ("p", "q") if key in line]
        cls.tokenizer = learn(texts, 900)
        cls.tokenizer.write_folder(work / "tokenizer")
        (work / "held-out.jsonl").write_text(f'"{LEGEND}"\n', encoding="utf-8")
        parser = argparse.ArgumentParser()
        prepare.add_arguments(parser)
        options = ["--sources", work / "sources", "--tokenizer", work / "tokenizer", "--work", work]
        options += ["--held-out", work / "held-out.jsonl", "--dev-share", 0.1]
        with contextlib.redirect_stdout(io.StringIO()):
            prepare.run(parser.parse_args([str(option) for option in options]))
        cls.work = work
        cls.prepared = PreparedText.load(work / "prepared")
        cls.builder = GroupBuilder(cls.prepared, cls.tokenizer.tokens(), Mixture(cls.prepared))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def passages_of(self, number: int) -> list[int]:
        return [int(passage) for passage in self.prepared.negatives[number] if passage >= 0]

    def test_sources_are_read_as_written(self) -> None:
        rows = list(read_rows(self.work / "sources" / "pairs-zh-en.jsonl.zst"))
        self.assertEqual((rows[0].languages, rows[0].kind), ("zh-en", "parallel"))

    def test_overlapping_passages_are_gone(self) -> None:
        legend = self.tokenizer.encode(LEGEND)
        everything = np.asarray(self.prepared.tokens)
        windows = np.lib.stride_tricks.sliding_window_view(everything, len(legend))
        self.assertFalse((windows == np.array(legend)).all(1).any())

    def test_negatives_are_other_passages_of_the_collection(self) -> None:
        for number in range(0, len(self.prepared.query_passage), 7):
            collection = int(self.prepared.query_collection[number])
            first, stop = self.prepared.collection_passages[collection : collection + 2]
            wrong = self.passages_of(number)
            self.assertNotIn(int(self.prepared.query_passage[number]), wrong)
            self.assertTrue(all(first <= passage < stop for passage in wrong))
            self.assertEqual(len(wrong), len(set(wrong)))

    def test_derived_kinds_exist(self) -> None:
        kinds = {QUERY_KINDS[kind] for kind in np.unique(self.prepared.query_kind)}
        self.assertLessEqual({"qa", "parallel", "cloze", "inverse", "define"}, kinds)

    def test_missing_preparation_is_said(self) -> None:
        with self.assertRaises(FileNotFoundError):
            PreparedText.load(self.work / "nowhere")

    def test_windows_hold_the_sentence_and_leave_out_the_other(self) -> None:
        cutter, rng = WindowCutter(self.prepared), random.Random(0)
        bounds = self.prepared.sentence_bounds(0)
        sentences = [self.prepared.tokens[start:stop].tolist() for start, stop in zip(bounds, bounds[1:])]
        for place, sentence in enumerate(sentences):
            window = cutter.cut(0, 60, rng, around=place).tolist()
            self.assertTrue(any(window[start : start + len(sentence)] == sentence for start in range(len(window))))
            other = (place + 1) % len(sentences)
            window = cutter.cut(0, 500, rng, around=place, without=other).tolist()
            self.assertFalse(any(window[start : start + len(sentences[other])] == sentences[other] for start in range(len(window))))

    def test_best_sentence_is_the_one_that_is_quoted(self) -> None:
        cutter = WindowCutter(self.prepared)
        bounds = self.prepared.sentence_bounds(3)
        sentence = np.asarray(self.prepared.tokens[bounds[2] : bounds[3]])
        self.assertEqual(int(cutter.match_sentences(sentence, 3).argmax()), 2)

    def test_window_lengths_grow(self) -> None:
        rng = random.Random(1)
        early = np.mean([draw_window_length(rng, 0.0) for _ in range(2000)])
        late = np.mean([draw_window_length(rng, 1.0) for _ in range(2000)])
        self.assertGreater(late, early + 15)

    def test_groups_have_one_relevant_document_first(self) -> None:
        options = GroupOptions(0, 0, 0, 0, 0)
        builder = GroupBuilder(self.prepared, self.tokenizer.tokens(), Mixture(self.prepared, {"zh-zh:qa": 1}), options)
        for seed in range(40):
            group = builder.draw(random.Random(seed), 1.0)
            self.assertEqual(len(group.documents), GROUP_SIZE)
            self.assertEqual(group.label, "zh-zh:qa")
            name = group.query[:2].tolist()  # the town's name leads the question
            found = [any(document[start : start + 2].tolist() == name for start in range(len(document))) for document in group.documents]
            self.assertFalse(all(found[1:]), "at least one other document is of another town")

    def test_swapped_tokens_stay_equal_across_a_group(self) -> None:
        builder = GroupBuilder(self.prepared, self.tokenizer.tokens(), Mixture(self.prepared), GroupOptions(0, 0, 0, 0, 1.0))
        group = builder.draw(random.Random(2), 0.5)
        self.assertTrue(all(len(document) for document in group.documents))
        self.assertLess(max(int(document.max()) for document in group.documents), self.tokenizer.vocab_size)

    def test_a_batch_is_a_function_of_seed_and_step(self) -> None:
        def make(step: int) -> object:
            return fill_batch(self.builder, 0, step, tokens=1500, progress=0.2)

        expected = list(build_ahead(make, 3, 9, processes=0))
        for processes in (1, 2):
            built = list(build_ahead(make, 3, 9, processes=processes))
            for left, right in zip(expected, built, strict=True):
                self.assertEqual(left.labels, right.labels)
                for pair, other in zip(left.pairs, right.pairs, strict=True):
                    np.testing.assert_array_equal(pair[0], other[0])
                    np.testing.assert_array_equal(pair[1], other[1])
        self.assertLessEqual(expected[0].pack().tokens, 1500)

    def test_a_builder_that_fails_is_noticed(self) -> None:
        def fail(step: int) -> object:
            raise ValueError(step)

        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(RuntimeError):
            next(build_ahead(fail, 0, 2, processes=1, patience=0.2))

    def test_mixture_refuses_to_be_empty(self) -> None:
        with self.assertRaises(ValueError):
            Mixture(self.prepared, {"en-en:nothing": 1.0})

    def test_excluded_sets_are_not_drawn_from_an_older_preparation(self) -> None:
        named = {self.prepared.set_of(source.collection) for source in Mixture(self.prepared).sources}
        left_out = sorted(named)[0]
        with mock.patch.dict(EXCLUDED_SETS, {left_out: "a reason"}):
            kept = {self.prepared.set_of(source.collection) for source in Mixture(self.prepared).sources}
        self.assertEqual(kept, named - {left_out})

    def test_dev_passages_are_not_trained_on(self) -> None:
        dev = set(np.flatnonzero(np.asarray(self.prepared.query_split) == DEV).tolist())
        trained = {int(number) for source in Mixture(self.prepared).sources for number in source.queries}
        self.assertTrue(dev)
        self.assertFalse(dev & trained)

    def test_dev_measures_are_repeatable(self) -> None:
        torch.manual_seed(0)
        ranker = Ranker(RankerConfig(self.tokenizer.vocab_size, 32, 1, 2, 64)).eval()
        tasks = choose_dev_tasks(self.prepared, queries=8)
        self.assertTrue(tasks)
        first, second = (measure_dev(ranker, tasks, bf16=False) for _ in range(2))
        self.assertEqual(first, second)
        self.assertTrue(0 <= first["all"]["p1"] <= first["all"]["mrr"] <= 1)

    def test_masks(self) -> None:
        token_ids = np.concatenate([[2], np.full(500, 9), [3]])
        masked, originals = mask_tokens(token_ids, np.random.default_rng(0), 50)
        asked = originals >= 0
        self.assertTrue(60 < asked.sum() < 140)
        self.assertFalse(asked[[0, -1]].any())
        self.assertTrue((masked[~asked] == token_ids[~asked]).all())

    def test_masked_batches_know_their_candidates(self) -> None:
        batch = MaskedBuilder(self.prepared, plain_share=0.3).fill(0, 4, 600)
        packed, places = batch.pack()
        self.assertEqual(packed.tokens, len(places))
        asked = np.concatenate(batch.originals)
        self.assertEqual(sorted(batch.candidates[places[places >= 0].numpy()]), sorted(asked[asked >= 0]))

    def test_mined_negatives_are_sorted_by_the_ranker(self) -> None:
        torch.manual_seed(0)
        ranker = Ranker(RankerConfig(self.tokenizer.vocab_size, 32, 1, 2, 64)).eval()
        queries = choose_queries(self.prepared, ["zh-zh:qa"], 5, 0)
        options = argparse.Namespace(longest=80, margin=100.0, bf16=False)
        for number, ranked, dropped in rank_negatives(ranker, self.prepared, queries, options):
            self.assertEqual(dropped, 0)
            self.assertEqual(sorted(ranked.tolist()), sorted(self.passages_of(number)))
        options.margin = -1000.0
        self.assertTrue(all(len(ranked) == 0 for _, ranked, _ in rank_negatives(ranker, self.prepared, queries, options)))


class TokenizerTest(unittest.TestCase):
    def test_round_trip_through_a_folder(self) -> None:
        tokenizer = learn(["the bridge over the river", "河上的桥"] * 3, 120)
        self.assertEqual(tokenizer.tokens()[:5], list(SPECIAL_TOKENS))
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.write_folder(folder)
            loaded = PairTokenizer.load(folder)
            self.assertEqual(loaded.encode("The BRIDGE 桥"), tokenizer.encode("the bridge 桥"))
            self.assertEqual(loaded.encode_all(["河", "river"]), [loaded.encode("河"), loaded.encode("river")])
            self.assertEqual((Path(folder) / "vocab.txt").read_text(encoding="utf-8").splitlines(), loaded.tokens())

    def test_missing_folder(self) -> None:
        with self.assertRaises(FileNotFoundError):
            PairTokenizer.load("/nowhere")


class ScheduleTest(unittest.TestCase):
    def test_warm_up_constant_and_decay(self) -> None:
        schedule = Schedule(peak=1.0, steps=100, warm_up=10, decay=0.5, floor=0.1)
        self.assertAlmostEqual(schedule.rate(0), 0.1)
        self.assertEqual(schedule.rate(30), 1.0)
        self.assertEqual(schedule.rate(50), 1.0)
        self.assertLess(schedule.rate(80), 0.7)
        self.assertAlmostEqual(schedule.rate(100), 0.1)
        self.assertAlmostEqual(schedule.rate(500), 0.1)


if __name__ == "__main__":
    unittest.main()
