"""The WordPiece tokenizer: loading, quick encoding, learning a vocabulary and writing the Hugging Face files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MAX_WORD_LENGTH = 100
MOST_CHARACTERS = 6000
TEXTS_PER_CALL = 2048


class PairTokenizer:
    """Turns text into token ids without special tokens; the packer adds [CLS] and [SEP]."""

    pad_id = 0
    unknown_id = 1
    cls_id = 2
    sep_id = 3
    mask_id = 4

    def __init__(self, tokenizer: Tokenizer) -> None:
        for token_id, token in enumerate(SPECIAL_TOKENS):
            if tokenizer.token_to_id(token) != token_id:
                raise ValueError(f"the tokenizer must hold {token} as token {token_id}")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # "[SEP]" in a text is five characters, in the app as well, and never the end of a segment.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer

    @staticmethod
    def load(folder: str | Path) -> PairTokenizer:
        """Reads tokenizer.json of a model folder. Raises FileNotFoundError where there is none."""
        path = Path(folder) / "tokenizer.json"
        if not path.is_file():
            raise FileNotFoundError(f"no tokenizer.json in {folder}")
        return PairTokenizer(Tokenizer.from_file(str(path)))

    @property
    def vocab_size(self) -> int:
        """How many tokens there are, special ones included."""
        return self._tokenizer.get_vocab_size()

    def tokens(self) -> list[str]:
        """Every token, in the order of the ids."""
        vocabulary = self._tokenizer.get_vocab()
        return sorted(vocabulary, key=vocabulary.__getitem__)

    def encode(self, text: str) -> list[int]:
        """The token ids of one text, not cut."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of many texts, on all cores."""
        encoded: list[list[int]] = []
        for start in range(0, len(texts), TEXTS_PER_CALL):
            batch = self._tokenizer.encode_batch_fast(list(texts[start : start + TEXTS_PER_CALL]), add_special_tokens=False)
            encoded.extend(encoding.ids for encoding in batch)
        return encoded

    def write_folder(self, folder: str | Path) -> None:
        """Writes tokenizer.json, vocab.txt, special_tokens_map.json and tokenizer_config.json."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        vocabulary = self.tokens()
        (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
        content = json.dumps(_describe_tokenizer(vocabulary), ensure_ascii=False, separators=(",", ":"))
        (folder / "tokenizer.json").write_text(content, encoding="utf-8")
        names = {
            "unk_token": "[UNK]",
            "sep_token": "[SEP]",
            "pad_token": "[PAD]",
            "cls_token": "[CLS]",
            "mask_token": "[MASK]",
        }
        (folder / "special_tokens_map.json").write_text(json.dumps(names, indent=2), encoding="utf-8")
        settings = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": True,
            "strip_accents": None,
            "tokenize_chinese_chars": True,
            "model_max_length": 512,
            **names,
            "clean_up_tokenization_spaces": True,
        }
        (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")


def build_tokenizer(vocabulary: Sequence[str]) -> PairTokenizer:
    """A tokenizer with the given vocabulary; its first five tokens must be the special ones."""
    return PairTokenizer(Tokenizer.from_str(json.dumps(_describe_tokenizer(vocabulary), ensure_ascii=False)))


def learn(texts: Iterable[str], vocab_size: int) -> PairTokenizer:
    """Learns a vocabulary: every printable ASCII character, up to MOST_CHARACTERS characters in all (every
    Chinese character is a word of its own), and the most useful word pieces up to vocab_size."""
    learner = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=MAX_WORD_LENGTH))
    learner.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.BertNormalizer(lowercase=True)])
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        limit_alphabet=MOST_CHARACTERS,
        initial_alphabet=[chr(code) for code in range(33, 127)],
        special_tokens=list(SPECIAL_TOKENS),
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    return build_tokenizer(PairTokenizer(learner).tokens())


def _describe_tokenizer(vocabulary: Sequence[str]) -> dict[str, object]:
    """The content of tokenizer.json: NFKC, BERT's normaliser (lower case, each Chinese character a word), WordPiece."""

    def special(token: str, segment: int) -> dict[str, object]:
        return {"SpecialToken": {"id": token, "type_id": segment}}

    def text(name: str, segment: int) -> dict[str, object]:
        return {"Sequence": {"id": name, "type_id": segment}}

    added = [
        {
            "id": token_id,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for token_id, token in enumerate(SPECIAL_TOKENS)
    ]
    bert_normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, bert_normalizer]},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)],
            "pair": [special("[CLS]", 0), text("A", 0), special("[SEP]", 0), text("B", 1), special("[SEP]", 1)],
            "special_tokens": {
                token: {"id": token, "ids": [token_id], "tokens": [token]}
                for token_id, token in enumerate(SPECIAL_TOKENS)
                if token in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": MAX_WORD_LENGTH,
            "vocab": {token: token_id for token_id, token in enumerate(vocabulary)},
        },
    }
