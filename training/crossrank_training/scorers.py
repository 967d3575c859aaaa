"""What gives pairs their logits: a checkpoint in PyTorch or an ONNX file in onnxruntime; and scores that are kept."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from .files import hash_file, write_whole
from .model import load_checkpoint, score_pairs
from .packing import TokenIds, cut_pair, join_pair

Pairs = Sequence[tuple[TokenIds, TokenIds]]
# Gets pairs done, pairs to do (without those that were kept from before), and tokens done.
Progress = Callable[[int, int, int], None]

# Pairs between two savings of the scores: some seconds of work on a CPU, well below one on a GPU.
PAIRS_PER_SAVING = 4096


class Scorer(Protocol):
    """Gives logits to pairs of token ids without special tokens."""

    name: str
    # Says which model computes how; logits under the same fingerprint may be used again.
    fingerprint: str

    def score(self, pairs: Pairs) -> np.ndarray:
        """float32 [pairs]"""
        ...


class CheckpointScorer:
    """Scores with PyTorch. Files as in model.load_checkpoint."""

    def __init__(
        self,
        path: Path,
        *,
        device: str = "cpu",
        bf16: bool = False,
        max_length: int = 512,
        tokens_per_batch: int = 8192,
    ) -> None:
        self.name = path.name
        self.fingerprint = f"torch {hash_file(path)} {'bf16' if bf16 else 'fp32'} {max_length}"
        self._ranker, _ = load_checkpoint(path, device)
        self._options = {"bf16": bf16, "max_length": max_length, "tokens_per_batch": tokens_per_batch}

    def score(self, pairs: Pairs) -> np.ndarray:
        return score_pairs(self._ranker, pairs, **self._options)


class OnnxScorer:
    """Scores with onnxruntime on the CPU."""

    def __init__(self, path: Path, *, threads: int = 0, max_length: int = 512, tokens_per_batch: int = 8192) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.name = path.name
        self.fingerprint = f"onnx {hash_file(path)} {max_length}"
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._max_length = max_length
        self._tokens_per_batch = tokens_per_batch

    def score(self, pairs: Pairs) -> np.ndarray:
        logits = np.zeros(len(pairs), np.float32)
        sequences = [join_pair(*cut_pair(query, document, self._max_length)) for query, document in pairs]
        lengths = np.array([len(token_ids) for token_ids, _ in sequences], np.int64)
        order = np.argsort(lengths, kind="stable")
        done = 0
        while done < len(order):
            stop = done + 1
            # In order of length the last pair of a batch is the one that all others are padded to.
            while stop < len(order) and (stop + 1 - done) * lengths[order[stop]] <= self._tokens_per_batch:
                stop += 1
            chosen = order[done:stop]
            logits[chosen] = self.run([sequences[number] for number in chosen])
            done = stop
        return logits

    def run(self, sequences: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        """One batch of (token ids, segment ids) that hold their special tokens, padded; float32 [sequences]."""
        shape = (len(sequences), max(len(token_ids) for token_ids, _ in sequences))
        feeds = {name: np.zeros(shape, np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
        for row, (token_ids, segment_ids) in enumerate(sequences):
            feeds["input_ids"][row, : len(token_ids)] = token_ids
            feeds["attention_mask"][row, : len(token_ids)] = 1
            feeds["token_type_ids"][row, : len(token_ids)] = segment_ids
        (logits,) = self.session.run(["logits"], feeds)
        return np.asarray(logits, np.float32)[:, 0]


def score_and_keep(
    scorer: Scorer, pairs: Pairs, folder: Path, *, progress: Progress | None = None, pairs_per_saving: int = PAIRS_PER_SAVING
) -> np.ndarray:
    """Logits of all pairs, float32 [pairs], kept in `folder`, also where the work is broken off.

    What is kept is used again for the same model, settings and token ids only. Pairs are scored longest first in
    parts, so that memory runs out at once or never.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hash_work(scorer, pairs)}.npy"
    logits = np.load(path) if path.exists() else np.full(len(pairs), np.nan, np.float32)
    lengths = np.array([len(query) + len(document) for query, document in pairs])
    missing = np.flatnonzero(np.isnan(logits))
    missing = missing[np.argsort(-lengths[missing], kind="stable")]
    tokens = 0
    for start in range(0, len(missing), pairs_per_saving):
        part = missing[start : start + pairs_per_saving]
        logits[part] = scorer.score([pairs[number] for number in part])
        if np.isnan(logits[part]).any():
            raise ValueError(f"{scorer.name} gives logits that are no numbers")
        with write_whole(path) as unfinished, unfinished.open("wb") as file:
            np.save(file, logits)
        if progress is not None:
            tokens += int(lengths[part].sum()) + 3 * len(part)
            progress(start + len(part), len(missing), tokens)
    return logits


def hash_work(scorer: Scorer, pairs: Pairs) -> str:
    """Names what is scored and by what."""
    digest = hashlib.sha256(scorer.fingerprint.encode())
    for query, document in pairs:
        for ids in (query, document):
            digest.update(len(ids).to_bytes(4, "little"))
            digest.update(np.asarray(ids, "<i4").tobytes())
    return digest.hexdigest()[:32]


def show_progress(title: str) -> Progress:
    """Prints pairs done, tokens per second and the time left, at most every ten seconds and at the end."""
    begun = time.monotonic()
    told = begun

    def tell(done: int, total: int, tokens: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told < 10 and done < total:
            return
        told = now
        seconds = max(now - begun, 1e-9)
        left = seconds * (total - done) / max(done, 1)
        speed = f"{tokens / seconds:,.0f} tokens/s, {done / seconds:,.0f} pairs/s"
        # The longest pairs come first, so the time left is an upper bound.
        print(f"  {title}: {done:,} of {total:,} pairs, {speed}, at most {left:,.0f} s left", flush=True)

    return tell
