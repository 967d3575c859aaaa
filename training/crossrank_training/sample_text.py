"""Sample sources for the smoke run and the tests: made-up towns described in English and Chinese, with questions.

Every sentence is made here from templates, so that the sample has no licence but the project's own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .sources import write_rows

Line = dict[str, str]

# Said of the first town alone: the smoke run holds it out and expects the town's rows to be dropped.
LEGEND = "A traveller once wrote that nine bells rang under the lake whenever a ship was late."
ENGLISH_STARTS = ("Bren", "Kal", "Tor", "Mil", "Sey", "Ard", "Wen", "Hol", "Pel", "Dun")
ENGLISH_ENDS = ("ford", "wick", "mouth", "dale", "stead", "holm")
CHINESE_STARTS = "青白云石金南北长安平"
CHINESE_ENDS = ("河镇", "山镇", "桥镇", "湖镇", "林镇", "港镇")
PRODUCTS = (
    ("glass", "玻璃"), ("paper", "纸张"), ("cheese", "奶酪"), ("boats", "小船"), ("clocks", "钟表"), ("silk", "丝绸"),
    ("tea", "茶叶"), ("bricks", "砖块"), ("honey", "蜂蜜"), ("violins", "小提琴"), ("salt", "食盐"), ("paint", "颜料"),
)  # fmt: skip
ANIMALS = (
    ("storks", "白鹳"), ("otters", "水獭"), ("owls", "猫头鹰"), ("deer", "鹿"), ("seals", "海豹"), ("bats", "蝙蝠"),
    ("foxes", "狐狸"), ("herons", "苍鹭"),
)  # fmt: skip
WEATHER = (("fog", "浓雾"), ("strong wind", "大风"), ("snow", "大雪"), ("rain", "雨水"), ("hail", "冰雹"))
FESTIVALS = (
    ("lantern", "灯笼"), ("bread", "面包"), ("kite", "风筝"), ("flower", "鲜花"), ("drum", "鼓"), ("puppet", "木偶"),
)  # fmt: skip

# Templates are (English, Chinese) pairs, as are the facts. A sentence states one fact; the question at its place asks
# for it.
ENGLISH, CHINESE = 0, 1
SENTENCES = (
    (
        "{name} is a small town that was founded in {year} beside an old bridge.",
        "{name}是一座小镇，{year}年建在一座古桥旁边。",
    ),
    (
        "About {people} people live there today, most of them in the streets near the market.",
        "如今大约有{people}人住在那里，多数住在集市附近的街上。",
    ),
    (
        "For a long time its workshops have made {product}, which merchants carried to the coast.",
        "长久以来，镇上的作坊制作{product}，商人把它们运到海边。",
    ),
    (
        "In the meadows behind the mill visitors often see {animal} in the early morning.",
        "清晨，游客常在磨坊后面的草地上看到{animal}。",
    ),
    (
        "Winters in {name} are known for {weather}, so the houses have thick walls.",
        "{name}的冬天以{weather}闻名，所以房屋的墙很厚。",
    ),
    (
        "Every autumn the town holds a {festival} festival that lasts three days.",
        "每年秋天，镇上都举办持续三天的{festival}节。",
    ),
)
QUESTIONS = (
    ("When was {name} founded?", "{name}是哪一年建的？"),
    ("How many people live in {name}?", "{name}有多少人口？"),
    ("What do the workshops of {name} make?", "{name}的作坊制作什么？"),
    ("Which animals can be seen in {name}?", "在{name}能看到什么动物？"),
    ("What are the winters in {name} known for?", "{name}的冬天以什么闻名？"),
    ("Which festival does {name} hold in autumn?", "{name}秋天举办什么节？"),
)


@dataclass(frozen=True)
class Town:
    """A made-up town and its facts, each an (English, Chinese) pair."""

    name: tuple[str, str]
    year: int
    people: int
    product: tuple[str, str]
    animal: tuple[str, str]
    weather: tuple[str, str]
    festival: tuple[str, str]


def make_towns(seed: int = 0) -> list[Town]:
    """Sixty towns with different names."""
    rng = random.Random(seed)
    english = [start + end for start in ENGLISH_STARTS for end in ENGLISH_ENDS]
    chinese = [start + end for start in CHINESE_STARTS for end in CHINESE_ENDS]
    return [
        Town(
            names,
            rng.randrange(1100, 1900),
            rng.randrange(2, 90) * 1000,
            rng.choice(PRODUCTS),
            rng.choice(ANIMALS),
            rng.choice(WEATHER),
            rng.choice(FESTIVALS),
        )
        for names in zip(english, chinese)
    ]


def fill_in(templates: Sequence[tuple[str, str]], town: Town, language: int) -> list[str]:
    """The templates of one language with the town's facts. language: ENGLISH or CHINESE."""
    facts = {name: fact[language] if isinstance(fact, tuple) else fact for name, fact in vars(town).items()}
    return [template[language].format(**facts) for template in templates]


def make_rows(towns: list[Town]) -> dict[str, list[Line]]:
    """The rows of every sample file, by file name. The first town's English passage ends with LEGEND."""

    def row(kind: str, query: str, passage: str) -> Line:
        return {"set": f"sample_{kind}", "kind": kind, "q": query, "p": passage}

    english, chinese, to_english, to_chinese, plain = [], [], [], [], []
    for town in towns:
        text, zh_text = fill_in(SENTENCES, town, ENGLISH), fill_in(SENTENCES, town, CHINESE)
        passage, zh_passage = " ".join(text), "".join(zh_text)
        if town is towns[0]:
            passage += " " + LEGEND
        english += [row("qa", question, passage) for question in fill_in(QUESTIONS, town, ENGLISH)]
        english.append(row("heading", f"{town.name[0]} history", passage))
        chinese += [row("qa", question, zh_passage) for question in fill_in(QUESTIONS, town, CHINESE)]
        chinese.append(row("heading", f"{town.name[1]}介绍", zh_passage))
        for sentence, zh_sentence in zip(text, zh_text):
            to_english.append(row("parallel", zh_sentence, sentence))
            to_chinese.append(row("parallel", sentence, zh_sentence))
        plain.append({"set": "sample_text", "title": town.name[1], "text": zh_passage})
    for words in (*PRODUCTS, *ANIMALS, *WEATHER, *FESTIVALS):
        to_english.append(row("gloss", words[1], words[0]))
    return {
        "pairs-en-en.jsonl.zst": english,
        "pairs-zh-zh.jsonl.zst": chinese,
        "pairs-zh-en.jsonl.zst": to_english,
        "pairs-en-zh.jsonl.zst": to_chinese,
        "text-zh.jsonl.zst": plain,
    }


def write_sample(folder: Path, towns: list[Town]) -> None:
    """Writes the sample as a folder of sources."""
    for name, lines in make_rows(towns).items():
        write_rows(folder / name, lines)
