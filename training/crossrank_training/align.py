"""`align`: draws the word embeddings of translations together, before or between the stages of training.

A pair's two texts are sums of word embeddings, weighted by rarity; the sum of a text must be closer to that of its
translation than to those of the other texts of a batch. No transformer runs, so that all translations are seen
several times within minutes. Only the places that hold meaning move; those that tell words apart stay as they are.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional

from .model import Ranker, load_checkpoint, save_checkpoint
from .prepared import DEV, QUERY_KINDS, TRAIN, PreparedText
from .start import FREQUENCY_PLACE

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


@dataclass
class TextPairs:
    """Pairs of texts laid end to end. tokens: int64; starts: int64 [pairs], for each side."""

    first_tokens: torch.Tensor
    first_starts: torch.Tensor
    second_tokens: torch.Tensor
    second_starts: torch.Tensor


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
    rarity[:5] = 0
    return torch.from_numpy(rarity)


def choose_pairs(
    prepared: PreparedText, labels: list[str], split: int, most: dict[str, int | None], seed: int
) -> np.ndarray:
    """Query numbers of the labels, at most most[label] of each, in random order."""
    kinds, owners = np.asarray(prepared.query_kind), np.asarray(prepared.query_collection)
    generator = np.random.default_rng(seed)
    languages = np.array([prepared.languages_of(number) for number in range(len(prepared.collection_names))])
    chosen = []
    for label in labels:
        pair, kind = label.split(":")
        members = np.flatnonzero(
            (kinds == QUERY_KINDS.index(kind)) & (languages[owners] == pair) & (np.asarray(prepared.query_split) == split)
        )
        chosen.append(generator.permutation(members)[: most[label]])
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
        batch = lay_out(prepared, epoch_pairs[place : place + arguments.batch], words.device)
        first, second = add_up(meaning, rarity, batch)
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
        words[5:, :FREQUENCY_PLACE] = moved[5:]


def lay_out(prepared: PreparedText, queries: np.ndarray, device: torch.device) -> TextPairs:
    """The queries and the beginnings of their passages."""
    first = [prepared.query(int(number))[:LONGEST_TEXT] for number in queries]
    second = [prepared.passage(int(prepared.query_passage[number]), LONGEST_TEXT) for number in queries]

    def flatten(texts: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
        lengths = np.array([len(text) for text in texts])
        tokens = torch.from_numpy(np.concatenate(texts).astype(np.int64))
        return tokens.to(device), torch.from_numpy(np.cumsum(lengths) - lengths).to(device)

    return TextPairs(*flatten(first), *flatten(second))


def add_up(meaning: torch.Tensor, rarity: torch.Tensor, pairs: TextPairs) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors of both sides, float32 [pairs, places]."""
    sides = ((pairs.first_tokens, pairs.first_starts), (pairs.second_tokens, pairs.second_starts))
    first, second = (
        functional.normalize(
            functional.embedding_bag(tokens, meaning, starts, mode="sum", per_sample_weights=rarity[tokens]), dim=1
        )
        for tokens, starts in sides
    )
    return first, second


@torch.inference_mode()
def measure_nearest(ranker: Ranker, prepared: PreparedText, queries: np.ndarray, rarity: torch.Tensor) -> float:
    """How often a text's own counterpart is the nearest of all the given ones, 0 to 1."""
    meaning = ranker.bert.embeddings.word_embeddings.weight[:, :FREQUENCY_PLACE]
    first, second = add_up(meaning, rarity, lay_out(prepared, queries, meaning.device))
    return float(((first @ second.t()).argmax(1).cpu() == torch.arange(len(queries))).float().mean())
