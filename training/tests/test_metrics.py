"""Metrics and intervals against numbers worked out by hand."""

import math
import unittest

import numpy as np

from crossrank_training.bootstrap import draw_weights, estimate_auc, estimate_difference, estimate_mean
from crossrank_training.metrics import (
    add_standardised,
    count_wins,
    find_tied_ranks,
    measure_auc,
    measure_graded,
    measure_ndcg,
    measure_single,
    order_by_score,
    standardise,
)


class OrderTest(unittest.TestCase):
    def test_ties_keep_their_order_and_nan_comes_last(self) -> None:
        scores = np.array([1.0, np.nan, 3.0, 1.0, np.inf])
        self.assertEqual(order_by_score(scores).tolist(), [4, 2, 0, 3, 1])

    def test_standardised_scores_have_mean_0_and_deviation_1(self) -> None:
        scores = standardise(np.array([2.0, 4.0]))
        self.assertEqual(scores.tolist(), [-1.0, 1.0])
        self.assertEqual(standardise(np.array([0.1] * 3)).tolist(), [0.0, 0.0, 0.0])

    def test_the_sum_weighs_both_lists_alike(self) -> None:
        summed = add_standardised(np.array([0.0, 1000.0]), np.array([1.0, 0.0]))
        self.assertEqual(summed.tolist(), [0.0, 0.0])


class RankingTest(unittest.TestCase):
    def test_ndcg_by_hand(self) -> None:
        # Gains 0, 3, 2 at ranks 1, 2, 3; ideal 3, 2, 1.
        found = 3 / math.log2(3) + 2 / math.log2(4)
        ideal = 3 + 2 / math.log2(3) + 1 / math.log2(4)
        self.assertAlmostEqual(measure_ndcg([0, 3, 2], [1, 2, 3, 0]), found / ideal)

    def test_ndcg_ends_after_ten(self) -> None:
        self.assertEqual(measure_ndcg([0] * 10 + [3], [3]), 0.0)
        self.assertEqual(measure_ndcg([1], []), 0.0)

    def test_graded_measures_count_grade_2_as_relevant(self) -> None:
        measured = measure_graded(np.array([3.0, 2.0, 1.0]), [1, 2, 0], [2, 1])
        self.assertEqual((measured["P@1"], measured["MRR@10"]), (0.0, 0.5))
        self.assertLess(measured["nDCG@10"], 1)

    def test_one_relevant_document(self) -> None:
        measured = measure_single(np.array([5.0, 9.0, 7.0]), 2)
        self.assertEqual(measured["P@1"], 0.0)
        self.assertEqual(measured["MRR@10"], 0.5)
        self.assertAlmostEqual(measured["nDCG@10"], 1 / math.log2(3))

    def test_ties_are_worth_what_chance_is_worth(self) -> None:
        self.assertEqual(find_tied_ranks(np.array([2.0, 1.0, 1.0, 1.0]), 3), (2, 4))
        self.assertEqual(measure_single(np.zeros(4), 0)["P@1"], 0.25)
        self.assertAlmostEqual(measure_single(np.zeros(20), 7)["MRR@10"], sum(1 / rank for rank in range(1, 11)) / 20)


class AreaTest(unittest.TestCase):
    def test_area_counts_pairs_of_all_queries(self) -> None:
        # Relevant 2 and 5; others 1, 3 and 4, 5: of eight pairs 1 + 0 + 2 + 1.5 are won.
        wins = count_wins([2.0, 5.0], [np.array([1.0, 3.0]), np.array([4.0, 5.0])])
        self.assertEqual(wins.tolist(), [[1.0, 0.0], [2.0, 1.5]])
        counts = np.array([2.0, 2.0])
        self.assertAlmostEqual(measure_auc(wins, counts)[0], 4.5 / 8)
        # Twice the first query and not the second: its own pairs only.
        self.assertAlmostEqual(measure_auc(wins, counts, np.array([[2.0, 0.0]]))[0], 0.5)

    def test_interval_of_an_area_holds_it(self) -> None:
        generator = np.random.default_rng(1)
        wins = count_wins(generator.normal(1, 1, 60), [generator.normal(0, 1, 5) for _ in range(60)])
        area = estimate_auc(wins, np.full(60, 5.0), draw_weights(60, resamples=500))
        self.assertTrue(0 < area.low < area.mean < area.high < 1)


class BootstrapTest(unittest.TestCase):
    def test_every_resample_has_as_many_queries(self) -> None:
        weights = draw_weights(7, resamples=50, seed=3)
        self.assertEqual(set(weights.sum(axis=1).tolist()), {7.0})
        self.assertTrue(np.array_equal(weights, draw_weights(7, resamples=50, seed=3)))
        with self.assertRaises(ValueError):
            draw_weights(0)

    def test_interval_is_the_normal_one_for_many_queries(self) -> None:
        values = np.random.default_rng(0).normal(10, 2, 400)
        estimate = estimate_mean(values, draw_weights(400, resamples=4000))
        half = 1.96 * values.std() / 20
        self.assertAlmostEqual(estimate.mean, values.mean())
        self.assertAlmostEqual(estimate.low, values.mean() - half, delta=0.02)
        self.assertAlmostEqual(estimate.high, values.mean() + half, delta=0.02)

    def test_pairs_are_compared_query_by_query(self) -> None:
        # Queries differ widely, systems by exactly 0.1: paired there is no doubt at all.
        values = np.random.default_rng(0).random(50)
        difference = estimate_difference(values + 0.1, values, draw_weights(50, resamples=200))
        self.assertAlmostEqual(difference.low, 0.1)
        self.assertAlmostEqual(difference.high, 0.1)


if __name__ == "__main__":
    unittest.main()
