"""What training sees how often: weights of languages, kinds and sets."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from .prepared import QUERY_KINDS, TRAIN, PreparedText
from .sources import EXCLUDED_SETS

# Shares of groups by "{query language}-{passage language}:{kind}". Questions over passages lead, since questions
# are what is measured; glosses and synonyms are many in the sources and teach little each.
KIND_SHARES: dict[str, float] = {
    "en-en:qa": 30,
    "en-en:switched": 14,
    "en-en:heading": 5,
    "en-en:title": 1.5,
    "en-en:define": 3,
    "en-en:inverse": 3,
    "en-en:gloss": 1.5,
    "en-en:synonym": 0.3,
    "zh-zh:qa": 14,
    "zh-zh:heading": 6,
    "zh-zh:title": 2.5,
    "zh-zh:cloze": 14,
    "zh-zh:define": 1.5,
    "zh-zh:inverse": 4,
    "zh-zh:parallel": 0.4,
    "zh-zh:gloss": 0.4,
    "zh-zh:synonym": 0.2,
    "zh-en:parallel": 8,
    "zh-en:title": 1.5,
    "zh-en:heading": 0.7,
    "zh-en:gloss": 3,
    "en-zh:parallel": 2.5,
    "en-zh:title": 0.7,
    "en-zh:heading": 0.7,
    "en-zh:gloss": 0.4,
    "en-zh:synonym": 0.8,
}
# Sets of general knowledge and real questions over those of one product's documentation.
SET_WEIGHTS: dict[str, float] = {
    "squad_train_en": 4.0,
    "clapnq_dev": 3.0,
    "dureader_demo": 3.0,
    "cia_factbook": 1.5,
    "covid_qa": 1.5,
    "tatoeba_en_zh": 1.5,
    "lctt_zhsec": 1.5,
    "cmrc2019_text": 3.0,
    "kdconv_zh": 2.0,
    "dc_code": 0.5,
    "tldr": 0.5,
    "ms_dotnet_zh": 0.5,
    "ms_sql_zh": 0.4,
    "ms_visualstudio_zh": 0.4,
    "ms_windowsserver_zh": 0.5,
    "ms_powerapps_zh": 0.5,
    "python_docs_po_en_zh": 0.8,
    "classical_modern_zh": 0.5,
}
SIZE_POWER = 0.6


@dataclass(frozen=True)
class QuerySource:
    """Training queries of one collection and kind. label: "en-en:qa"; queries: int64 numbers."""

    label: str
    collection: int
    kind: str
    queries: np.ndarray

    @property
    def crosses(self) -> bool:
        """Whether queries and passages differ in language, all of them or word by word."""
        return self.label[:2] != self.label[3:5] or self.kind == "switched"


class Mixture:
    """Draws sources by the shares of their kinds, and within a kind by size to the power of 0.6 and the set's weight."""

    def __init__(self, prepared: PreparedText, shares: dict[str, float] | None = None) -> None:
        shares = KIND_SHARES if shares is None else shares
        kinds, owners = np.asarray(prepared.query_kind), np.asarray(prepared.query_collection)
        trained = np.flatnonzero(np.asarray(prepared.query_split) == TRAIN)
        keys = owners[trained].astype(np.int64) * len(QUERY_KINDS) + kinds[trained]
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        self.sources: list[QuerySource] = []
        for members in np.split(trained[order], cuts):
            if not len(members):
                continue
            collection, kind = int(owners[members[0]]), QUERY_KINDS[int(kinds[members[0]])]
            if prepared.set_of(collection) in EXCLUDED_SETS:
                continue
            label = f"{prepared.languages_of(collection)}:{kind}"
            if shares.get(label, 0) > 0:
                self.sources.append(QuerySource(label, collection, kind, members))
        if not self.sources:
            raise ValueError("the mixture leaves nothing to train on")
        raw = [
            len(source.queries) ** SIZE_POWER * SET_WEIGHTS.get(prepared.set_of(source.collection), 1.0)
            for source in self.sources
        ]
        totals: dict[str, float] = defaultdict(float)
        for source, weight in zip(self.sources, raw):
            totals[source.label] += weight
        self.weights = [weight / totals[source.label] * shares[source.label] for source, weight in zip(self.sources, raw)]
        # Cumulative weights make one draw a binary search.
        self._cumulative = np.cumsum(self.weights)

    def draw(self, rng: random.Random) -> QuerySource:
        """One source."""
        return self.sources[int(np.searchsorted(self._cumulative, rng.random() * self._cumulative[-1], side="right"))]
