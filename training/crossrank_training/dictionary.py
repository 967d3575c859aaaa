"""An English-Chinese word list made from the glosses, and word-by-word translation of questions with it.

Real Chinese questions over English passages are rare. Replacing the words of an English question by their Chinese
counterparts keeps its passage right and teaches which words mean the same across the two languages.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable

from .text import count_chinese

_ENGLISH_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*|\d[\d,.]*|[^\sA-Za-z\d]")
_ARTICLE = re.compile(r"^(?:to|a|an|the) ")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
LONGEST_PHRASE = 3
ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"))
QUESTION_WORDS = {
    "what": ("什么",),
    "who": ("谁",),
    "whom": ("谁",),
    "whose": ("谁的",),
    "when": ("什么时候", "何时"),
    "where": ("哪里", "在哪"),
    "which": ("哪个", "哪种"),
    "why": ("为什么",),
    "how": ("如何", "怎么"),
    "how many": ("多少",),
    "how much": ("多少",),
    "how long": ("多长时间", "多久"),
    "how old": ("几岁",),
    "what year": ("哪一年",),
    "what kind": ("什么样",),
    "what type": ("什么类型",),
}
DROPPED_WORDS = frozenset(
    "a an the is are was were be been being do does did has have had to of in on at by for with from as that this its "
    "it and or s".split()
)
Dictionary = dict[str, list[tuple[str, float]]]


def build_dictionary(glosses: Iterable[tuple[str, str]], parallel: Iterable[tuple[str, str]]) -> Dictionary:
    """English words and phrases with their Chinese counterparts, each with a weight, the best first.

    glosses: (Chinese word, English gloss): senses are parted by ";" or "/", the leading ones weigh more.
    parallel: (Chinese text, English text): a counterpart that stands where the English word stands weighs more.
    """
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for chinese, gloss in glosses:
        if not 1 <= count_chinese(chinese) == len(chinese) <= 6:
            continue
        for place, sense in enumerate(re.split(r"[;/]|, ", _BRACKETS.sub("", gloss))):
            english = _ARTICLE.sub("", sense.strip().lower())
            if english and english.isascii() and len(english.split()) <= LONGEST_PHRASE:
                found = weights[english]
                # A single character is often only part of a word, so that longer counterparts come first.
                found[chinese] = max(found.get(chinese, 0.0), (0.4 if len(chinese) > 1 else 0.15) / (1 + place))
    for chinese, english in parallel:
        for word in set(re.findall(r"[a-z]+", english.lower())):
            for form in base_forms(word):
                for candidate in weights.get(form, {}):
                    if candidate in chinese:
                        weights[form][candidate] += 1.0
    return {
        english: sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:4] for english, found in weights.items()
    }


def base_forms(word: str) -> list[str]:
    """The word and what it may be an inflection of."""
    forms = [word]
    for ending, replacement in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            forms.append(word[: -len(ending)] + replacement)
    return forms


def translate_words(text: str, dictionary: Dictionary, rng: random.Random, *, share: float = 0.95) -> tuple[str, float]:
    """The text with words replaced by Chinese ones in the order of the original.

    Returns it with the share of its content words that were replaced, 0 to 1. Unknown words stay.
    """
    tokens = _ENGLISH_WORD.findall(text)
    result: list[str] = []
    replaced = content = place = 0
    while place < len(tokens):
        for length in range(min(LONGEST_PHRASE, len(tokens) - place), 0, -1):
            phrase = " ".join(tokens[place : place + length]).lower()
            if phrase in QUESTION_WORDS:
                result.append(rng.choice(QUESTION_WORDS[phrase]))
                break
            candidates = next((dictionary[form] for form in base_forms(phrase) if form in dictionary), None)
            if candidates and phrase not in DROPPED_WORDS and rng.random() < share:
                content += 1
                replaced += 1
                result.append(rng.choices([word for word, _ in candidates], [weight for _, weight in candidates])[0])
                break
        else:
            length = 1
            if tokens[place].lower() == "of":
                result.append("的")
            elif tokens[place].lower() not in DROPPED_WORDS:
                content += tokens[place].isalpha()
                result.append(tokens[place])
        place += length
    text = " ".join(result)
    return re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "", text), replaced / max(1, content)
