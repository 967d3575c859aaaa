"""Groups source rows into collections of distinct passages with their queries, before anything is tokenised."""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from .derive import ask_by_gap, ask_for_definition
from .dictionary import Dictionary, translate_words
from .overlap import OverlapFilter
from .sources import SourceRow
from .text import clean, count_chinese, split_sentences

SMALL_SET = 300
LONGEST_PASSAGE = 3000
LONGEST_QUERY = 400
SHORTEST_PASSAGE = {"main": 24, "parallel": 4, "gloss": 2}
GROUP_OF_KIND = {"gloss": "gloss", "synonym": "gloss", "parallel": "parallel"}
DEFINITION_SHARE = 0.5
GLOSS_ENGLISH = ("what is %s", "define %s", "what does %s mean")
GLOSS_CHINESE = ("什么是%s", "%s是什么意思", "%s的意思")
SWITCHED_ENOUGH = 0.6


@dataclass
class Query:
    """A query text, its relevant passage (a number within the collection) and its kind.

    mined_by: the text whose BM25 neighbours become negatives: the query itself, its original before translation,
    or the passage where query and passage differ in language. anchor: the sentence it asks about, or -1.
    """

    text: str
    passage: int
    kind: str
    mined_by: str
    anchor: int = -1


@dataclass
class Collection:
    """Distinct passages, each a list of sentences, and the queries over them."""

    name: str
    passages: list[list[str]] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def languages(self) -> str:
        """The languages of queries and passages, as in the name of the source file."""
        return self.name.split("/", 1)[0]

    def add_passage(self, text: str) -> int | None:
        """The passage's number; the same text gets the same number. None where nothing is left to keep."""
        number = self.numbers.get(text)
        if number is None:
            sentences = split_sentences(text)
            if not sentences:
                return None
            number = self.numbers[text] = len(self.passages)
            self.passages.append(sentences)
        return number


def gather_collections(
    rows: Iterable[SourceRow], overlap: OverlapFilter, *, most_per_set: int, seed: int
) -> tuple[list[Collection], dict[str, int]]:
    """Sorts rows into collections by languages, set and group of kinds; sets under 300 rows share one collection.

    Of a set with more than most_per_set rows a random part is kept. Returns the collections and counts of rows
    "kept", "overlapping", "too short" and "left out" (over the limit).
    """
    by_set: dict[tuple[str, str, str], list[SourceRow]] = defaultdict(list)
    counts = {"kept": 0, "overlapping": 0, "too short": 0, "left out": 0}
    for row in rows:
        by_set[row.languages, row.set_name, GROUP_OF_KIND.get(row.kind, "main")].append(row)
    collections: dict[str, Collection] = {}
    for (languages, set_name, group), members in by_set.items():
        # A set's own generator keeps its choice the same when other sets come or go.
        rng = random.Random(f"{seed}/{languages}/{set_name}/{group}")
        if len(members) > most_per_set:
            counts["left out"] += len(members) - most_per_set
            members = [members[place] for place in sorted(rng.sample(range(len(members)), most_per_set))]
        if languages in ("zh", "en"):
            languages = f"{languages}-{languages}"
        name = f"{languages}/{set_name if len(members) >= SMALL_SET else 'small_sets'}/{group}"
        collection = collections.setdefault(name, Collection(name))
        known: dict[str, bool] = {}
        for row in members:
            text = clean(row.passage)[:LONGEST_PASSAGE]
            query = clean(row.query).replace("_", " ").replace("\n", " ")[:LONGEST_QUERY].strip()
            if text not in known:
                known[text] = overlap.overlaps(row.passage)
            if known[text] or overlap.overlaps(row.query):
                counts["overlapping"] += 1
                continue
            if len(text) + 2 * count_chinese(text) < SHORTEST_PASSAGE[group] or (not query and row.kind != "text"):
                counts["too short"] += 1
                continue
            number = collection.add_passage(text)
            if number is None:
                counts["too short"] += 1
                continue
            counts["kept"] += 1
            if row.kind != "text":
                add_query(collection, row, query, number, text, rng)
    return [collection for collection in collections.values() if len(collection.passages) > 1], counts


def add_query(
    collection: Collection, row: SourceRow, query: str, number: int, passage: str, rng: random.Random
) -> None:
    """Adds a row's query; half of the glosses are asked for in a sentence ("what is ...")."""
    crosses = row.languages[:2] != row.languages[-2:]
    mined_by = passage[:300] if crosses else query
    if row.kind == "gloss" and rng.random() < DEFINITION_SHARE:
        query = rng.choice(GLOSS_CHINESE if count_chinese(query) else GLOSS_ENGLISH) % query
    collection.queries.append(Query(query, number, row.kind, mined_by))


def derive_queries(collection: Collection, dictionary: Dictionary, *, most: int, seed: int) -> None:
    """Adds questions translated word by word, definitions, gaps and inverse cloze sentences, `most` of each kind."""
    if not collection.name.endswith("/main"):
        return
    rng = random.Random(f"{seed}/derive/{collection.name}")
    if collection.languages == "en-en":
        originals = [query for query in collection.queries if query.kind in ("qa", "heading", "title")]
        rng.shuffle(originals)
        share = {"qa": 0.8, "heading": 0.3, "title": 0.3}
        derived = []
        for query in originals:
            if rng.random() < share[query.kind] and len(derived) < 6 * most:
                text, replaced = translate_words(query.text, dictionary, rng)
                if replaced >= SWITCHED_ENOUGH and count_chinese(text) >= 3:
                    derived.append(Query(text, query.passage, "switched", query.text))
        collection.queries += derived
    definitions, gaps, inverse = [], [], []
    for number in rng.sample(range(len(collection.passages)), len(collection.passages)):
        sentences = collection.passages[number]
        place = rng.randrange(len(sentences))
        chinese = count_chinese(sentences[place]) >= 6
        question = ask_for_definition(sentences[0], count_chinese(sentences[0]) >= 4, rng)
        if question and len(definitions) < most // 2:
            definitions.append(Query(question, number, "define", question, 0))
        if chinese and len(gaps) < most:
            question = ask_by_gap(sentences[place], rng)
            if question:
                gaps.append(Query(question, number, "cloze", question, place))
        if len(sentences) >= 3 and 30 <= len(sentences[place]) + 2 * count_chinese(sentences[place]) and len(inverse) < most:
            inverse.append(Query(sentences[place], number, "inverse", sentences[place], place))
    collection.queries += definitions + gaps + inverse


def choose_dev_passages(collection: Collection, share: float) -> set[int]:
    """Passages held out for choices: by a hash of their text, so that adding rows moves none of them."""
    bound = int(share * 2**32)
    return {number for text, number in collection.numbers.items() if zlib.crc32(text.encode("utf-8")) < bound}
