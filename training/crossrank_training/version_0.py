"""The parameter names of the first version's checkpoint."""

from __future__ import annotations

import torch


def rename_version_0(weights: dict[str, torch.Tensor], hidden: int, layers: int) -> dict[str, torch.Tensor]:
    """The first version's parameters under BERT's names; its query, key and value weights lay in one matrix."""
    renamed: dict[str, torch.Tensor] = {}
    embeddings = "bert.embeddings."
    for old, new in (("word", "word_embeddings"), ("pos", "position_embeddings"), ("typ", "token_type_embeddings")):
        renamed[f"{embeddings}{new}.weight"] = weights[f"{old}.weight"]
    outside = [("ln", embeddings + "LayerNorm"), ("pool", "bert.pooler.dense"), ("cls", "classifier")]
    for layer in range(layers):
        old_layer, new_layer = f"layers.{layer}.", f"bert.encoder.layer.{layer}."
        for part, name in enumerate(("query", "key", "value")):
            rows = slice(part * hidden, (part + 1) * hidden)
            for kind in ("weight", "bias"):
                renamed[f"{new_layer}attention.self.{name}.{kind}"] = weights[f"{old_layer}qkv.{kind}"][rows].clone()
        outside += [
            (old_layer + "o", new_layer + "attention.output.dense"),
            (old_layer + "ln1", new_layer + "attention.output.LayerNorm"),
            (old_layer + "f1", new_layer + "intermediate.dense"),
            (old_layer + "f2", new_layer + "output.dense"),
            (old_layer + "ln2", new_layer + "output.LayerNorm"),
        ]
    for old, new in outside:
        for kind in ("weight", "bias"):
            renamed[f"{new}.{kind}"] = weights[f"{old}.{kind}"]
    return renamed
