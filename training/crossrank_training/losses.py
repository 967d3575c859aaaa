"""What training minimises, and the optimizer it does that with."""

from __future__ import annotations

import torch
import torch.nn.functional as functional

from .masking import MaskedTokenHead
from .model import Ranker

BINARY_WEIGHT = 0.25


def group_loss(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss to minimise, cross-entropy of each group) of logits [groups, GROUP_SIZE], the relevant document first.

    The listwise part ranks; the binary part ties the logits to an absolute scale, so that a score means the same
    for every query.
    """
    cross_entropy = -functional.log_softmax(logits, 1)[:, 0]
    binary = functional.softplus(-logits[:, 0]) + functional.softplus(logits[:, 1:]).mean(1)
    return (cross_entropy + BINARY_WEIGHT * binary).mean(), cross_entropy.detach()


def teacher_loss(logits: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Cross-entropy between the teacher's and the ranker's distribution over each group's documents."""
    return -(functional.softmax(taught, 1) * functional.log_softmax(logits, 1)).sum(1).mean()


def make_optimizer(ranker: Ranker, head: MaskedTokenHead, rate: float) -> torch.optim.AdamW:
    """AdamW; matrices of the layers decay, embeddings, biases and norms do not."""
    decaying, others = [], []
    for name, parameter in [*ranker.named_parameters(), *head.named_parameters()]:
        (decaying if parameter.dim() == 2 and "embeddings" not in name else others).append(parameter)
    groups = [{"params": decaying, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-7, fused=True)
