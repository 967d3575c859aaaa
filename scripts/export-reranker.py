#!/usr/bin/env python3
"""Exports a reranker (a cross-encoder with one logit) to ONNX, in the layout that Crossrank loads.

    pip install torch transformers peft onnx onnxruntime onnxscript
    python scripts/export-reranker.py MODEL OUT
    python scripts/export-reranker.py BAAI/bge-reranker-v2-m3 OUT --adapter my-lora --dtype fp16 int8

MODEL is a folder or a repository of the hub. OUT gets config.json, the tokenizer, the weights in
onnx/, and reference-logits.json: a few pairs scored by PyTorch, with which Crossrank proves after
loading that the browser computes the same.

Run with torch 2.13, transformers 5.18, peft 0.21, onnx 1.23 and onnxruntime 1.30. It takes memory:
15 GB for a model of 2 GB.
"""

import argparse
import json
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16
from transformers import AutoModelForSequenceClassification, AutoTokenizer

# Names that the hub gives to the builds of a model.
FILE_NAMES = {"fp32": "model.onnx", "fp16": "model_fp16.onnx", "int8": "model_int8.onnx"}

# A protobuf ends at 2 GB, so larger weights go into a file beside it.
LARGEST_GRAPH_BYTES = 1_900_000_000

# The exported fp32 model must compute what PyTorch computes, but for rounding.
FP32_TOLERANCE = 1e-3

# Short and long, two languages, right and wrong answers: a fault in any of these shows.
PAIRS = [
    ("what is a panda?", "The giant panda is a bear that lives in China and eats bamboo."),
    ("what is a panda?", "Pandas is a library for tables in Python."),
    ("what is a panda?", "hi"),
    ("how long may eggs be kept", "Raw eggs keep for three to five weeks in a refrigerator."),
    ("how long may eggs be kept", "Boil eggs for ten minutes, then put them into cold water. " * 6),
    ("如何申请公积金贷款？", "住房公积金贷款办理指南：准备身份证、收入证明和购房合同，到管理中心申请。"),
    ("如何申请公积金贷款？", "公司为员工缴纳五险一金的标准"),
    ("capital of France", "巴黎是法国的首都。"),
]


def main() -> None:
    options = read_options()
    out = Path(options.out)
    tokenizer = AutoTokenizer.from_pretrained(options.model, use_fast=True)
    if not tokenizer.is_fast:
        sys.exit(f"{options.model} has no fast tokenizer, so there is no tokenizer.json to load.")
    model = load_model(options.model, options.adapter)
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    # Before it is used: the first padded batch would be written down as a setting.
    tokenizer.save_pretrained(out)
    with torch.no_grad():
        logits = [float(model(**tokenize(tokenizer, [pair])).logits[0, 0]) for pair in PAIRS]
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(out)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        fp32 = export(model, tokenizer, Path(scratch) / "exported.onnx", options.opset)
        for dtype in options.dtype:
            path = out / "onnx" / FILE_NAMES[dtype]
            write_build(fp32, dtype, path)
            difference = largest_difference(path, tokenizer, logits)
            print(f"{path}: largest difference to PyTorch {difference:.6f}")
            if not np.isfinite(difference) or (dtype == "fp32" and difference > FP32_TOLERANCE):
                sys.exit(f"{path} does not compute what PyTorch computes; do not use it.")
    write_references(out / "reference-logits.json", options, logits)
    print(f"Done. Drop {out}, or a zip of it, on Crossrank's Models view.")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", metavar="MODEL", help="folder or repository of the hub")
    parser.add_argument("out", metavar="OUT", help="folder to write")
    parser.add_argument("--adapter", metavar="FOLDER", help="LoRA adapter to merge into MODEL")
    parser.add_argument(
        "--dtype",
        nargs="+",
        choices=list(FILE_NAMES),
        default=["fp32", "int8"],
        help="builds to write: fp16 for WebGPU, int8 for WASM, fp32 for both (default: fp32 int8)",
    )
    parser.add_argument("--opset", type=int, default=17, help="ONNX operator set (default: 17)")
    return parser.parse_args()


