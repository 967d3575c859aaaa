"""`prepare`: from the packed sources to tokenised collections with queries and BM25 negatives."""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from itertools import chain
from pathlib import Path

import numpy as np

from .bm25 import BM25Index
from .collect import Collection, choose_dev_passages, derive_queries, gather_collections
from .dictionary import Dictionary, build_dictionary
from .overlap import OverlapFilter, read_held_out
from .prepared import DEV, NEGATIVES, QUERY_KINDS, TRAIN, PreparedText
from .sources import list_source_files, read_training_rows
from .tokenizer import PairTokenizer

LONGEST_SENTENCE = 200
LONGEST_QUERY = 96
BM25_TERMS_FROM = 37  # special tokens and ASCII punctuation lie below


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--sources", type=Path, required=True, help="folder with the packed source files")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder with tokenizer.json")
    parser.add_argument("--work", type=Path, default=Path("work"), help="working folder (default: work)")
    parser.add_argument("--held-out", type=Path, nargs="*", default=[], help="files and folders that may not overlap")
    parser.add_argument("--most-per-set", type=int, default=60_000, help="rows kept of one set (default: 60000)")
    parser.add_argument("--most-derived", type=int, default=8_000, help="derived queries per set and kind (default: 8000)")
    parser.add_argument("--dev-share", type=float, default=0.015, help="passages held out for choices (default: 0.015)")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Prepares everything and writes <work>/prepared and <work>/prepared/report.json."""
    started = time.monotonic()

    def report(message: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {message}", flush=True)

    tokenizer = PairTokenizer.load(arguments.tokenizer)
    overlap = OverlapFilter(read_held_out(arguments.held_out))
    report(f"{overlap.texts} held-out texts")
    files = list_source_files(arguments.sources)
    dictionary = make_dictionary(files)
    report(f"word list of {len(dictionary)} English words")
    rows = chain.from_iterable(map(read_training_rows, files))
    collections, counts = gather_collections(rows, overlap, most_per_set=arguments.most_per_set, seed=arguments.seed)
    report(f"rows: {counts}")
    for collection in collections:
        derive_queries(collection, dictionary, most=arguments.most_derived, seed=arguments.seed)
    report(f"{sum(len(collection.queries) for collection in collections)} queries")
    builder = PreparedBuilder(tokenizer, arguments.dev_share)
    for collection in collections:
        builder.add(collection)
        report(builder.describe_last())
        collection.passages.clear()
    prepared = builder.finish()
    folder = arguments.work / "prepared"
    prepared.save(folder)
    summary = {"rows": counts, "held_out_texts": overlap.texts, "collections": builder.summaries}
    (folder / "report.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False), encoding="utf-8")
    report(f"{len(prepared.tokens):,} tokens, {len(prepared.query_passage):,} queries in {folder}")
    return 0


def make_dictionary(files: list[Path]) -> Dictionary:
    """The word list, from the Chinese-English glosses and the parallel pairs."""
    glosses, parallel = [], []
    for path in files:
        if path.name.startswith("pairs-zh-en"):
            for row in read_training_rows(path):
                if row.kind == "gloss":
                    glosses.append((row.query, row.passage.split(":")[0]))
                elif row.kind == "parallel":
                    parallel.append((row.query[:600], row.passage[:1500]))
    return build_dictionary(glosses, parallel)


class PreparedBuilder:
    """Adds collection after collection to growing lists of arrays."""

    def __init__(self, tokenizer: PairTokenizer, dev_share: float) -> None:
        self._tokenizer = tokenizer
        self._dev_share = dev_share
        self._parts: dict[str, list[np.ndarray]] = defaultdict(list)
        self._names: list[str] = []
        self._passages = 0
        self._passage_bounds = [0]
        self._token_passages = np.zeros(tokenizer.vocab_size, np.int64)
        self.summaries: list[dict[str, object]] = []

    def add(self, collection: Collection) -> None:
        """Tokenises a collection, finds its negatives and appends it."""
        flat = [sentence for sentences in collection.passages for sentence in sentences]
        encoded = [ids[:LONGEST_SENTENCE] or [self._tokenizer.unknown_id] for ids in self._tokenizer.encode_all(flat)]
        sentence_counts = np.array([len(sentences) for sentences in collection.passages])
        first_sentences = np.concatenate([[0], np.cumsum(sentence_counts)])
        documents = [
            np.concatenate(encoded[first:last]).astype(np.uint16)
            for first, last in zip(first_sentences[:-1], first_sentences[1:])
        ]
        queries = self._tokenizer.encode_all([query.text for query in collection.queries])
        mining = self._tokenizer.encode_all([query.mined_by for query in collection.queries])
        keep = [place for place, ids in enumerate(queries) if ids]
        records = [collection.queries[place] for place in keep]
        negatives = self._mine(documents, [mining[place][:64] for place in keep], records)
        dev = choose_dev_passages(collection, self._dev_share)
        asked = [queries[place][:LONGEST_QUERY] for place in keep]
        parts = {
            "tokens": np.concatenate(documents),
            "sentence_starts": np.array([len(ids) for ids in encoded], np.int64),
            "passage_sentences": sentence_counts,
            "query_tokens": np.concatenate(asked or [[]]).astype(np.uint16),
            "query_starts": np.array([len(ids) for ids in asked], np.int64),
            "query_passage": np.array([record.passage + self._passages for record in records], np.int32),
            "query_kind": np.array([QUERY_KINDS.index(record.kind) for record in records], np.uint8),
            "query_collection": np.full(len(records), len(self._names), np.int16),
            "query_split": np.array([DEV if record.passage in dev else TRAIN for record in records], np.uint8),
            "query_anchor": np.array([record.anchor for record in records], np.int16),
            "negatives": np.where(negatives >= 0, negatives + self._passages, -1).astype(np.int32),
        }
        for name, values in parts.items():
            self._parts[name].append(values)
        for document in documents:
            self._token_passages[np.unique(document)] += 1
        self._names.append(collection.name)
        self._passages += len(documents)
        self._passage_bounds.append(self._passages)
        kinds = {kind: sum(record.kind == kind for record in records) for kind in QUERY_KINDS}
        self.summaries.append(
            {
                "name": collection.name,
                "passages": len(documents),
                "tokens": int(sum(map(len, documents))),
                "queries": {kind: number for kind, number in kinds.items() if number},
                "dev": sum(record.passage in dev for record in records),
                "negatives": round(float((negatives >= 0).sum(1).mean()), 1) if len(records) else 0,
            }
        )

    def describe_last(self) -> str:
        """One line about the collection added last."""
        return json.dumps(self.summaries[-1], ensure_ascii=False)

    def finish(self) -> PreparedText:
        """Joins everything."""
        joined = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        for name in ("sentence_starts", "passage_sentences", "query_starts"):
            joined[name] = np.concatenate([[0], np.cumsum(joined[name])]).astype(np.int64)
        return PreparedText(
            **joined,
            collection_passages=np.array(self._passage_bounds, np.int64),
            token_passages=self._token_passages,
            collection_names=self._names,
        )

    def _mine(self, documents: list[np.ndarray], mining: list[list[int]], records: list) -> np.ndarray:
        """int32 [queries, NEGATIVES]: BM25's best passages of the collection, none of which is relevant to the query."""
        if not records:
            return np.zeros((0, NEGATIVES), np.int32)
        relevant: dict[str, set[int]] = defaultdict(set)
        for record in records:
            relevant[record.text].add(record.passage)
        # In large collections words of every twentieth passage cost the most time and tell the least.
        share = 0.05 if len(documents) > 2000 else 1.0
        index = BM25Index(documents, bigrams=True, ignore_below=BM25_TERMS_FROM, max_share=share)
        found, _ = index.top(mining, NEGATIVES + 8)
        negatives = np.full((len(records), NEGATIVES), -1, np.int32)
        for row, record in enumerate(records):
            wrong = [number for number in found[row].tolist() if number >= 0 and number not in relevant[record.text]]
            negatives[row, : len(wrong[:NEGATIVES])] = wrong[:NEGATIVES]
        return negatives
