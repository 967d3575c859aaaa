"""The exported graphs against PyTorch, and what the app relies on in them."""

import contextlib
import io
import json
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import torch

from crossrank_training.export import check_folder, collect_weights, write_folder
from crossrank_training.model import Ranker, RankerConfig, score_pairs
from crossrank_training.onnx_graph import FUSIONS, build_graph, quantise_rows
from crossrank_training.reference import REFERENCE_PAIRS, compare_references
from crossrank_training.scorers import OnnxScorer, score_and_keep
from crossrank_training.tokenizer import SPECIAL_TOKENS, build_tokenizer

CONFIG = RankerConfig(vocab_size=90, hidden_size=64, layers=2, heads=2, intermediate_size=128, max_length=48)


def make_ranker() -> Ranker:
    """A ranker with weights that are not small, so that every part of the graph has a say."""
    torch.manual_seed(5)
    ranker = Ranker(CONFIG).eval()
    with torch.no_grad():
        for name, values in ranker.named_parameters():
            values.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.15)
        # The row of padding must not matter.
        ranker.bert.embeddings.word_embeddings.weight[0] = 9.0
    return ranker


def make_pairs() -> list[tuple[list[int], list[int]]]:
    generator = np.random.default_rng(2)
    lengths = [(1, 0), (0, 3), (5, 9), (7, 60), (20, 20), (3, 1)]
    return [tuple(generator.integers(5, 90, size).tolist() for size in pair) for pair in lengths]


class GraphTest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.ranker = make_ranker()
        self.weights = collect_weights(self.ranker)
        self.pairs = make_pairs()
        self.expected = score_pairs(self.ranker, self.pairs, max_length=48)

    def score(self, **options: object) -> np.ndarray:
        path = self.folder / "graph.onnx"
        onnx.save(build_graph(self.weights, CONFIG, **options), path)
        return OnnxScorer(path, threads=1, max_length=48).score(self.pairs)

    def test_float_graph_computes_what_pytorch_computes(self) -> None:
        self.assertGreater(float(np.ptp(self.expected)), 0.2)
        np.testing.assert_allclose(self.score(), self.expected, atol=1e-4)

    def test_every_fusion_computes_the_same(self) -> None:
        for part in FUSIONS[:3]:
            with self.subTest(part):
                np.testing.assert_allclose(self.score(fused=[part]), self.expected, atol=1e-4)

    def test_8_bit_graph_computes_with_rounded_weights(self) -> None:
        rounded = {}
        for name, values in self.weights.items():
            embeddings = "word_embeddings" in name
            if values.ndim == 2 and (embeddings or (values.shape[0] >= 64 and "embeddings" not in name)):
                # The query's part is scaled before it is rounded, by 2 ** -2.5: its own scales take that up.
                whole, scales = quantise_rows(values, values.shape[1] if embeddings else 64)
                values = (whole * scales[..., None]).reshape(values.shape).astype(np.float32)
            rounded[name] = torch.from_numpy(values.copy())
        self.ranker.load_state_dict(rounded)
        expected = score_pairs(self.ranker, self.pairs, max_length=48)
        found = self.score(precision="q8")
        np.testing.assert_allclose(found, expected, atol=1e-3)
        self.assertFalse(np.allclose(found, self.expected, atol=1e-6))
        np.testing.assert_allclose(self.score(precision="q8", fused=FUSIONS), found, atol=1e-3)

    def test_8_bit_graph_has_the_operators_that_the_app_rewrites(self) -> None:
        model = build_graph(self.weights, CONFIG, precision="q8")
        operators = Counter(node.op_type for node in model.graph.node)
        # Four products a layer and the pooler's.
        self.assertEqual(operators["MatMulNBits"], 4 * CONFIG.layers + 1)
        self.assertEqual(operators["LayerNormalization"], 2 * CONFIG.layers + 1)
        self.assertEqual({node.domain for node in model.graph.node}, {"", "com.microsoft"})
        self.assertEqual([(opset.domain, opset.version) for opset in model.opset_import], [("", 17), ("com.microsoft", 1)])
        self.assertEqual([given.name for given in model.graph.input], ["input_ids", "attention_mask", "token_type_ids"])
        first = [node for node in model.graph.node if node.op_type == "Gather"][-1]
        self.assertEqual([(attribute.name, attribute.i) for attribute in first.attribute], [("axis", 1)])

    def test_rounding_to_8_bits(self) -> None:
        whole, scales = quantise_rows(np.array([[127.0, -63.5, 0.0, 0.0, 0.0, 0.0]], np.float32), 3)
        self.assertEqual(whole.tolist(), [[[127, -64, 0], [0, 0, 0]]])
        self.assertEqual(scales.tolist(), [[1.0, 1.0]])
        with self.assertRaisesRegex(ValueError, "multiple"):
            quantise_rows(np.zeros((2, 5), np.float32), 4)

    def test_unknown_options_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "fp16"):
            build_graph(self.weights, CONFIG, precision="fp16")
        with self.assertRaisesRegex(ValueError, "softmax"):
            build_graph(self.weights, CONFIG, fused=["softmax"])


