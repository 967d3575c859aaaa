"""The prepared material on disk: tokenised passages, queries and mined negatives as memory-mapped arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

QUERY_KINDS = (
    "qa", "heading", "title", "gloss", "synonym", "parallel", "switched", "define", "cloze", "inverse",
)  # fmt: skip
TRAIN, DEV = 0, 1
NEGATIVES = 24


@dataclass
class PreparedText:
    """Everything training reads. Passages of one collection lie next to each other, in the order of their source.

    tokens: uint16 [tokens], the sentences of all passages end to end.
    sentence_starts: int64 [sentences + 1], passage_sentences: int64 [passages + 1].
    collection_passages: int64 [collections + 1], collection_names: "en-en/squad_train_en/main" and so on.
    query_tokens: uint16, query_starts: int64 [queries + 1].
    query_passage: int32 [queries], the relevant passage; query_kind: uint8, a place in QUERY_KINDS.
    query_collection: int16; query_split: uint8, TRAIN or DEV.
    query_anchor: int16, the sentence of the passage that best matches the query, -1 where not known.
    negatives: int32 [queries, NEGATIVES], passages of the same collection that BM25 ranks high, -1 where there are
    fewer.
    token_passages: int64 [vocabulary], in how many passages each token occurs.
    """

    tokens: np.ndarray
    sentence_starts: np.ndarray
    passage_sentences: np.ndarray
    collection_passages: np.ndarray
    query_tokens: np.ndarray
    query_starts: np.ndarray
    query_passage: np.ndarray
    query_kind: np.ndarray
    query_collection: np.ndarray
    query_split: np.ndarray
    query_anchor: np.ndarray
    negatives: np.ndarray
    token_passages: np.ndarray
    collection_names: list[str]

    def save(self, folder: str | Path) -> None:
        """Writes one .npy file per array and collections.json, the last file, which marks the folder as whole."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "collections.json").unlink(missing_ok=True)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                np.save(folder / f"{name}.npy", value)
        (folder / "collections.json").write_text(json.dumps(self.collection_names, indent=1), encoding="utf-8")

    @staticmethod
    def load(folder: str | Path) -> PreparedText:
        """Maps the arrays into memory. Raises FileNotFoundError where `prepare` has not finished."""
        folder = Path(folder)
        if not (folder / "collections.json").is_file():
            raise FileNotFoundError(f"{folder} holds no prepared text: run `prepare` first")
        names = json.loads((folder / "collections.json").read_text(encoding="utf-8"))
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r")
            for name in PreparedText.__annotations__
            if name != "collection_names"
        }
        return PreparedText(**arrays, collection_names=names)

    def find_queries(self, *labels: str, split: int | None = None) -> np.ndarray:
        """The queries of any of the labels ("zh-en:parallel"), int64, ascending. split: TRAIN or DEV (default: both)."""
        kinds, owners = np.asarray(self.query_kind), np.asarray(self.query_collection)
        found = np.zeros(len(kinds), bool)
        for label in labels:
            languages, kind = label.split(":")
            collections = [number for number in range(len(self.collection_names)) if self.languages_of(number) == languages]
            found |= (kinds == QUERY_KINDS.index(kind)) & np.isin(owners, collections)
        return np.flatnonzero(found if split is None else found & (np.asarray(self.query_split) == split))

    def query(self, number: int) -> np.ndarray:
        """The tokens of a query."""
        return np.asarray(self.query_tokens[self.query_starts[number] : self.query_starts[number + 1]])

    def sentence_bounds(self, passage: int) -> np.ndarray:
        """int64 [sentences + 1]: where each sentence of a passage begins among all tokens, and where the last ends."""
        first, stop = int(self.passage_sentences[passage]), int(self.passage_sentences[passage + 1])
        return np.asarray(self.sentence_starts[first : stop + 1])

    def passage(self, passage: int, most: int | None = None) -> np.ndarray:
        """The tokens of a passage, at most `most` of them."""
        bounds = self.sentence_bounds(passage)
        stop = int(bounds[-1]) if most is None else min(int(bounds[-1]), int(bounds[0]) + most)
        return np.asarray(self.tokens[int(bounds[0]) : stop])

    def negatives_of(self, query: int) -> np.ndarray:
        """int32: the passages that BM25, or a checkpoint after it, ranks high for a query, best first."""
        wrong = np.asarray(self.negatives[query])
        return wrong[wrong >= 0]

    def passages_of(self, collection: int) -> range:
        """The numbers of a collection's passages."""
        return range(int(self.collection_passages[collection]), int(self.collection_passages[collection + 1]))

    def languages_of(self, collection: int) -> str:
        """ "en-en", "zh-en" and so on: the languages of a collection's queries and passages."""
        return self.collection_names[collection].split("/", 1)[0]

    def set_of(self, collection: int) -> str:
        """The set that a collection's rows are from; "small_sets" for those too small for a collection of their own."""
        return self.collection_names[collection].split("/")[1]
