"""`vectors`: word vectors by counting, and a ranker that starts from them.

Vectors are the leading eigenvectors of the positive pointwise mutual information between tokens. Counts across
translations have their own margins, so that words and their translations come out close. A ranker that starts from
such vectors, with first-layer heads that look for the same and for similar tokens in the other text, learns from the
first hundred steps, where one of random weights needs many thousands.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from scipy import sparse

from .model import RankerConfig, save_checkpoint
from .prepared import PreparedText
from .start import DIMENSIONS, build_start
from .tokenizer import SPECIAL_TOKENS

WINDOW, STRIDE = 24, 16
LONGEST_PARALLEL = 80
TRANSLATION_WEIGHT = 1.2
TRANSLATION_SHIFT = 0.7
POWER_ROUNDS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--work", type=Path, default=Path("work"), help="working folder with prepared/ (default: work)")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=256, help="hidden size, at least 256 (default: 256)")
    parser.add_argument("--heads", type=int, default=4, help="heads; a head must have at least 64 places (default: 4)")
    parser.add_argument("--intermediate", type=int, default=1024)
    parser.add_argument("--most-passages", type=int, default=400_000, help="passages counted (default: 400000)")
    parser.add_argument("--threads", type=int, default=0, help="threads of PyTorch (default: cores)")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Writes <work>/start.pt."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    prepared = PreparedText.load(arguments.work / "prepared")
    vectors = count_vectors(prepared, most_passages=arguments.most_passages, seed=arguments.seed)
    config = RankerConfig(
        vocab_size=len(vectors),
        hidden_size=arguments.hidden,
        layers=arguments.layers,
        heads=arguments.heads,
        intermediate_size=arguments.intermediate,
    )
    ranker = build_start(config, vectors, np.asarray(prepared.token_passages), seed=arguments.seed)
    save_checkpoint(arguments.work / "start.pt", ranker, {})
    print(f"wrote {arguments.work / 'start.pt'}: {sum(p.numel() for p in ranker.parameters()):,} parameters")
    return 0


def count_vectors(prepared: PreparedText, *, most_passages: int, seed: int) -> np.ndarray:
    """float32 [vocabulary, DIMENSIONS]: unit vectors, or zeros for tokens that were hardly seen."""
    vocab_size = len(prepared.token_passages)
    together = _count_windows(prepared, most_passages, seed, vocab_size)
    together[together < 2] = 0
    matrix = torch.from_numpy(_pointwise_information(together, 0.0, drop_diagonal=True)).sqrt_()
    across = _count_translations(prepared, vocab_size)
    if across is not None:
        between = torch.from_numpy(_pointwise_information(across, TRANSLATION_SHIFT, drop_diagonal=False)).sqrt_()
        matrix += TRANSLATION_WEIGHT * between
        matrix += TRANSLATION_WEIGHT * between.t()
    matrix = (matrix + matrix.t()) / 2
    matrix[: len(SPECIAL_TOKENS)] = 0
    matrix[:, : len(SPECIAL_TOKENS)] = 0
    return _leading_vectors(matrix, seed)


def _count_windows(prepared: PreparedText, most_passages: int, seed: int, vocab_size: int) -> np.ndarray:
    """float32 [vocabulary, vocabulary]: in how many windows of 24 tokens two tokens stand together."""
    passages = len(prepared.passage_sentences) - 1
    chosen = np.random.default_rng(seed).permutation(passages)[:most_passages]
    together = np.zeros((vocab_size, vocab_size), np.float32)
    for start in range(0, len(chosen), 20_000):
        windows = []
        for passage in chosen[start : start + 20_000].tolist():
            text = prepared.passage(passage)
            windows += [text[place : place + WINDOW] for place in range(0, len(text), STRIDE)]
        presence = _presence(windows, vocab_size)
        counted = (presence.T @ presence).tocoo()
        together[counted.row, counted.col] += counted.data
    return together


def _count_translations(prepared: PreparedText, vocab_size: int) -> np.ndarray | None:
    """float32 [Chinese side, English side]: how often two tokens stand in translations of each other, short ones
    counting more. None where there are no translations."""
    chinese, english = [], []
    for languages in ("zh-en", "en-zh"):
        for number in prepared.find_queries(f"{languages}:parallel", f"{languages}:gloss").tolist():
            query = prepared.query(number)[:LONGEST_PARALLEL]
            passage = prepared.passage(int(prepared.query_passage[number]), LONGEST_PARALLEL)
            chinese.append(query if languages == "zh-en" else passage)
            english.append(passage if languages == "zh-en" else query)
    if not chinese:
        return None
    left, right = _presence(chinese, vocab_size), _presence(english, vocab_size)
    sizes = np.asarray(left.sum(1)).ravel() * np.asarray(right.sum(1)).ravel()
    weights = sparse.diags((10 / np.sqrt(np.maximum(sizes, 1))).astype(np.float32))
    counted = (left.T @ (weights @ right)).toarray()
    counted[counted < 0.25] = 0
    return counted


def _presence(texts: list[np.ndarray], vocab_size: int) -> sparse.csr_matrix:
    """float32 [texts, vocabulary]: 1 where a token occurs."""
    starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    columns = np.concatenate(texts).astype(np.int32)
    matrix = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(texts), vocab_size))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _pointwise_information(counts: np.ndarray, shift: float, *, drop_diagonal: bool) -> np.ndarray:
    """Positive pointwise mutual information less a shift, in nats; counts of the second word are flattened by a
    power of 0.75, which keeps rare words from dominating. Overwrites its input."""
    if drop_diagonal:
        np.fill_diagonal(counts, 0)
    rows = counts.sum(1, keepdims=True)
    columns = counts.sum(0, keepdims=True) ** 0.75
    columns *= rows.sum() / max(float(columns.sum()), 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        counts /= rows
        counts /= columns
        counts *= rows.sum()
        np.log(counts, out=counts)
    counts -= shift
    np.nan_to_num(counts, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return np.maximum(counts, 0, out=counts)


def _leading_vectors(matrix: torch.Tensor, seed: int) -> np.ndarray:
    """The eigenvectors of greatest absolute eigenvalue, scaled by its root, by subspace iteration. The first is left
    out: it tells little but how frequent a word is."""
    generator = torch.Generator().manual_seed(seed)
    wanted = min(DIMENSIONS + 1, len(matrix) - 1)
    space = torch.linalg.qr(torch.randn(len(matrix), min(wanted + 40, len(matrix)), generator=generator))[0]
    for _ in range(POWER_ROUNDS):
        space = torch.linalg.qr(matrix @ space)[0]
    small = space.t() @ (matrix @ space)
    values, rotation = torch.linalg.eigh((small + small.t()) / 2)
    order = torch.argsort(-values.abs())[:wanted]
    vectors = ((space @ rotation[:, order]) * values[order].abs().sqrt())[:, 1:]
    norms = vectors.norm(dim=1, keepdim=True)
    vectors = torch.where(norms > 1e-3, vectors / norms.clamp(min=1e-6), torch.zeros_like(vectors))
    result = np.zeros((len(matrix), DIMENSIONS), np.float32)
    result[:, : vectors.shape[1]] = vectors.numpy()
    return result
