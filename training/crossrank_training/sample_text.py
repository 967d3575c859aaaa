"""Sample sources for the smoke run and the tests: made-up towns described in English and Chinese, with questions.

Every sentence is made here from templates, so that the sample has no licence but the project's own.
"""

from __future__ import annotations

import random
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


def describe_in_english(town: Town) -> list[str]:
    """Six sentences, one fact each."""
    name = town.name[0]
    return [
        f"{name} is a small town that was founded in {town.year} beside an old bridge.",
        f"About {town.people} people live there today, most of them in the streets near the market.",
        f"For a long time its workshops have made {town.product[0]}, which merchants carried to the coast.",
        f"In the meadows behind the mill visitors often see {town.animal[0]} in the early morning.",
        f"Winters in {name} are known for {town.weather[0]}, so the houses have thick walls.",
        f"Every autumn the town holds a {town.festival[0]} festival that lasts three days.",
    ]


def describe_in_chinese(town: Town) -> list[str]:
    """The same six sentences in Chinese."""
    name = town.name[1]
    return [
        f"{name}是一座小镇，{town.year}年建在一座古桥旁边。",
        f"如今大约有{town.people}人住在那里，多数住在集市附近的街上。",
        f"长久以来，镇上的作坊制作{town.product[1]}，商人把它们运到海边。",
        f"清晨，游客常在磨坊后面的草地上看到{town.animal[1]}。",
        f"{name}的冬天以{town.weather[1]}闻名，所以房屋的墙很厚。",
        f"每年秋天，镇上都举办持续三天的{town.festival[1]}节。",
    ]


def ask_in_english(town: Town) -> list[str]:
    """A question for each sentence, in the same order."""
    name = town.name[0]
    return [
        f"When was {name} founded?",
        f"How many people live in {name}?",
        f"What do the workshops of {name} make?",
        f"Which animals can be seen in {name}?",
        f"What are the winters in {name} known for?",
        f"Which festival does {name} hold in autumn?",
    ]


def ask_in_chinese(town: Town) -> list[str]:
    """The same questions in Chinese."""
    name = town.name[1]
    return [
        f"{name}是哪一年建的？",
        f"{name}有多少人口？",
        f"{name}的作坊制作什么？",
        f"在{name}能看到什么动物？",
        f"{name}的冬天以什么闻名？",
        f"{name}秋天举办什么节？",
    ]


def make_rows(towns: list[Town]) -> dict[str, list[Line]]:
    """The rows of every sample file, by file name. The first town's English passage ends with LEGEND."""

    def row(kind: str, query: str, passage: str) -> Line:
        return {"set": f"sample_{kind}", "kind": kind, "q": query, "p": passage}

    english, chinese, to_english, to_chinese, plain = [], [], [], [], []
    for town in towns:
        text, zh_text = describe_in_english(town), describe_in_chinese(town)
        passage, zh_passage = " ".join(text), "".join(zh_text)
        if town is towns[0]:
            passage += " " + LEGEND
        english += [row("qa", question, passage) for question in ask_in_english(town)]
        english.append(row("heading", f"{town.name[0]} history", passage))
        chinese += [row("qa", question, zh_passage) for question in ask_in_chinese(town)]
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
