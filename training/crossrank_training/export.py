"""`export`: a checkpoint as a Hugging Face folder with ONNX files, as the app and any other loader read it."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from .files import EMBEDDED_MODEL, hash_file
from .model import LAYER_NORM_EPSILON, Ranker, RankerConfig, load_checkpoint, score_pairs
from .onnx_graph import FUSIONS, Weights, build_graph
from .reference import FILE_NAME, REFERENCE_PAIRS, compare_references, compute_references, write_references
from .scorers import OnnxScorer
from .tokenizer import PairTokenizer

# What the app may weigh on a first visit.
MOST_BYTES = 12_000_000
# PyTorch and onnxruntime add up in different orders.
FP32_TOLERANCE = 1e-3
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("checkpoint", type=Path, help="checkpoint to export")
    parser.add_argument("out", type=Path, help="folder to write; its name is the model's")
    parser.add_argument("--tokenizer", type=Path, default=EMBEDDED_MODEL, help="folder whose tokenizer files are copied (default: the embedded model's)")
    parser.add_argument("--fused", nargs="*", choices=FUSIONS, help="also write onnx/model_fused.onnx, 8-bit with these parts as fused operators; all four where none is named")
    parser.add_argument("--safetensors", action="store_true", help="also write model.safetensors")
    parser.add_argument("--most-bytes", type=int, default=MOST_BYTES, help="largest 8-bit file allowed (default: 12000000)")
    parser.add_argument("--compare", type=Path, help="reference-logits.json that the files must repeat within 0.001, of the same weights exported before")


def run(arguments: argparse.Namespace) -> int:
    """Writes and checks the folder. 1 where a file is too large or computes something else."""
    ranker, _ = load_checkpoint(arguments.checkpoint)
    tokenizer = PairTokenizer.load(arguments.tokenizer)
    if tokenizer.vocab_size != ranker.config.vocab_size:
        raise SystemExit(
            f"The tokenizer has {tokenizer.vocab_size} tokens, the checkpoint {ranker.config.vocab_size}: choose its own with --tokenizer."
        )
    fused = None if arguments.fused is None else arguments.fused or list(FUSIONS)
    write_folder(ranker, arguments.out, arguments.tokenizer, fused=fused, safetensors=arguments.safetensors)
    problems = check_folder(arguments.out, ranker, tokenizer, most_bytes=arguments.most_bytes, compare=arguments.compare)
    for problem in problems:
        print(f"Wrong: {problem}")
    return 1 if problems else 0


def write_folder(
    ranker: Ranker, out: Path, tokenizer: Path, *, fused: list[str] | None = None, safetensors: bool = False
) -> None:
    """Writes config, tokenizer, ONNX files and reference logits.

    tokenizer: folder whose tokenizer files are copied as they are.
    fused: parts of the extra file that are fused operators; None for no such file.
    """
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    weights = collect_weights(ranker)
    config = json.dumps(describe_config(ranker.config), indent=2) + "\n"
    (out / "config.json").write_text(config, encoding="utf-8")
    for name in TOKENIZER_FILES:
        if (tokenizer / name).resolve() != (out / name).resolve():
            shutil.copyfile(tokenizer / name, out / name)
    files = {"model.onnx": ("fp32", []), "model_quantized.onnx": ("q8", [])}
    if fused is not None:
        files["model_fused.onnx"] = ("q8", fused)
    for name, (precision, parts) in files.items():
        onnx.save(build_graph(weights, ranker.config, precision=precision, fused=parts), out / "onnx" / name)
    if safetensors:
        from safetensors.numpy import save_file

        save_file(dict(weights), out / "model.safetensors", metadata={"format": "pt"})
    scorers = {"fp32": OnnxScorer(out / "onnx/model.onnx"), "q8": OnnxScorer(out / "onnx/model_quantized.onnx")}
    loaded = PairTokenizer.load(out)
    write_references(out, compute_references(out.resolve().name, loaded, scorers, max_length=ranker.config.max_length))


def check_folder(
    out: Path, ranker: Ranker, tokenizer: PairTokenizer, *, most_bytes: int = MOST_BYTES, compare: Path | None = None
) -> list[str]:
    """Says what is wrong with a folder, and prints what the app's sources name of it: bytes, hashes and logits."""
    problems = []

    def compare_logits(name: str, other: str, difference: float, allowed: float, about: str = "") -> None:
        print(f"{name} against {other}: largest difference {difference:.6f}{about}")
        if not difference <= allowed:
            problems.append(f"{name} differs from {other} by {difference:.6f}")

    references = json.loads((out / FILE_NAME).read_text(encoding="utf-8"))
    for path in [out / "tokenizer.json", out / "tokenizer_config.json", *sorted((out / "onnx").glob("*.onnx"))]:
        print(f"{path.relative_to(out)}: {path.stat().st_size:,} bytes, sha256 {hash_file(path)}")
    size = (out / "onnx/model_quantized.onnx").stat().st_size
    if size > most_bytes:
        problems.append(f"model_quantized.onnx has {size:,} bytes, more than {most_bytes:,}")
    # The pair of nothing is laid out in a way that the package does not score.
    shown = [number for number, (query, _) in enumerate(REFERENCE_PAIRS) if query]
    encoded = [tuple(tokenizer.encode(text) for text in REFERENCE_PAIRS[number]) for number in shown]
    expected = score_pairs(ranker.cpu(), encoded, max_length=ranker.config.max_length)
    found = np.array([references["pairs"][number]["logit_fp32"] for number in shown])
    largest = float(np.abs(found - expected).max())
    compare_logits("model.onnx", "PyTorch", largest, FP32_TOLERANCE, f" over {len(shown)} pairs")
    rounded = max(abs(pair["logit_q8"] - pair["logit_fp32"]) for pair in references["pairs"])
    compare_logits("model_quantized.onnx", "model.onnx", rounded, references["tolerance"]["q8 against logit_fp32"])
    fused = out / "onnx/model_fused.onnx"
    if fused.exists():
        again = compute_references(references["model"], tokenizer, {"q8": OnnxScorer(fused)}, max_length=ranker.config.max_length)
        difference = compare_references(again, references)["logit_q8"]
        compare_logits("model_fused.onnx", "model_quantized.onnx", difference, FP32_TOLERANCE)
    if compare is not None:
        for kind, difference in compare_references(references, json.loads(compare.read_text(encoding="utf-8"))).items():
            compare_logits(kind, str(compare), difference, FP32_TOLERANCE)
    return problems


def collect_weights(ranker: Ranker) -> Weights:
    """Every parameter as float32, by its name."""
    return {name: values.detach().float().cpu().contiguous().numpy() for name, values in ranker.state_dict().items()}


def describe_config(config: RankerConfig) -> dict[str, Any]:
    """The content of config.json, as transformers reads it."""
    return {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.intermediate_size,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "max_position_embeddings": config.max_length,
        "type_vocab_size": 2,
        "initializer_range": 0.02,
        "layer_norm_eps": LAYER_NORM_EPSILON,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "num_labels": 1,
        "id2label": {"0": "LABEL_0"},
        "label2id": {"LABEL_0": 0},
        "problem_type": "regression",
        "torch_dtype": "float32",
    }
