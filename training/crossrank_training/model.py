"""The cross-encoder: a standard BERT with one output, written for packed batches.

Linear layers, attention and GELU run in bfloat16 when asked (on a CPU through oneDNN's AVX512-BF16 kernels, on
a GPU through its tensor cores); LayerNorm, embeddings, the head and the master weights stay float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from .files import write_whole
from .layers import LAYER_NORM_EPSILON, Bert, RankerConfig
from .packing import PackedBatch, TokenIds, cut_pair, pack_pairs
from .version_0 import rename_version_0

__all__ = ["LAYER_NORM_EPSILON", "Ranker", "RankerConfig", "load_checkpoint", "save_checkpoint", "score_pairs"]


class Ranker(nn.Module):
    """A cross-encoder whose parameters carry the names of Hugging Face's BertForSequenceClassification."""

    def __init__(self, config: RankerConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = Bert(config)
        self.classifier = nn.Linear(config.hidden_size, 1)

    def encode(self, batch: PackedBatch, *, bf16: bool = False) -> torch.Tensor:
        """The last layer's hidden states, float32 [tokens, hidden], in the batch's packed order."""
        precision = torch.bfloat16 if bf16 else torch.float32
        rows = self.bert.embeddings(batch)
        for layer in self.bert.encoder.layer:
            rows = layer(rows, batch, precision)
        return rows

    def classify(self, hidden: torch.Tensor, batch: PackedBatch) -> torch.Tensor:
        """Logits, float32 [sequences], in the order in which the sequences were handed to the packer."""
        pooled = torch.tanh(self.bert.pooler.dense(hidden[batch.first_tokens]))
        return self.classifier(pooled).squeeze(-1)[batch.unsort]

    def forward(self, batch: PackedBatch, *, bf16: bool = False) -> torch.Tensor:
        """Logits, float32 [sequences], unbounded: higher is more relevant."""
        return self.classify(self.encode(batch, bf16=bf16), batch)


def load_checkpoint(path: str | Path, device: str | torch.device = "cpu") -> tuple[Ranker, dict[str, Any]]:
    """Reads a checkpoint of this package or of version 0.

    Returns the ranker (in evaluation mode, on `device`) and the state saved beside it ({} for version 0).
    Raises FileNotFoundError, and KeyError or RuntimeError for a file that is no checkpoint.
    """
    content = torch.load(path, map_location="cpu", weights_only=True)
    if "cfg" in content:
        old = content["cfg"]
        config = RankerConfig(old["vocab"], old["H"], old["L"], old["A"], old["FF"], old["P"])
        weights = rename_version_0(content["model"], config.hidden_size, config.layers)
        state: dict[str, Any] = {}
    else:
        config = RankerConfig(**content["config"])
        weights, state = content["weights"], content["state"]
    ranker = Ranker(config)
    ranker.load_state_dict(weights)
    return ranker.to(device).eval(), state


def save_checkpoint(path: str | Path, ranker: Ranker, state: dict[str, Any]) -> None:
    """Writes the ranker and `state` (tensors, numbers, strings, lists, dicts): beside the target, then renamed over it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(path) as unfinished:
        torch.save({"config": asdict(ranker.config), "weights": ranker.state_dict(), "state": state}, unfinished)


@torch.inference_mode()
def score_pairs(
    ranker: Ranker,
    pairs: Sequence[tuple[TokenIds, TokenIds]],
    *,
    max_length: int = 512,
    bf16: bool = False,
    tokens_per_batch: int = 8192,
) -> np.ndarray:
    """Logits of (query, document) token ids without special tokens, cut by cut_pair: float32 [pairs].

    Pairs run in order of length.
    """
    device = next(ranker.parameters()).device
    logits = np.zeros(len(pairs), np.float32)
    cut = [cut_pair(query, document, max_length) for query, document in pairs]
    lengths = np.array([len(query) + len(document) + 3 for query, document in cut])
    order = np.argsort(lengths, kind="stable")
    done = 0
    while done < len(order):
        stop, tokens = done, 0
        while stop < len(order) and (stop == done or tokens + lengths[order[stop]] <= tokens_per_batch):
            tokens += int(lengths[order[stop]])
            stop += 1
        chosen = order[done:stop]
        batch = pack_pairs([cut[index] for index in chosen]).to(device)
        logits[chosen] = ranker(batch, bf16=bf16).float().cpu().numpy()
        done = stop
    return logits
