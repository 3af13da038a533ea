"""Exercise 1: cleaning may take the sign off a hashtag, for training and serving alike."""

from contextlib import suppress

import pytest
from pydantic import ValidationError

from {{ cookiecutter.package_name }}.cleaning import Cleaning
from {{ cookiecutter.package_name }}.config import CleanParams
from {{ cookiecutter.package_name }}.tokenization import cleaning_for

TEXTS = {
    "#love this": "love this",
    "so #happy!": "so happy!",
    "##really #2good": "really 2good",
    "#Größe #привет": "Größe привет",
    "we are #1": "we are #1",
    "C# is no hashtag, nor is a#b": "C# is no hashtag, nor is a#b",
    "&#35;love": "love",
}


def cleaning(**settings: bool) -> Cleaning:
    """What texts are cleaned by with these settings, before a tokenizer that keeps capitals."""
    with suppress(ValidationError):
        return cleaning_for(CleanParams(**settings), lower=False)
    pytest.fail(
        "clean.hashtags is no setting yet. Add it to CleanParams in config.py, false by default.",
        pytrace=False,
    )


@pytest.mark.parametrize("text", TEXTS)
def test_the_sign_goes_and_the_word_stays(text: str) -> None:
    found = cleaning(hashtags=True).clean(text)
    assert found == TEXTS[text], (
        f"{text!r} became {found!r}, not {TEXTS[text]!r}. A hashtag is a # and letters or digits, "
        "with a letter among them, and no letter or digit before the #."
    )


@pytest.mark.parametrize(
    "text", [*TEXTS, "#@anna", "@#anna", "#https://t.co/a", "http://x/#y", "# #a"]
)
def test_cleaning_a_clean_text_still_changes_nothing(text: str) -> None:
    clean = cleaning(hashtags=True).clean
    once, twice = clean(text), clean(clean(text))
    assert once == twice, (
        f"{text!r} is {once!r} after one cleaning and {twice!r} after two. Look at the order of "
        "the steps: what the one leaves may be what another looks for."
    )


def test_without_the_setting_hashtags_stay_as_they_were() -> None:
    cleaning(hashtags=False)
    assert cleaning().clean("#love") == "#love", "clean.hashtags is to be false by default"


def test_the_setting_goes_with_the_model() -> None:
    stored = cleaning(hashtags=True).as_dict()
    assert stored.get("hashtags") is True, "the manifest of a model would not say that it is on"
    assert Cleaning.from_dict(stored).clean("#love") == "love", "a served model would not do it"
    del stored["hashtags"]
    assert Cleaning.from_dict(stored).clean("#love") == "#love", (
        "a model that was trained before has no such setting: it is to be served as it was"
    )
