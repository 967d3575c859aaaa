"""The held-out collections that measure a model, read into one shape. Nothing of them may enter training.

They are not part of the repository: --collections names a folder with trec-dl19/ (first-stage-bm25.json,
first-stage-splade.json in RankLLM's layout, and qrels.txt) and xquad/ (xquad.en.json, xquad.zh.json). The keyword
traps are the app's own, public/demos/keyword-traps.json.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .bm25 import BM25Index
from .metrics import order_by_score
from .tokenizer import PairTokenizer

# The app's own constants; the traps are the app's.
TRAPS_K1, TRAPS_B = 1.2, 0.75


@dataclass(frozen=True)
class JudgedQuery:
    """One query with its candidates in the order of the first stage.

    documents: numbers of the candidates in the task's documents.
    first_stage: the first stage's score of each candidate, float64.
    grades: the judgement of each candidate, 0 where none was given.
    all_grades: every grade above 0 that was given for the query, also to documents that are no candidates.
    """

    query_id: str
    text: str
    documents: tuple[int, ...]
    first_stage: np.ndarray
    grades: tuple[int, ...]
    all_grades: tuple[int, ...]

    @property
    def relevant(self) -> int:
        """The place of the one relevant candidate, where there is exactly one."""
        return self.grades.index(1)


@dataclass(frozen=True)
class RankingTask:
    """Queries over documents, and what is measured on them.

    kind: "graded" (several relevant documents, in grades), "single" (one relevant document), or "traps" (one,
    chosen so that keywords mislead; documents in the order in which they are shown).
    """

    name: str
    title: str
    kind: str
    documents: tuple[str, ...]
    queries: tuple[JudgedQuery, ...]

    @property
    def pairs(self) -> int:
        """How many (query, document) pairs a model has to score."""
        return sum(len(query.documents) for query in self.queries)

    def sample(self, queries: int | None, seed: int) -> RankingTask:
        """The same task with that many queries drawn at random; itself where it has no more than that."""
        if queries is None or queries >= len(self.queries):
            return self
        chosen = sorted(random.Random(seed).sample(range(len(self.queries)), queries))
        return replace(self, queries=tuple(self.queries[number] for number in chosen))


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """TREC judgements: grade by query id and document id."""
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            query_id, _, document_id, grade = line.split()
            grades.setdefault(query_id, {})[document_id] = int(grade)
        except ValueError as error:
            raise ValueError(f"{path} line {number}: expected query, iteration, document and grade") from error
    return grades


def read_first_stage(path: Path, qrels: Path, *, name: str, title: str, depth: int = 100) -> RankingTask:
    """Lists in RankLLM's layout with judgements; only queries that were judged, the best `depth` of each."""
    judged = read_qrels(qrels)
    numbers: dict[str, int] = {}
    documents: list[str] = []
    queries: list[JudgedQuery] = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        hits = sorted(entry["hits"], key=lambda hit: hit["rank"])[:depth]
        query_id = str(hits[0]["qid"])
        grades = judged.get(query_id)
        if grades is None:
            continue
        for hit in hits:
            if str(hit["docid"]) not in numbers:
                numbers[str(hit["docid"])] = len(documents)
                documents.append(hit["content"])
        queries.append(
            JudgedQuery(
                query_id,
                entry["query"],
                tuple(numbers[str(hit["docid"])] for hit in hits),
                np.array([float(hit["score"]) for hit in hits]),
                tuple(grades.get(str(hit["docid"]), 0) for hit in hits),
                tuple(grade for grade in grades.values() if grade > 0),
            )
        )
    return RankingTask(name, title, "graded", tuple(documents), tuple(queries))


def read_squad(path: Path) -> tuple[list[str], list[tuple[str, str, int]]]:
    """Paragraphs and questions of a SQuAD-like file: (question id, question, number of its paragraph)."""
    paragraphs: list[str] = []
    questions: list[tuple[str, str, int]] = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                questions.append((str(asked["id"]), asked["question"], len(paragraphs)))
            paragraphs.append(paragraph["context"])
    return paragraphs, questions


def choose_candidates(scores: np.ndarray, relevant: int, candidates: int) -> np.ndarray:
    """BM25's best candidates, best first, with the relevant document always among them (in the last place's stead).

    scores: [documents]; ties keep the order of the documents.
    """
    best = order_by_score(scores)[:candidates]
    if relevant not in best:
        best[-1] = relevant
    return best


