"""Groups of one relevant and five other documents for a query: the unit that training compares within."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from .mixture import Mixture, QuerySource
from .prepared import NEGATIVES, PreparedText
from .windows import WindowCutter, draw_window_length

GROUP_SIZE = 6
LONGEST_QUERY = 64
COMMON_TOKENS = 140
RARE_FROM_RANK = 2500
FIRST_WORD_TOKEN = 240  # special tokens, punctuation, single characters and digit pairs lie below
QUESTION_KINDS = ("qa", "switched", "define", "cloze")
SENTENCE_MARKS = ("?", "？", ".", "。", "!")


@dataclass
class Group:
    """A query with GROUP_SIZE documents as token ids; the first document is the relevant one."""

    query: np.ndarray
    documents: list[np.ndarray]
    label: str

    def count_tokens(self) -> int:
        """Tokens of all its pairs, special ones included."""
        return sum(len(document) + len(self.query) + 3 for document in self.documents)


@dataclass(frozen=True)
class GroupOptions:
    """How often what happens to a group; all are probabilities.

    keywords: a question loses common words, as people type into a search box.
    stuffed: a document that answers nothing gets the query's own words strewn in.
    echo: a document begins with the query itself, a relevant one as often as another.
    same_passage: one document is a part of the relevant passage that leaves the answer out.
    swap_rare: rare tokens change places, the same way in query and documents: exact matches still count, meanings do not.
    """

    keywords: float = 0.25
    stuffed: float = 0.14
    echo: float = 0.06
    same_passage: float = 0.35
    swap_rare: float = 0.12


class GroupBuilder:
    """Draws groups; every choice comes from the generator handed in, so that a step can be built again."""

    def __init__(
        self, prepared: PreparedText, tokens: list[str], mixture: Mixture, options: GroupOptions | None = None
    ) -> None:
        self._prepared = prepared
        self._mixture = mixture
        self._options = options or GroupOptions()
        self._cutter = WindowCutter(prepared)
        ranks = np.argsort(np.argsort(-np.asarray(prepared.token_passages), kind="stable"), kind="stable")
        self._common = ranks < COMMON_TOKENS
        numbers = np.arange(len(ranks))
        self._rare = numbers[(ranks > min(RARE_FROM_RANK, len(ranks) // 2)) & (numbers > FIRST_WORD_TOKEN)]
        self._marks = {number for number, token in enumerate(tokens) if token in SENTENCE_MARKS}

    def draw(self, rng: random.Random, progress: float) -> Group:
        """One group of the mixture; progress, 0 to 1, moves the windows from short to long."""
        source = self._mixture.draw(rng)
        number = int(source.queries[rng.randrange(len(source.queries))])
        budget = draw_window_length(rng, progress)
        group = self._build(source, number, budget, rng)
        if not source.crosses and rng.random() < self._options.swap_rare:
            self._swap_rare_tokens(group, rng)
        return group

    def _build(self, source: QuerySource, number: int, budget: int, rng: random.Random) -> Group:
        prepared, cutter, options = self._prepared, self._cutter, self._options
        passage = int(prepared.query_passage[number])
        query = prepared.query(number)
        anchor = int(prepared.query_anchor[number])
        without = None
        if source.kind == "inverse":
            query, without = self._take_part(query, rng), (anchor if rng.random() < 0.7 else None)
        elif source.kind == "qa" and rng.random() < options.keywords:
            query = self._drop_common(query, rng)
        if len(query) > 1 and int(query[-1]) in self._marks and rng.random() < 0.5:
            query = query[:-1]
        query = query[:LONGEST_QUERY]

        sentences = len(prepared.sentence_bounds(passage)) - 1
        clear = False
        if anchor < 0 and not source.crosses:
            matches = cutter.match_sentences(query, passage)
            anchor = int(matches.argmax())
            clear = sentences > 2 and bool(matches.max() > 1.6 * np.partition(matches, -2)[-2])
        if anchor < 0 and source.kind == "switched":
            # Which sentence answers is unknown here, so that the window must hold the passage's greater part.
            budget = max(budget, rng.randint(110, 220))
        documents = [self._cut_relevant(source, passage, anchor, without, _vary(budget, rng), rng)]

        if rng.random() < options.same_passage and sentences > 2:
            if (clear and source.kind == "qa") or source.kind in ("cloze", "define"):
                other = rng.choice([place for place in range(sentences) if place != anchor])
                documents.append(cutter.cut(passage, min(budget, 90), rng, around=other, without=anchor))
        hard = prepared.negatives_of(number).tolist()
        reach = min(len(hard), 4 if rng.random() < 0.4 else NEGATIVES)
        for wrong in rng.sample(hard[:reach], min(rng.choice((2, 3)), reach)):
            around = None if source.crosses else int(cutter.match_sentences(query, wrong).argmax())
            documents.append(cutter.cut(wrong, _vary(budget, rng), rng, around=around))
        passages = prepared.passages_of(source.collection)
        # Passages near one another in the source are most often of the same article.
        neighbour = passage + rng.choice((-4, -3, -2, -1, 1, 2, 3, 4))
        if neighbour in passages and rng.random() < 0.5:
            documents.append(cutter.cut(neighbour, _vary(budget, rng), rng))
        while len(documents) < GROUP_SIZE:
            other = rng.choice(passages)
            if other != passage or len(passages) < 2:
                documents.append(cutter.cut(other, _vary(budget, rng), rng))
        documents = documents[:GROUP_SIZE]
        if source.kind in (*QUESTION_KINDS, "heading", "inverse"):
            self._set_traps(query, documents, source.kind, rng)
        return Group(query, documents, source.label)

    def _cut_relevant(
        self, source: QuerySource, passage: int, anchor: int, without: int | None, budget: int, rng: random.Random
    ) -> np.ndarray:
        if without is not None:
            sentences = len(self._prepared.sentence_bounds(passage)) - 1
            beside = without + 1 if without + 1 < sentences and (without == 0 or rng.random() < 0.6) else without - 1
            return self._cutter.cut(passage, budget, rng, around=beside, without=without)
        if source.kind in ("heading", "title", "gloss", "synonym", "parallel") and rng.random() < 0.7:
            return self._prepared.passage(passage, budget)
        return self._cutter.cut(passage, budget, rng, around=anchor if anchor >= 0 else None)

    def _set_traps(self, query: np.ndarray, documents: list[np.ndarray], kind: str, rng: random.Random) -> None:
        """Puts the query's words where they answer nothing; the echo also before the relevant document."""
        if rng.random() < self._options.stuffed:
            words = [token for token in query.tolist() if not self._common[token]]
            rng.shuffle(words)
            target = documents[-1].tolist()
            for token in words[: max(1, int(len(words) * rng.uniform(0.6, 1.0)))]:
                target.insert(rng.randrange(len(target) + 1), token)
            documents[-1] = np.array(target, np.uint16)
        if kind in ("qa", "define", "cloze"):
            if rng.random() < self._options.echo:
                place = rng.randrange(1, GROUP_SIZE)
                alone = rng.random() < 0.4
                documents[place] = query if alone else np.concatenate([query, documents[place]])
            if rng.random() < self._options.echo:
                documents[0] = np.concatenate([query, documents[0]])

    def _drop_common(self, query: np.ndarray, rng: random.Random) -> np.ndarray:
        kept = [token for token in query.tolist() if not (self._common[token] and rng.random() < 0.8)]
        return np.array(kept or query.tolist(), np.uint16)

    def _take_part(self, sentence: np.ndarray, rng: random.Random) -> np.ndarray:
        """Part of a sentence as a query: a run of it, or its rarer words in order; now and then all of it."""
        if len(sentence) <= 10 or rng.random() < 0.2:
            return sentence
        length = rng.randint(4, 16)
        if rng.random() < 0.5:
            start = rng.randrange(max(1, len(sentence) - length))
            return sentence[start : start + length]
        places = sorted(range(len(sentence)), key=lambda place: rng.random() + (0.6 if self._common[sentence[place]] else 0))
        return sentence[sorted(places[:length])]

    def _swap_rare_tokens(self, group: Group, rng: random.Random) -> None:
        chosen = np.random.default_rng(rng.getrandbits(32)).permutation(self._rare)[: len(self._rare) // 6]
        mapping = np.arange(len(self._common), dtype=np.uint16)
        mapping[np.sort(chosen)] = chosen
        group.query = mapping[group.query]
        group.documents = [mapping[document] for document in group.documents]


def _vary(budget: int, rng: random.Random) -> int:
    """A length around the budget: documents all cut to one length would give away the one that its source ended."""
    return min(240, max(12, round(budget * rng.uniform(0.6, 1.3))))
