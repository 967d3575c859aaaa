"""Plain text: cleaning, sentences, and the n-grams by which overlap is found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CHINESE_CHARACTER = re.compile(f"[{CHINESE}]")
_CODE_BLOCK = re.compile(r"```.*?```", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[\d+\])")
_MARKUP = re.compile(r"https?://\S+|<[^>]+>|[*`#=~\-]{2,}|[*`|]")
_BLANKS = re.compile(r"[ \t\r]+")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"'(\[])"  # an English sentence ends before a capital, a digit or a quotation
    r"|(?<=[。！？；])(?=[^”」』）)])"  # a Chinese one needs no blank after it
    r"|\n+"
)
_WORD = re.compile(f"[{CHINESE}]|[^\\W_{CHINESE}]+")
SHORT_SENTENCE = 12


def clean(text: str) -> str:
    """Text without code blocks, images, link targets, tags and Markdown signs; line breaks stay."""
    text = _CODE_BLOCK.sub(" ", text)
    text = _LINK.sub(r"\1", _IMAGE.sub(" ", text))
    return _BLANKS.sub(" ", _MARKUP.sub(" ", text)).strip()


def split_sentences(text: str, most: int = 40) -> list[str]:
    """At most `most` sentences; one shorter than twelve characters is joined with the next."""
    sentences: list[str] = []
    for part in _SENTENCE_END.split(text):
        part = part.strip() if part else ""
        if not part:
            continue
        if sentences and len(sentences[-1]) < SHORT_SENTENCE:
            sentences[-1] += " " + part
        elif len(sentences) == most:
            break
        else:
            sentences.append(part)
    return sentences


def count_chinese(text: str) -> int:
    """How many Chinese characters the text holds."""
    return len(_CHINESE_CHARACTER.findall(text))


def is_chinese(text: str) -> bool:
    """Whether at least a fifth of the text's characters are Chinese."""
    return count_chinese(text) * 5 >= len(text) > 0


def split_words(text: str) -> list[str]:
    """Lower-case words without punctuation; every Chinese character is a word of its own."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def ngrams(text: str, words: Sequence[str]) -> Iterator[int]:
    """Hashes of every run of eight words of a text, or of thirteen where it is mostly Chinese.

    words: of split_words. The hashes are Python's: equal within one process, not between processes.
    """
    length = 13 if count_chinese(text) * 2 >= len(words) else 8
    for start in range(len(words) - length + 1):
        yield hash(tuple(words[start : start + length]))
