"""Packing, the model and its checkpoints."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from crossrank_training.average_weights import average_weights
from crossrank_training.losses import group_loss
from crossrank_training.model import Ranker, RankerConfig, load_checkpoint, save_checkpoint, score_pairs
from crossrank_training.packing import pack_pairs
from crossrank_training.start import DIMENSIONS, build_start
from crossrank_training.version_0 import rename_version_0

CONFIG = RankerConfig(vocab_size=60, hidden_size=32, layers=2, heads=4, intermediate_size=64, max_length=64)


def make_ranker() -> Ranker:
    torch.manual_seed(3)
    return Ranker(CONFIG).eval()


def make_pairs(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(5)
    return [(rng.integers(5, 60, rng.integers(1, 9)), rng.integers(5, 60, rng.integers(0, 40))) for _ in range(count)]


class PackingTest(unittest.TestCase):
    def test_no_padding_and_segments(self) -> None:
        batch = pack_pairs([([7, 8], [9]), ([5], [])])
        self.assertEqual(batch.tokens, 6 + 4)
        # The shorter pair comes first; unsort brings the order back.
        self.assertEqual(batch.token_ids.tolist(), [2, 5, 3, 3, 2, 7, 8, 3, 9, 3])
        self.assertEqual(batch.segment_ids.tolist(), [0, 0, 0, 1, 0, 0, 0, 0, 1, 1])
        self.assertEqual(batch.first_tokens[batch.unsort].tolist(), [4, 0])

    def test_shift_moves_the_document_alone(self) -> None:
        batch = pack_pairs([([7], [9, 9])], document_shift=10, last_position=13)
        self.assertEqual(batch.positions.tolist(), [0, 1, 2, 13, 13, 13])

    def test_refuses_an_empty_batch(self) -> None:
        with self.assertRaises(ValueError):
            pack_pairs([])


class RankerTest(unittest.TestCase):
    def test_a_pair_scores_the_same_in_any_company(self) -> None:
        ranker, pairs = make_ranker(), make_pairs(23)
        together = score_pairs(ranker, pairs)
        alone = np.array([score_pairs(ranker, [pair])[0] for pair in pairs])
        small = score_pairs(ranker, pairs, tokens_per_batch=50)
        np.testing.assert_allclose(together, alone, atol=1e-5)
        np.testing.assert_allclose(together, small, atol=1e-5)

    def test_the_document_is_cut_and_the_query_kept(self) -> None:
        ranker = make_ranker()
        query, document = list(range(5, 15)), list(range(5, 60)) * 3
        whole = score_pairs(ranker, [(query, document)], max_length=30)
        cut = score_pairs(ranker, [(query, document[: 30 - 3 - 10])], max_length=64)
        np.testing.assert_allclose(whole, cut, atol=1e-6)

    def test_bfloat16_is_close(self) -> None:
        ranker, pairs = make_ranker(), make_pairs(9)
        self.assertLess(float(np.abs(score_pairs(ranker, pairs) - score_pairs(ranker, pairs, bf16=True)).max()), 0.05)

    def test_gradients_reach_every_parameter(self) -> None:
        ranker = make_ranker().train()
        ranker(pack_pairs(make_pairs(6))).sum().backward()
        without = [name for name, parameter in ranker.named_parameters() if parameter.grad is None]
        self.assertEqual(without, [])

    def test_group_loss_falls_where_the_first_rises(self) -> None:
        low, _ = group_loss(torch.tensor([[0.0, 0.0, 0.0]]))
        high, _ = group_loss(torch.tensor([[3.0, -1.0, -1.0]]))
        self.assertLess(float(high), float(low))


class CheckpointTest(unittest.TestCase):
    def test_round_trip_with_state(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "deep" / "checkpoint.pt"
            ranker = make_ranker()
            save_checkpoint(path, ranker, {"step": 7})
            loaded, state = load_checkpoint(path)
            self.assertEqual(state, {"step": 7})
            self.assertEqual(loaded.config, CONFIG)
            np.testing.assert_array_equal(score_pairs(loaded, make_pairs(3)), score_pairs(ranker, make_pairs(3)))
            self.assertEqual([file.name for file in path.parent.iterdir()], ["checkpoint.pt"])

    def test_average_is_the_mean_of_every_parameter(self) -> None:
        first, second = make_ranker(), Ranker(CONFIG)
        averaged = average_weights([first, second], [0.75, 0.25]).state_dict()
        for name, values in first.state_dict().items():
            torch.testing.assert_close(averaged[name], 0.75 * values + 0.25 * second.state_dict()[name])
        for shares, problem in (([1], "2 checkpoints and 1 shares"), ([0.5, 0.6], "add up to 1.1")):
            with self.assertRaisesRegex(ValueError, problem):
                average_weights([first, second], shares)
        with self.assertRaisesRegex(ValueError, "differ in shape"):
            average_weights([first, Ranker(replace(CONFIG, layers=1))], [0.5, 0.5])

    def test_version_0_names(self) -> None:
        hidden = CONFIG.hidden_size
        old = {"word.weight": torch.zeros(60, hidden), "pos.weight": torch.zeros(64, hidden), "typ.weight": torch.zeros(2, hidden)}
        for name in ("ln", "pool", "cls"):
            old |= {f"{name}.weight": torch.zeros(1), f"{name}.bias": torch.zeros(1)}
        for layer in range(CONFIG.layers):
            for name in ("o", "ln1", "ln2", "f1", "f2"):
                old |= {f"layers.{layer}.{name}.{kind}": torch.zeros(1) for kind in ("weight", "bias")}
            old[f"layers.{layer}.qkv.weight"] = torch.arange(3 * hidden * hidden).float().view(3 * hidden, hidden)
            old[f"layers.{layer}.qkv.bias"] = torch.arange(3 * hidden).float()
        renamed = rename_version_0(old, hidden, CONFIG.layers)
        self.assertEqual(set(renamed), set(make_ranker().state_dict()))
        self.assertEqual(float(renamed["bert.encoder.layer.1.attention.self.value.bias"][0]), 2 * hidden)


class StartTest(unittest.TestCase):
    def test_same_tokens_attend_to_each_other(self) -> None:
        config = RankerConfig(vocab_size=200, hidden_size=256, layers=1, heads=4, intermediate_size=64)
        vectors = torch.nn.functional.normalize(torch.randn(200, DIMENSIONS, generator=torch.Generator().manual_seed(1)), dim=1)
        ranker = build_start(config, vectors.numpy(), np.arange(200)[::-1].copy(), seed=0)
        batch = pack_pairs([([50], [60, 61, 50, 63])])
        hidden = ranker.bert.embeddings(batch)
        attention = ranker.bert.encoder.layer[0].attention.self
        weights = (attention.query(hidden)[:, :64] @ attention.key(hidden)[:, :64].t() / 8).softmax(1)
        self.assertEqual(int(weights[1].argmax()), 5)

    def test_refuses_small_heads(self) -> None:
        with self.assertRaises(ValueError):
            build_start(CONFIG, np.zeros((60, DIMENSIONS), np.float32), np.ones(60), seed=0)


if __name__ == "__main__":
    unittest.main()
