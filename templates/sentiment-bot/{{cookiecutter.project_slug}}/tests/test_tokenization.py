"""Tokenizers: trained on the texts, and how much of a text is read."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from {{ cookiecutter.package_name }} import tokenization
from {{ cookiecutter.package_name }}.config import CleanParams, TokensParams

TEXTS = ["a good film", "a bad film, really bad", "good good good", "not good at all"] * 20


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenization.train_tokenizer(TEXTS, vocabulary=200, lower=True)


def test_a_text_is_framed_and_known_words_are_one_piece(tokenizer: PreTrainedTokenizerFast) -> None:
    (ids,) = tokenization.encode(tokenizer, ["A GOOD film"])
    assert tokenizer.convert_ids_to_tokens(ids.tolist()) == ["[CLS]", "a", "good", "film", "[SEP]"]
    assert ids.dtype == np.int64


def test_a_word_that_it_does_not_know_is_unknown(tokenizer: PreTrainedTokenizerFast) -> None:
    (ids,) = tokenization.encode(tokenizer, ["œuvre"])
    assert tokenizer.unk_token_id in ids


def test_the_padding_token_is_number_zero(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.pad_token_id == 0


def test_the_same_texts_give_the_same_tokenizer(tokenizer: PreTrainedTokenizerFast) -> None:
    again = tokenization.train_tokenizer(TEXTS, vocabulary=200, lower=True)
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


def test_a_long_text_is_cut_and_keeps_its_frame(tokenizer: PreTrainedTokenizerFast) -> None:
    (ids,) = tokenization.encode(tokenizer, ["good " * 50], max_length=8)
    assert len(ids) == 8
    assert ids[-1] == tokenizer.sep_token_id


def test_an_empty_text_is_its_frame_alone(tokenizer: PreTrainedTokenizerFast) -> None:
    (ids,) = tokenization.encode(tokenizer, [""])
    assert ids.tolist() == [tokenizer.cls_token_id, tokenizer.sep_token_id]


@pytest.mark.parametrize("lower", [True, False])
def test_whether_upper_case_matters_is_found_out(lower: bool) -> None:
    found = tokenization.train_tokenizer(TEXTS, vocabulary=200, lower=lower)
    assert tokenization.lower_cases(found) is lower


@pytest.mark.parametrize(("setting", "expected"), [(None, True), (True, True), (False, False)])
def test_texts_are_lowered_where_the_tokenizer_does_so_unless_told(
    setting: bool | None, expected: bool
) -> None:
    found = tokenization.cleaning_for(CleanParams(lower=setting, mentions=False), lower=True)
    assert (found.lower, found.links, found.mentions) == (expected, True, False)


def test_the_length_covers_the_share_of_texts_that_is_asked_for(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    texts = ["good " * words for words in range(1, 101)]
    found = tokenization.measure(tokenizer, texts, TokensParams(coverage=0.9), None)
    assert found.max_length == 93  # 91 words or fewer, and the frame
    assert found.share_cut == pytest.approx(0.09)
    assert found.quantiles["1.0"] == 102
    assert found.vocabulary == len(tokenizer)


@pytest.mark.parametrize(
    ("settings", "model_limit", "expected"),
    [
        (TokensParams(limit=32), None, 32),
        (TokensParams(), 16, 16),
        (TokensParams(max_length=40), None, 40),
        # What is asked for is no more than the model can read.
        (TokensParams(max_length=40), 16, 16),
    ],
)
def test_no_more_is_read_than_the_settings_and_the_model_allow(
    tokenizer: PreTrainedTokenizerFast,
    settings: TokensParams,
    model_limit: int | None,
    expected: int,
) -> None:
    texts = ["good " * words for words in range(1, 101)]
    found = tokenization.measure(tokenizer, texts, settings, model_limit)
    assert found.max_length == expected
    assert found.share_cut > 0.5


def test_short_texts_leave_room_for_longer_ones(tokenizer: PreTrainedTokenizerFast) -> None:
    found = tokenization.measure(tokenizer, ["good"] * 10, TokensParams(), None)
    assert found.max_length == tokenization.SHORTEST
    assert found.share_cut == 0.0


def test_what_is_saved_reads_like_the_original_and_does_not_cut(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=4)
    tokenization.save(tokenizer, tmp_path)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    text = "a really good film, not bad at all"
    (expected,) = tokenization.encode(tokenizer, [text])
    served = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert served.encode(text).ids == expected.tolist()
    assert AutoTokenizer.from_pretrained(tmp_path)(text)["input_ids"] == expected.tolist()