def build_paragraph_task(
    questions_path: Path,
    paragraphs_path: Path,
    tokenizer: PairTokenizer,
    *,
    name: str,
    title: str,
    candidates: int,
    bigrams: bool,
) -> RankingTask:
    """Which paragraph answers the question, asked in one language of XQuAD and answered in the same or another.

    The files of all languages agree in order and ids, so a question's paragraph has the same number in each.
    candidates: how many paragraphs are ranked per question. bigrams: BM25 also counts pairs of tokens, for Chinese.
    """
    _, questions = read_squad(questions_path)
    paragraphs, same_questions = read_squad(paragraphs_path)
    if [(asked[0], asked[2]) for asked in questions] != [(asked[0], asked[2]) for asked in same_questions]:
        raise ValueError(f"{questions_path} and {paragraphs_path} do not hold the same questions in the same order")
    index = BM25Index(tokenizer.encode_all(paragraphs), bigrams=bigrams)
    scores = index.scores(tokenizer.encode_all([text for _, text, _ in questions])).astype(np.float64)
    judged = []
    for (question_id, text, relevant), row in zip(questions, scores):
        chosen = choose_candidates(row, relevant, min(candidates, len(paragraphs)))
        grades = tuple(int(document == relevant) for document in chosen)
        judged.append(JudgedQuery(question_id, text, tuple(map(int, chosen)), row[chosen], grades, (1,)))
    return RankingTask(name, title, "single", tuple(paragraphs), tuple(judged))


def read_traps(path: Path, tokenizer: PairTokenizer) -> RankingTask:
    """The app's keyword traps. BM25 counts this package's tokens here, where the app counts words."""
    documents: list[str] = []
    judged = []
    for trap in json.loads(path.read_text(encoding="utf-8"))["traps"]:
        texts = [document["text"] for document in trap["documents"]]
        index = BM25Index(tokenizer.encode_all(texts), k1=TRAPS_K1, b=TRAPS_B, bigrams=True)
        scores = index.scores([tokenizer.encode(trap["query"])])[0].astype(np.float64)
        grades = tuple(int(document["docId"] == trap["answerId"]) for document in trap["documents"])
        numbers = tuple(range(len(documents), len(documents) + len(texts)))
        documents += texts
        judged.append(JudgedQuery(trap["id"], trap["query"], numbers, scores, grades, (1,)))
    return RankingTask("traps", "Keyword traps of the app", "traps", tuple(documents), tuple(judged))


TASK_NAMES = ("dl19-bm25", "dl19-splade", "xquad-en", "xquad-zh", "xquad-zh-en", "traps")


def build_task(
    name: str,
    folder: Path,
    traps: Path,
    tokenizer: PairTokenizer,
    *,
    candidates: int | None = None,
    queries: int | None = None,
    seed: int = 0,
) -> RankingTask:
    """One of TASK_NAMES.

    candidates: per query; default 100 for DL19, 50 for one language of XQuAD, all 240 across languages.
    Raises FileNotFoundError where the collection is not there, ValueError for an unknown name.
    """
    if name == "traps":
        return read_traps(traps, tokenizer)
    if name in ("dl19-bm25", "dl19-splade"):
        stage = name.removeprefix("dl19-")
        title = f"TREC DL19, {'BM25' if stage == 'bm25' else 'SPLADE++'} top {candidates or 100}"
        lists = folder / "trec-dl19" / f"first-stage-{stage}.json"
        qrels = folder / "trec-dl19" / "qrels.txt"
        return read_first_stage(lists, qrels, name=name, title=title, depth=candidates or 100).sample(queries, seed)
    languages = {"xquad-en": ("en", "en"), "xquad-zh": ("zh", "zh"), "xquad-zh-en": ("zh", "en")}
    if name not in languages:
        raise ValueError(f"there is no task {name}; there are {', '.join(TASK_NAMES)}")
    asked, answered = languages[name]
    number = candidates or (50 if asked == answered else 240)
    return build_paragraph_task(
        folder / "xquad" / f"xquad.{asked}.json",
        folder / "xquad" / f"xquad.{answered}.json",
        tokenizer,
        name=name,
        title=f"XQuAD {asked}->{answered}, {number} of 240 paragraphs",
        candidates=number,
        bigrams=(asked, answered) == ("zh", "zh"),
    ).sample(queries, seed)


def encode_pairs(task: RankingTask, tokenizer: PairTokenizer) -> list[tuple[Sequence[int], Sequence[int]]]:
    """The token ids of every (query, candidate) pair, query by query."""
    documents = tokenizer.encode_all(task.documents)
    queries = tokenizer.encode_all([query.text for query in task.queries])
    return [
        (query_ids, documents[number])
        for query, query_ids in zip(task.queries, queries)
        for number in query.documents
    ]
