"""Texts into tokens: by the pretrained model's tokenizer, or by one trained on the texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from .cleaning import Cleaning
from .config import CleanParams, TokensParams

SPECIAL = PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
CONTINUED = "##"  # before a piece that goes on a word
MOST_LETTERS = 1000
SHORTEST = 8
QUANTILES = (0.5, 0.9, 0.99, 1.0)
# Pieces that occur once only are noise to a model that learns from these texts alone.
FEWEST_TIMES = 2


@dataclass(frozen=True)
class Lengths:
    """How long the training texts are in tokens, and how much of a text the model reads."""

    max_length: int
    limit: int
    """At most so many, by the settings and by what the model was made for."""
    coverage: float
    """The share of the training texts that were to be read to their end."""
    share_cut: float
    """The share of them that is longer than `max_length`."""
    quantiles: dict[str, float]
    vocabulary: int

    def as_dict(self) -> dict[str, Any]:
        """As reports/metrics.json holds it."""
        return dict(vars(self))


def train_tokenizer(texts: Sequence[str], vocabulary: int, lower: bool) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer (Schuster and Nakajima 2012; Devlin et al. 2019) of these texts.

    texts: cleaned training texts. vocabulary: at most so many pieces. Texts alone and their order
    decide what comes out.
    """
    learner = _wordpiece(models.WordPiece(unk_token=UNKNOWN), lower)
    first, inner = _alphabet(learner, texts)
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        min_frequency=FEWEST_TIMES,
        # The letters too, so that they have their numbers before the words are looked at: those
        # are gone through in an order that changes from run to run.
        special_tokens=[*SPECIAL, *(CONTINUED + letter for letter in inner)],
        initial_alphabet=first,
        limit_alphabet=len(first),
        continuing_subword_prefix=CONTINUED,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    model = models.WordPiece(learner.get_vocab(), unk_token=UNKNOWN)
    tokenizer = _wordpiece(model, lower)
    tokenizer.add_special_tokens(list(SPECIAL))
    number = tokenizer.get_vocab()
    tokenizer.post_processor = processors.BertProcessing((END, number[END]), (START, number[START]))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=START,
        sep_token=END,
        model_input_names=["input_ids", "attention_mask"],
    )


def _wordpiece(model: models.WordPiece, lower: bool) -> Tokenizer:
    """Words as BERT splits them, in the pieces of the model."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(CONTINUED)
    return tokenizer


def _alphabet(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The most frequent letters and signs, and those of them that stand within a word; sorted."""
    words: Counter[str] = Counter()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text)
        words.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
    letters: Counter[str] = Counter()
    for word, times in words.items():
        letters.update(dict.fromkeys(word, times))
    kept = sorted(letters, key=lambda letter: (-letters[letter], letter))[:MOST_LETTERS]
    inner = {letter for word in words for letter in word[1:]}
    return sorted(kept), sorted(inner.intersection(kept))


def lower_cases(tokenizer: Any) -> bool:
    """Whether the tokenizer reads upper case as lower case."""
    normalizer = tokenizer.backend_tokenizer.normalizer
    if normalizer is None:
        return False
    upper, lower = (normalizer.normalize_str(text) for text in ("A Text", "a text"))
    return bool(upper == lower)


def cleaning_for(clean: CleanParams, lower: bool) -> Cleaning:
    """How texts are cleaned before this tokenizer reads them.

    lower: what `clean.lower` null stands for: whether the tokenizer makes no difference.
    """
    return Cleaning(
        lower=lower if clean.lower is None else clean.lower,
        links=clean.links,
        mentions=clean.mentions,
    )


def encode(
    tokenizer: Any, texts: Sequence[str], max_length: int | None = None
) -> list[npt.NDArray[np.int64]]:
    """The token ids of each text, with the start and end tokens, cut at `max_length` of them."""
    backend = bare(tokenizer)
    if max_length is not None:
        backend.enable_truncation(max_length)
    found = backend.encode_batch_fast(list(texts))
    return [np.array(each.ids, dtype=np.int64) for each in found]


def bare(tokenizer: Any) -> Tokenizer:
    """A copy of the tokenizer without padding and truncation, as serving reads it."""
    copy = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def save(tokenizer: Any, folder: Path) -> None:
    """Write tokenizer.json, and beside it what Transformers needs to read it."""
    tokenizer.save_pretrained(str(folder))
    bare(tokenizer).save(str(folder / "tokenizer.json"))


def measure(
    tokenizer: Any, texts: Sequence[str], settings: TokensParams, model_limit: int | None
) -> Lengths:
    """Choose the maximum length from the lengths of the cleaned training texts.

    model_limit: the most tokens that the model can read; None: any number.
    """
    lengths = np.array([len(ids) for ids in encode(tokenizer, texts)], dtype=np.int64)
    limit = min(settings.limit, model_limit or settings.limit)
    covering = int(np.ceil(np.quantile(lengths, settings.coverage)))
    wanted = settings.max_length or min(max(covering, SHORTEST), limit)
    chosen = min(wanted, model_limit or wanted)
    return Lengths(
        max_length=chosen,
        limit=limit,
        coverage=settings.coverage,
        share_cut=float((lengths > chosen).mean()),
        quantiles={str(q): float(np.quantile(lengths, q)) for q in QUANTILES},
        vocabulary=len(tokenizer),
    )
