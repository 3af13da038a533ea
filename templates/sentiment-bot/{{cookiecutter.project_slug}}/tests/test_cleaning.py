"""Cleaning: what becomes alike, what stays, and that it is the same however often it is done."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.cleaning import MARKS, Cleaning

CLEANINGS = [
    Cleaning(lower=lower, links=links, mentions=mentions)
    for lower in (False, True)
    for links in (False, True)
    for mentions in (False, True)
]
# Pieces that the steps of cleaning are about, so that they meet in one text.
PIECES = st.sampled_from(
    [
        *("&", ";", "&amp;", "&amp", "amp;", "&lt;", "&#38;", "&#x26;", "&semi;", "&NBSP;"),
        *("&#8203;", "&#894;", "&#769;", "#", "l", "t", "e", "\u0301", "\u0323", "\u0344"),
        *("\u037e", "\u212a", "http://", "https://x.y/", "HTTP://", "www.", "www", "://"),
        *("@", "@a", "@\u0130", ".", "!", "\u200b", "\u202e", "\u200d", "\ufeff", "\x00"),
        *("\x85", "\u2028", "\u00a0", "\ud800", " "),
        *("\u0130", "\u1e9e", "\u03a3", "\u0f73", "\u1100", "\u1161", "\u11a8", "\U0001f468", "\n"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))


@given(text=TEXTS, cleaning=st.sampled_from(CLEANINGS))
@settings(max_examples=250, deadline=None)
def test_cleaning_a_clean_text_changes_nothing(text: str, cleaning: Cleaning) -> None:
    once = cleaning.clean(text)
    assert cleaning.clean(once) == once


@given(text=TEXTS, cleaning=st.sampled_from(CLEANINGS))
@settings(max_examples=80, deadline=None)
def test_a_clean_text_is_one_line_of_characters_that_can_be_stored(
    text: str, cleaning: Cleaning
) -> None:
    cleaned = cleaning.clean(text)
    cleaned.encode("utf-8")
    assert cleaned == " ".join(cleaned.split())
    assert not set(cleaned) & set("\x00\x08\u200b\u202e\u2066\ufeff")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("cafe\u0301", "caf\u00e9"),
        ("\u00bd \u2122 \u00b2", "\u00bd \u2122 \u00b2"),  # NFKC would have written 1/2, TM and 2
        ("Fish &amp; chips &lt;3", "Fish & chips <3"),
        ("&amp;amp;lt;3", "<3"),
        ("AT&T; R&D", "AT&T; R&D"),
        ("&#128512; &#x1F600;", "\U0001f600 \U0001f600"),
        ("&#99999999999; &unknown;", "&#99999999999; &unknown;"),
        ("go\u200bod \u202ereversed\u202c", "good reversed"),
        ("a\x00b\tc\r\nd\u00a0e", "ab c d e"),
        ("\U0001f468\u200d\U0001f373", "\U0001f468\u200d\U0001f373"),  # a man and a pan: a cook
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("see https://example.com/a?b=1&c=2!", "see http!"),
        ("@q\u0301 @\u0928\u092e\u0938\u094d\u0924\u0947!", "@user @user!"),
        ("(HTTP://example.com) and www.example.com.", "(http) and http."),
        ("http and httpd://x", "http and httpd://x"),
        ("@anna thanks, RT @ben_2: ok", "@user thanks, RT @user: ok"),
        (".@anna look", ".@user look"),
        ("write to me@example.com", "write to me@example.com"),
        ("a @ b @@c", "a @ b @@c"),
        ("  ", ""),
        ("\u200b\ufeff", ""),
    ],
)
def test_what_is_made_alike(text: str, clean: str) -> None:
    assert Cleaning().clean(text) == clean


def test_what_is_not_asked_for_is_left() -> None:
    text = "Hi @anna, see http://example.com"
    assert Cleaning(links=False, mentions=False).clean(text) == text
    assert Cleaning(lower=True, links=False, mentions=False).clean(text) == text.lower()
    assert Cleaning(lower=True).clean(text) == "hi @user, see http"


def test_the_settings_survive_the_manifest() -> None:
    for cleaning in CLEANINGS:
        assert Cleaning.from_dict(cleaning.as_dict()) == cleaning


def test_a_letter_keeps_as_many_accents_as_text_can_be_streamed_with() -> None:
    cleaned = Cleaning().clean("x" + "\u0323" * 1000)
    assert cleaned == "x" + "\u0323" * MARKS


N = 60_000


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0323" * (N // 2),  # takes NFC itself minutes
        "\u0f73" * N,
        "&" + "amp;" * (N // 4),
        "&lt" + "&semi" * (N // 5) + ";",
        "&;" * (N // 2),
        "&#" + "9" * N + ";",  # int() refuses so many digits
        "www." * (N // 4),
        "http://" + "." * N,
        "http://! " * (N // 9),
        "@" * N,
        "@a" * (N // 2),
        " \u3000" * (N // 2),
        "\U0001f468\u200d" * (N // 2),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_no_text_takes_more_than_a_time_in_proportion(text: str) -> None:
    cleaning = Cleaning(lower=True)
    begun = time.process_time()
    cleaned = cleaning.clean(text)
    assert time.process_time() - begun < 1.0
    assert cleaning.clean(cleaned) == cleaned