class FolderTest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.out = Path(holder.name) / "small"
        letters = [chr(code) for code in range(97, 123)]
        words = [*SPECIAL_TOKENS, *letters, *(f"##{letter}" for letter in letters), *"如何申请公积金贷款？.,()?", "what", "is"]
        words += [f"w{number}" for number in range(CONFIG.vocab_size - len(words))]
        self.tokenizer = build_tokenizer(words)
        self.ranker = make_ranker()
        self.tokenizer.write_folder(self.out)
        write_folder(self.ranker, self.out, self.out, fused=list(FUSIONS), safetensors=True)

    def check(self, **options: object) -> list[str]:
        with contextlib.redirect_stdout(io.StringIO()):
            return check_folder(self.out, self.ranker, self.tokenizer, **options)

    def test_folder_is_whole_and_right(self) -> None:
        names = {str(path.relative_to(self.out)) for path in self.out.rglob("*") if path.is_file()}
        wanted = {"config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "model.safetensors"}
        wanted |= {"reference-logits.json", "onnx/model.onnx", "onnx/model_quantized.onnx", "onnx/model_fused.onnx"}
        self.assertLessEqual(wanted, names)
        self.assertEqual(self.check(compare=self.out / "reference-logits.json"), [])
        self.assertEqual(json.loads((self.out / "config.json").read_text())["num_hidden_layers"], 2)

    def test_what_is_too_large_is_said(self) -> None:
        (problem,) = self.check(most_bytes=1000)
        self.assertIn("more than 1,000", problem)

    def test_other_logits_are_said(self) -> None:
        path = self.out / "reference-logits.json"
        content = json.loads(path.read_text())
        content["pairs"][2]["logit_fp32"] += 0.01
        changed = self.out / "changed.json"
        changed.write_text(json.dumps(content))
        (problem,) = self.check(compare=changed)
        self.assertIn("logit_fp32 differs", problem)

    def test_weights_of_another_model_are_said(self) -> None:
        with torch.no_grad():
            self.ranker.classifier.bias += 0.5
        (problem,) = self.check()
        self.assertIn("differs from PyTorch by 0.5", problem)

    def test_reference_pairs(self) -> None:
        content = json.loads((self.out / "reference-logits.json").read_text())
        self.assertEqual(len(content["pairs"]), len(REFERENCE_PAIRS))
        tokens = {pair["document"]: pair["tokens"] for pair in content["pairs"]}
        self.assertEqual((tokens[""], tokens["b"]), (2, 5))
        self.assertEqual(max(tokens.values()), CONFIG.max_length)
        with self.assertRaises(ValueError):
            compare_references(content, {"pairs": content["pairs"][1:]})


class KeptScoresTest(unittest.TestCase):
    class Counting:
        """Scores by the length of the document, and breaks off when told."""

        name = "counting"

        def __init__(self, fingerprint: str, most: int = 1000) -> None:
            self.fingerprint = fingerprint
            self.scored = 0
            self.most = most

        def score(self, pairs: list) -> np.ndarray:
            if self.scored + len(pairs) > self.most:
                raise KeyboardInterrupt
            self.scored += len(pairs)
            return np.array([len(document) for _, document in pairs], np.float32)

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.pairs = [([1], [2] * (number % 7)) for number in range(25)]
        self.expected = [number % 7 for number in range(25)]

    def test_work_goes_on_where_it_was_broken_off(self) -> None:
        with self.assertRaises(KeyboardInterrupt):
            score_and_keep(self.Counting("a", 12), self.pairs, self.folder, pairs_per_saving=5)
        second = self.Counting("a")
        scores = score_and_keep(second, self.pairs, self.folder, pairs_per_saving=5)
        self.assertEqual(scores.tolist(), self.expected)
        self.assertEqual(second.scored, 15)

    def test_another_model_or_other_pairs_are_scored_anew(self) -> None:
        changed = [*self.pairs[:-1], ([1], [3])]
        for fingerprint, pairs in (("a", self.pairs), ("b", self.pairs), ("a", self.pairs[:-1]), ("a", changed)):
            scorer = self.Counting(fingerprint)
            score_and_keep(scorer, pairs, self.folder)
            self.assertEqual(scorer.scored, len(pairs))


if __name__ == "__main__":
    unittest.main()
