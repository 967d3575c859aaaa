"""`check-tokenizer`: the app's tokenizer and this package's give the same token ids to 10,000 mixed lines.

The model is trained on the ids of one and asked with the ids of the other. The lines are the training sources' own,
English, Chinese and both in one line, and made ones: code, emoji, scripts that nobody trained on, odd blanks, marks,
words without an end.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import unicodedata
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from .files import EMBEDDED_MODEL, REPOSITORY, SOURCES
from .sources import list_source_files, read_rows
from .tokenizer import PairTokenizer

SCRIPT = REPOSITORY / "training/check-tokenizer.mjs"
LINES = 10_000
# Half of the lines come from the sources, a quarter are made of their parts, a quarter of odd parts.
SOURCE_SHARE, MIXED_SHARE = 0.5, 0.25
MOST_CHARACTERS = 600
# Rows that are looked at in each file: enough to choose from, in seconds.
ROWS_PER_FILE = 20_000

# Blocks of which every character was in Unicode 8, as in the tables of the reference: what a newer character is (a
# mark that is dropped, or a sign that is a word of its own) depends on the browser's Unicode. And without Chinese
# characters beyond the basic plane, which the app's tokenizer does not part from their neighbours as the reference
# does; the vocabulary has none of them. `--characters` lists all that differ.
CODE_RANGES = (
    (0x00, 0x7F),
    (0x80, 0x24F),
    (0x250, 0x36F),
    (0x388, 0x4FF),
    (0x5D0, 0x5EA),
    (0x621, 0x6D3),
    (0x905, 0x97F),
    (0xE01, 0xE3A),
    (0x1100, 0x11FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2064),
    (0x2100, 0x218B),
    (0x2190, 0x23FA),
    (0x2460, 0x27BF),
    (0x3000, 0x30FF),
    (0x3105, 0x312D),
    (0x3400, 0x4DB5),
    (0x4E00, 0x9FD5),
    (0xAC00, 0xD7A3),
    (0xE000, 0xF8FF),
    (0xF900, 0xFA6B),
    (0xFF01, 0xFFEE),
    (0x1D400, 0x1D7CB),
    (0x1F300, 0x1F579),
    (0x1F600, 0x1F64F),
)

ODD_PARTS = (
    "😀", "👨‍👩‍👧", "🇨🇳", "👍🏽", "❤️", "🏳️‍🌈", "1️⃣",
    "Ｆｕｌｌ　ｗｉｄｔｈ", "ﬁ", "①②③", "㎏", "½", "№", "™", "ǆ", "ſ", "ŉ", "İstanbul", "Straße", "STRASSE", "naïve", "e\u0301",
    "Ångström", "Ελλάς", "ΣΊΣΥΦΟΣ", "한국어", "テスト", "ﾃｽﾄ", "がぎ", "العربية", "हिन्दी", "ไทย", "עברית", "Việt Nam",
    "龘", "㐀", "豈", "﹏", "￥100", "「引号」", "《书名》", "——", "……", "、。！？；：",
    "zero\u200bwidth", "soft\u00adhyphen", "no\u00a0break", "\u3000", "\ufeff", "\u2028", "\u0085", "\t", "\r\n", "\x00", "\x07", "\x7f",
    "\ufffd", "\u202eright\u202c", "\u0300\u0301\u0302", "\U000e0001",
    "[CLS]", "[SEP]", "[MASK] [PAD]", "[UNK]", "##ing", "[sep]",
    "don't", "C++", "C#", ".NET", "x.com/path?a=1&b=2#c", "me@example.org", "3,520,031", "1.5e-10", "0xFF", "v2.0.1-rc.1", "--flag=value",
    "<script>alert(1)</script>", "&amp;", "```", "~~", "\\n", "$PATH", "|", "^_^", "¯\\_(ツ)_/¯",
)  # fmt: skip

CODE_LINES = (
    'for (let i = 0; i < rows.length; i += 1) { total += rows[i]?.score ?? Number.NaN; }',
    "def order_by_score(scores): return sorted(range(len(scores)), key=lambda row: -scores[row])",
    "SELECT name, COUNT(*) FROM users WHERE city LIKE '%北京%' GROUP BY name HAVING COUNT(*) > 1;",
    "git rebase -i HEAD~3 && npm run test:unit -- --reporter=dot 2>&1 | tee /tmp/out.log",
    "#include <vector>\nstd::vector<std::pair<int, float>> best; // 最好的",
    '{"query": "如何申请", "documents": ["a\\u00e9", null, -1.5e3]}',
    "fn main() -> Result<(), Box<dyn Error>> { println!(\"{:?}\", x.iter().max()); Ok(()) }",
    "<div class=\"card\" data-id='7'>文本&nbsp;<b>bold</b></div>",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--model", type=Path, default=EMBEDDED_MODEL, help="folder with tokenizer.json and tokenizer_config.json")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="folder with *.jsonl.zst")
    parser.add_argument("--lines", type=int, default=LINES, help="default: 10000")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--characters", action="store_true", help="instead of lines: every character of Unicode, between two letters")
    parser.add_argument("--node", default="node", help="Node.js, with the app's packages installed (npm ci)")


def run(arguments: argparse.Namespace) -> int:
    """Compares and prints what differs. 0 where all ids are equal."""
    lines = list_characters() if arguments.characters else make_lines(arguments.sources, arguments.lines, arguments.seed)
    tokenizer = PairTokenizer.load(arguments.model)
    encoded = tokenizer.encode_all(lines)
    with tempfile.TemporaryDirectory(prefix="crossrank-tokenizer-") as folder:
        path = Path(folder) / "lines.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for text, ids in zip(lines, encoded):
                file.write(json.dumps({"text": text, "ids": ids}) + "\n")
        return subprocess.run([arguments.node, str(SCRIPT), str(arguments.model.resolve()), str(path)], check=False).returncode


def make_lines(sources: Path, count: int, seed: int) -> list[str]:
    """That many lines, none of them twice, the same for the same seed and sources."""
    chance = random.Random(seed)
    texts = read_texts(sources, chance, count)
    lines: dict[str, None] = dict.fromkeys(CODE_LINES)
    lines |= dict.fromkeys(ODD_PARTS)
    for text in texts[: int(count * SOURCE_SHARE)]:
        lines[text[:MOST_CHARACTERS]] = None
    while len(lines) < count * (SOURCE_SHARE + MIXED_SHARE):
        lines[_mix_texts(texts, chance)] = None
    while len(lines) < count:
        lines[_mix_oddities(texts, chance)] = None
    chosen = list(lines)[:count]
    chance.shuffle(chosen)
    return chosen


def list_characters() -> list[str]:
    """Every assigned character between two letters, which shows whether it is dropped, a word, or part of one."""
    unlisted = ("Cn", "Co", "Cs")
    return [f"a{chr(code)}b" for code in range(0x110000) if unicodedata.category(chr(code)) not in unlisted]


def read_texts(sources: Path, chance: random.Random, count: int) -> list[str]:
    """Queries and passages of all files, in equal parts and in random order."""
    texts: list[str] = []
    files = list_source_files(sources)
    share = -(-count // len(files))
    for path in files:
        rows = islice(read_rows(path), ROWS_PER_FILE)
        read = [text for row in rows for text in (row.query, row.passage) if text.strip()]
        texts += chance.sample(read, min(share, len(read)))
    chance.shuffle(texts)
    return texts


def _mix_texts(texts: Sequence[str], chance: random.Random) -> str:
    """Pieces of two or three texts, with no blank between some of them, upper-cased at times."""
    pieces = []
    for text in chance.sample(texts, chance.randint(2, 3)):
        start = chance.randrange(max(1, len(text) - 40))
        piece = text[start : start + chance.randint(5, 120)]
        pieces.append(piece.upper() if chance.random() < 0.2 else piece)
    return chance.choice(("", " ", "，", "/", "\n")).join(pieces)


def _mix_oddities(texts: Sequence[str], chance: random.Random) -> str:
    """Odd parts, random characters of every script and words of up to 200 letters, with and without blanks."""
    parts = []
    for _ in range(chance.randint(2, 12)):
        kind = chance.random()
        if kind < 0.45:
            parts.append(chance.choice(ODD_PARTS))
        elif kind < 0.7:
            low, high = chance.choice(CODE_RANGES)
            parts.append("".join(chr(chance.randint(low, high)) for _ in range(chance.randint(1, 8))))
        elif kind < 0.8:
            parts.append(chance.choice(("a", "x1", "ab", "é", "长")) * chance.choice((49, 50, 99, 100, 101, 200)))
        elif kind < 0.9:
            parts.append(chance.choice(CODE_LINES))
        else:
            text = chance.choice(texts)
            parts.append(text[: chance.randint(1, 60)])
    return chance.choice(("", " ", "  ", "-")).join(parts)
