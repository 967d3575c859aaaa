"""`align`: draws the word embeddings of translations together, before or between the stages of training.

A pair's two texts are sums of word embeddings, weighted by rarity; the sum of a text must be closer to that of its
translation than to those of the other texts of a batch. No transformer runs, so that all translations are seen
several times within minutes. Only the places that hold meaning move; those that tell words apart stay as they are.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional

from .model import Ranker, load_checkpoint, save_checkpoint
from .prepared import DEV, TRAIN, PreparedText
from .start import FREQUENCY_PLACE
from .tokenizer import SPECIAL_TOKENS

LONGEST_TEXT = 48
FIRST_TEMPERATURE = 20.0
DEV_PAIRS = 500
# Pairs of an epoch by languages and kind, at most; None is all of them.
PAIRS_OF_KIND: dict[str, int | None] = {
    "zh-en:parallel": None,
    "en-zh:parallel": None,
    "zh-en:gloss": None,
    "en-zh:gloss": None,
    "en-zh:synonym": None,
    "zh-en:title": None,
    "en-zh:title": None,
    "en-en:qa": 50_000,
    "en-en:gloss": 30_000,
    "en-en:synonym": 20_000,
    "en-en:heading": 20_000,
    "zh-zh:heading": 30_000,
    "zh-zh:qa": None,
    "zh-zh:synonym": None,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--start", type=Path, required=True, help="checkpoint whose word embeddings are aligned")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    parser.add_argument("--work", type=Path, default=Path("work"), help="working folder with prepared/ (default: work)")
    parser.add_argument("--epochs", type=float, default=3.0, help="passes over the pairs (default: 3)")
    parser.add_argument("--batch", type=int, default=1024, help="pairs of a step (default: 1024)")
    parser.add_argument("--rate", type=float, default=5e-3, help="learning rate (default: 5e-3)")
    parser.add_argument("--hold", type=float, default=0.02, help="how strongly embeddings are held to where they were")
    parser.add_argument("--threads", type=int, default=0, help="threads of PyTorch (default: cores)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Writes the aligned checkpoint; prints how often a translation is the nearest of 500, before and after."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    ranker, state = load_checkpoint(arguments.start, arguments.device)
    prepared = PreparedText.load(arguments.work / "prepared")
    rarity = measure_rarity(prepared).to(arguments.device)
    dev = choose_pairs(prepared, ["zh-en:parallel"], DEV, {"zh-en:parallel": DEV_PAIRS}, arguments.seed)
    before = measure_nearest(ranker, prepared, dev, rarity)
    align_embeddings(ranker, prepared, rarity, arguments)
    after = measure_nearest(ranker, prepared, dev, rarity)
    print(f"the translation is the nearest of {len(dev)} texts: {before:.3f} before, {after:.3f} after")
    save_checkpoint(arguments.out, ranker, {key: value for key, value in state.items() if key == "masked_head"})
    return 0


def measure_rarity(prepared: PreparedText) -> torch.Tensor:
    """float32 [vocabulary]: the logarithm of how few passages hold a token; 0 for special tokens."""
    counts = np.asarray(prepared.token_passages, np.float64)
    rarity = np.log(1 + (len(prepared.passage_sentences) - 1) / (20 + counts)).astype(np.float32)
    rarity[: len(SPECIAL_TOKENS)] = 0
    return torch.from_numpy(rarity)


def choose_pairs(
    prepared: PreparedText, labels: list[str], split: int, most: dict[str, int | None], seed: int
) -> np.ndarray:
    """Query numbers of the labels, at most most[label] of each, in random order."""
    generator = np.random.default_rng(seed)
    chosen = [generator.permutation(prepared.find_queries(label, split=split))[: most[label]] for label in labels]
    return generator.permutation(np.concatenate(chosen))


def align_embeddings(ranker: Ranker, prepared: PreparedText, rarity: torch.Tensor, arguments: argparse.Namespace) -> None:
    """Moves the meaning places of the ranker's word embeddings, the other places and weights stay."""
    words = ranker.bert.embeddings.word_embeddings.weight
    original = words.detach()[:, :FREQUENCY_PLACE].clone()
    meaning = original.clone().requires_grad_(True)
    temperature = torch.tensor(FIRST_TEMPERATURE, device=words.device).log().requires_grad_(True)
    optimizer = torch.optim.Adam([meaning, temperature], lr=arguments.rate, betas=(0.9, 0.99))
    epoch_pairs = choose_pairs(prepared, list(PAIRS_OF_KIND), TRAIN, PAIRS_OF_KIND, arguments.seed)
    if not len(epoch_pairs):
        raise SystemExit("align: the prepared text holds no pairs to align by")
    steps = max(1, int(arguments.epochs * len(epoch_pairs) / arguments.batch))
    started, running = time.monotonic(), 0.0
    for step in range(steps):
        place = step * arguments.batch % max(1, len(epoch_pairs) - arguments.batch + 1)
        if step and place < arguments.batch:
            epoch_pairs = choose_pairs(prepared, list(PAIRS_OF_KIND), TRAIN, PAIRS_OF_KIND, arguments.seed + step)
        first, second = add_up_pairs(meaning, rarity, prepared, epoch_pairs[place : place + arguments.batch])
        likeness = first @ second.t() * temperature.exp().clamp(max=60.0)
        right = torch.arange(len(likeness), device=likeness.device)
        loss = (functional.cross_entropy(likeness, right) + functional.cross_entropy(likeness.t(), right)) / 2
        running += float(loss.detach())
        held = arguments.hold * (meaning - original).square().sum(1).mean()
        for group in optimizer.param_groups:
            group["lr"] = arguments.rate * min(1.0, (step + 1) / 50) * (1 - step / steps)
        (loss + held).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if (step + 1) % 50 == 0:
            pairs_per_second = (step + 1) * arguments.batch / (time.monotonic() - started)
            print(f"step {step + 1}/{steps}  {pairs_per_second:.0f} pairs/s  loss {running / 50:.3f}", flush=True)
            running = 0.0
    with torch.no_grad():
        # The length of an embedding tells how sure a token's meaning is; only its direction is what was learned here.
        moved = functional.normalize(meaning, dim=1) * original.norm(dim=1, keepdim=True)
        ordinary = slice(len(SPECIAL_TOKENS), None)
        words[ordinary, :FREQUENCY_PLACE] = moved[ordinary]