def load_model(name: str, adapter: str | None) -> torch.nn.Module:
    """The model in fp32, ready to score, with its adapter merged."""
    # An adapter may bring the head; without one the model must have its own, with one logit.
    labels = {} if adapter is None else {"num_labels": 1}
    model = AutoModelForSequenceClassification.from_pretrained(
        name,
        # Plain matrix products: the exporter knows them best.
        attn_implementation="eager",
        **labels,
    )
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    if model.config.num_labels != 1:
        sys.exit(
            f"{name} has {model.config.num_labels} labels. A reranker has one: "
            "fine-tune with num_labels=1."
        )
    return model.float().eval()


def tokenize(tokenizer, pairs: list[tuple[str, str]]):
    queries, documents = zip(*pairs)
    return tokenizer(list(queries), list(documents), padding=True, return_tensors="pt")


class Logits(torch.nn.Module):
    """The model with named inputs in a fixed order, and its logits as the only output."""

    def __init__(self, model: torch.nn.Module, names: list[str]):
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        return self.model(**dict(zip(self.names, tensors))).logits


def export(model: torch.nn.Module, tokenizer, path: Path, opset: int) -> Path:
    """Writes the fp32 graph, for any number of pairs of any length."""
    # Several pairs of unlike length: neither dimension may be taken for a constant.
    batch = tokenize(tokenizer, PAIRS[:3])
    names = list(batch.keys())
    axes = {0: "batch", 1: "sequence"}
    with warnings.catch_warnings():
        # The tracer warns of what the comparison with PyTorch's logits would show.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Logits(model, names),
            tuple(batch.values()),
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={**{name: axes for name in names}, "logits": {0: "batch"}},
            opset_version=opset,
            # The newer exporter has no opset 17.
            dynamo=False,
        )
    return path


def write_build(fp32: Path, dtype: str, path: Path) -> None:
    """Writes one build, with external data where the weights are too large for one file."""
    if dtype == "int8":
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            quantized = Path(scratch) / "quantized.onnx"
            quantize_dynamic(
                fp32,
                quantized,
                weight_type=QuantType.QInt8,
                per_channel=True,
                use_external_data_format=True,
            )
            save(onnx.load(quantized), path)
    elif dtype == "fp16":
        # By path, since a graph over 2 GB has its shapes inferred on disk.
        save(convert_float_to_float16(str(fp32), keep_io_types=True), path)
    else:
        save(onnx.load(fp32), path)


def save(graph: onnx.ModelProto, path: Path) -> None:
    data = path.with_suffix(".onnx_data")
    path.unlink(missing_ok=True)
    data.unlink(missing_ok=True)
    large = sum(len(tensor.raw_data) for tensor in graph.graph.initializer) > LARGEST_GRAPH_BYTES
    onnx.save_model(graph, path, save_as_external_data=large, location=data.name)
    if large:
        # Written for its owner only; a web server may have to read it.
        data.chmod(0o644)


def largest_difference(path: Path, tokenizer, logits: list[float]) -> float:
    """How far ONNX Runtime's logits are from PyTorch's; NaN if any of them is."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    # The exporter leaves out inputs that the model does not use.
    names = [node.name for node in session.get_inputs()]

    def score(pairs: list[tuple[str, str]]) -> list[float]:
        tensors = tokenize(tokenizer, pairs)
        feeds = {name: tensors[name].numpy() for name in names}
        return session.run(["logits"], feeds)[0][:, 0].astype(float).tolist()

    one_by_one = [score([pair])[0] for pair in PAIRS]
    together = score(PAIRS)
    return float(np.max(np.abs(np.array([one_by_one, together]) - np.array(logits))))


def write_references(path: Path, options: argparse.Namespace, logits: list[float]) -> None:
    adapter = "" if options.adapter is None else f" with {Path(options.adapter).name}"
    references = {
        "version": 1,
        "source": f"{Path(options.model).name}{adapter}, PyTorch {torch.__version__}, CPU",
        "reference_dtype": "fp32",
        "pairs": [
            {"query": query, "document": document, "logit": round(logit, 6)}
            for (query, document), logit in zip(PAIRS, logits)
        ],
    }
    path.write_text(json.dumps(references, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
