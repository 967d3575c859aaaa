"""BM25 over token ids."""

import math
import unittest

import numpy as np

from crossrank_training.bm25 import BM25Index

DOCUMENTS = [[10, 11, 12, 10], [11, 13], [14, 15, 16, 17, 18, 19], [12]]


class BM25Test(unittest.TestCase):
    def test_scores_follow_the_formula(self) -> None:
        index = BM25Index(DOCUMENTS, k1=0.9, b=0.4)
        scores = index.scores([[10, 10]])[0]
        rarity = math.log(1 + (4 - 1 + 0.5) / (1 + 0.5))
        average = 13 / 4
        expected = rarity * 2 * 1.9 / (2 + 0.9 * (0.6 + 0.4 * 4 / average))
        np.testing.assert_allclose(scores, [expected, 0, 0, 0], rtol=1e-5)

    def test_top_is_sorted_and_filled_with_minus_one(self) -> None:
        numbers, scores = BM25Index(DOCUMENTS).top([[11, 12], [99], []], 3)
        self.assertEqual(numbers[1:].tolist(), [[-1, -1, -1]] * 2)
        self.assertTrue((np.diff(scores[0]) <= 0).all())
        self.assertEqual(set(numbers[0].tolist()), {0, 1, 3})

    def test_ties_go_to_the_lower_number(self) -> None:
        numbers, _ = BM25Index([[7, 8]] * 6).top([[7]], 3)
        self.assertEqual(numbers[0].tolist(), [0, 1, 2])

    def test_top_agrees_with_scores(self) -> None:
        rng = np.random.default_rng(0)
        documents = [rng.integers(5, 80, rng.integers(1, 30)) for _ in range(200)]
        queries = [rng.integers(5, 90, 6) for _ in range(20)]
        index = BM25Index(documents, bigrams=True)
        numbers, scores = index.top(queries, 10)
        everything = index.scores(queries)
        np.testing.assert_allclose(scores, -np.sort(-everything, 1)[:, :10], rtol=1e-6)
        np.testing.assert_allclose(np.take_along_axis(everything, numbers, 1), scores, rtol=1e-6)

    def test_bigrams_prefer_the_same_order(self) -> None:
        scores = BM25Index([[7, 8, 9], [9, 8, 7]], bigrams=True).scores([[7, 8]])[0]
        self.assertGreater(scores[0], scores[1])

    def test_refuses_no_documents(self) -> None:
        with self.assertRaises(ValueError):
            BM25Index([])


if __name__ == "__main__":
    unittest.main()
