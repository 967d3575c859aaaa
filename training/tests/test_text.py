"""Cleaning, sentences, n-grams, overlap, and queries derived from passages."""

import json
import random
import tempfile
import unittest
from pathlib import Path

from crossrank_training.derive import ask_by_gap, ask_for_definition
from crossrank_training.dictionary import build_dictionary, translate_words
from crossrank_training.overlap import OverlapFilter, read_held_out
from crossrank_training.text import clean, is_chinese, split_sentences, split_words

ENGLISH = "The mill beside the river was built by three brothers who came from the north."
CHINESE = "磨坊建在河边，由三个从北方来的兄弟修建，至今仍在使用。"


class TextTest(unittest.TestCase):
    def test_clean_keeps_words_and_drops_markup(self) -> None:
        text = "See [the guide](https://example.org/a) and ![a picture](b.png) `code` <b>now</b>\n```\nx = 1\n```"
        self.assertEqual(clean(text).split(), ["See", "the", "guide", "and", "code", "now"])

    def test_sentences_of_both_languages(self) -> None:
        self.assertEqual(split_sentences("It rained all morning. Then the sun came out."), ["It rained all morning.", "Then the sun came out."])
        self.assertEqual(len(split_sentences("早上一直在下大雨，没有停过。后来太阳出来了，天气很暖和。")), 2)
        self.assertEqual(split_sentences("e.g. 3.5 litres of water are enough for two people"), ["e.g. 3.5 litres of water are enough for two people"])

    def test_no_more_sentences_than_asked_for(self) -> None:
        self.assertEqual(len(split_sentences("One long sentence here. " * 9, most=4)), 4)

    def test_chinese_characters_are_words(self) -> None:
        self.assertEqual(split_words("Linux 内核！"), ["linux", "内", "核"])
        self.assertTrue(is_chinese("Linux 内核的调度"))
        self.assertFalse(is_chinese(""))


class OverlapTest(unittest.TestCase):
    def test_finds_a_run_of_eight_words(self) -> None:
        overlap = OverlapFilter([ENGLISH])
        self.assertTrue(overlap.overlaps("He said: the river was built by three brothers who came late."))
        self.assertFalse(overlap.overlaps("the river was built by three sisters who came from the north"))

    def test_finds_thirteen_characters(self) -> None:
        overlap = OverlapFilter([CHINESE])
        self.assertTrue(overlap.overlaps("据说由三个从北方来的兄弟修建，至今无人"))
        self.assertFalse(overlap.overlaps("由三个从南方来的兄弟修建"))

    def test_short_texts_count_where_they_are_equal(self) -> None:
        overlap = OverlapFilter(["who built the mill?"])
        self.assertTrue(overlap.overlaps("Who built the mill"))
        self.assertFalse(overlap.overlaps("Who built the mill and the bridge"))

    def test_reads_strings_of_any_depth_and_refuses_missing_paths(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "held.json"
            path.write_text(json.dumps({"a": [{"b": "first"}, 3], "c": "second"}), encoding="utf-8")
            self.assertEqual(list(read_held_out([folder])), ["first", "second"])
            with self.assertRaises(FileNotFoundError):
                list(read_held_out([Path(folder) / "missing"]))


class DeriveTest(unittest.TestCase):
    def test_definitions(self) -> None:
        rng = random.Random(0)
        self.assertIn("photosynthesis", ask_for_definition("Photosynthesis is a process used by plants.", False, rng) or "")
        self.assertIsNone(ask_for_definition("This is a process used by plants.", False, rng))
        self.assertIn("光合作用", ask_for_definition("光合作用是植物的一种过程。", True, rng) or "")

    def test_gap_replaces_what_is_asked_for(self) -> None:
        question = ask_by_gap("这座古桥建于1452年，由石头砌成。", random.Random(0))
        self.assertIsNotNone(question)
        self.assertNotIn("1452年", question or "")
        self.assertIsNone(ask_by_gap("今天天气很好。", random.Random(0)))

    def test_translation_word_by_word(self) -> None:
        dictionary = build_dictionary([("地震", "earthquake; quake"), ("城市", "city; town"), ("市", "city")], [("城市里的人", "people of the city")])
        text, share = translate_words("When did the earthquakes hit the city?", dictionary, random.Random(1), share=1.0)
        self.assertIn("地震", text)
        self.assertEqual(dictionary["city"][0][0], "城市")
        self.assertAlmostEqual(share, 2 / 3)


if __name__ == "__main__":
    unittest.main()