def add_up_pairs(
    meaning: torch.Tensor, rarity: torch.Tensor, prepared: PreparedText, queries: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors of the queries and of the beginnings of their passages, each float32 [pairs, places]."""
    first = [prepared.query(int(number))[:LONGEST_TEXT] for number in queries]
    second = [prepared.passage(int(prepared.query_passage[number]), LONGEST_TEXT) for number in queries]
    return add_up(meaning, rarity, first), add_up(meaning, rarity, second)


def add_up(meaning: torch.Tensor, rarity: torch.Tensor, texts: list[np.ndarray]) -> torch.Tensor:
    """Unit vectors of texts, float32 [texts, places]."""
    lengths = np.array([len(text) for text in texts])
    tokens = torch.from_numpy(np.concatenate(texts).astype(np.int64)).to(meaning.device)
    starts = torch.from_numpy(np.cumsum(lengths) - lengths).to(meaning.device)
    summed = functional.embedding_bag(tokens, meaning, starts, mode="sum", per_sample_weights=rarity[tokens])
    return functional.normalize(summed, dim=1)


@torch.inference_mode()
def measure_nearest(ranker: Ranker, prepared: PreparedText, queries: np.ndarray, rarity: torch.Tensor) -> float:
    """How often a text's own counterpart is the nearest of all the given ones, 0 to 1."""
    meaning = ranker.bert.embeddings.word_embeddings.weight[:, :FREQUENCY_PLACE]
    first, second = add_up_pairs(meaning, rarity, prepared, queries)
    return float(((first @ second.t()).argmax(1).cpu() == torch.arange(len(queries))).float().mean())
