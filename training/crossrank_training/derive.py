"""Queries made from passages: definitions asked for, and clauses with a gap ("in which year ...")."""

from __future__ import annotations

import random
import re

_DEFINITION_ENGLISH = re.compile(
    r"^(?:The |An? )?((?:[A-Z]?[\w\-]+ ){0,2}[\w\-]+)(?: \([^)]{0,80}\))?,? (?:is|are|was|were) (?:an? |the |one of )"
)
_DEFINITION_CHINESE = re.compile(
    r"^《?([\u4e00-\u9fffA-Za-z0-9·]{2,10})》?(?:（[^）]{0,60}）|\([^)]{0,60}\))?，?(?:又[称名][^，]{1,20}，)?是"
)
NO_SUBJECT_ENGLISH = frozenset(
    "this that these those it he she they there we i you his her its their in one what here which who all some most "
    "another other but and if as many both such each my our your on at by for when while".split()
)
NO_SUBJECT_CHINESE = "这那它他她我你此其不该本但而就也都如"
QUESTIONS_ENGLISH = (
    "what is %s", "what is %s?", "what are %s", "%s", "define %s", "%s definition", "who is %s", "%s meaning",
)  # fmt: skip
QUESTIONS_CHINESE = ("什么是%s", "%s是什么", "%s", "%s的定义", "%s是什么意思?", "什么是%s？", "介绍一下%s", "谁是%s?")
_GAPS = (
    (re.compile(r"\d{3,4} ?年"), ("哪一年", "哪年", "什么时候")),
    (re.compile(r"\d{1,2} ?月(?: ?\d{1,2} ?日)?"), ("什么时候", "几月")),
    (re.compile(r"\d[\d,.]*%|百分之[一二三四五六七八九十百零]+"), ("百分之多少", "多少")),
    (re.compile(r"\d[\d,.]*"), ("多少", "几")),
    (re.compile(r"《[^》]{1,20}》|“[^”]{1,16}”"), ("什么", "哪个")),
    (re.compile(r"(?<=在)[\u4e00-\u9fff]{2,5}(?=[的，里上中])"), ("哪里", "什么地方")),
    (re.compile(r"(?<=[是为叫])[\u4e00-\u9fff]{2,8}(?=[，。的])"), ("什么", "谁", "哪个")),
    (re.compile(r"因为[^，。]{2,20}|由于[^，。]{2,20}"), ("为什么", "为何")),
)
_CLAUSE_END = re.compile("[，。；：！？,;!?]")
SHORTEST_CLOZE, LONGEST_CLOZE = 6, 40


def ask_for_definition(sentence: str, chinese: bool, rng: random.Random) -> str | None:
    """A question for what the sentence defines ("what is photosynthesis"), or None where it defines nothing."""
    match = (_DEFINITION_CHINESE if chinese else _DEFINITION_ENGLISH).match(sentence)
    if not match:
        return None
    subject = match.group(1)
    if chinese:
        return None if subject[0] in NO_SUBJECT_CHINESE else rng.choice(QUESTIONS_CHINESE) % subject
    if subject.split()[0].lower() in NO_SUBJECT_ENGLISH:
        return None
    return rng.choice(QUESTIONS_ENGLISH) % subject.lower()


def ask_by_gap(sentence: str, rng: random.Random) -> str | None:
    """A Chinese question: a clause or two of the sentence with a date, number, name or place replaced by its
    question word, or None where the sentence has none."""
    found = [(match, words) for pattern, words in _GAPS for match in pattern.finditer(sentence)]
    if not found:
        return None
    match, words = rng.choice(found)
    before, after = sentence[: match.start()], sentence[match.end() :]
    clauses_before, clauses_after = _CLAUSE_END.split(before), _CLAUSE_END.split(after)
    keep = rng.choice((1, 1, 2))
    question = "".join(clauses_before[-keep:]) + rng.choice(words) + clauses_after[0]
    if len(question) > LONGEST_CLOZE:
        question = clauses_before[-1][-16:] + rng.choice(words) + clauses_after[0][:16]
    question = question.strip()
    return question + rng.choice(("？", "?", "")) if len(question) >= SHORTEST_CLOZE else None
