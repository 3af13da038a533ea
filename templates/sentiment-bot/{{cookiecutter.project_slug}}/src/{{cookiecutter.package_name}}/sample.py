"""Made-up reviews and posts in three classes, for a first run without a network.

Every text here is synthetic: put together from a few hundred words by the patterns in
sample_texts.py. What a text says follows from the order of its words as much as from the words: an
opinion may be denied, or answered by another one after a "but". `NOISE` of the labels are wrong, as
they are where people label in a hurry, so that no model can be right always. Figures from it say
nothing about real texts.
"""

from __future__ import annotations

import re
from random import Random

from .sample_texts import EMOJI, HASHTAGS, NAMES, Mood, make_text

CLASSES: tuple[Mood, ...] = ("negative", "neutral", "positive")
SHARES = (0.25, 0.30, 0.45)  # of the classes, in their order
NOISE = 0.04  # share of the texts with the label of another class
SHARED = 0.015  # share of the texts that repeat an earlier one, as posts that are shared do

Labelled = tuple[str, str]


def make_sample(rows: int, seed: int) -> list[Labelled]:
    """`rows` made-up texts with their labels; the same seed gives the same texts.

    Takes about 40 ms per thousand.
    """
    rng = Random(seed)
    made: list[Labelled] = []
    while len(made) < rows:
        if made and rng.random() < SHARED:
            made.append(_shared(rng, rng.choice(made)))
        else:
            made.append(_one(rng))
    return made


def _one(rng: Random) -> Labelled:
    mood = rng.choices(CLASSES, SHARES)[0]
    text = make_text(rng, mood)
    text = _mistyped(rng, text)
    text = _styled(rng, text)
    text = _dressed(rng, text, mood)
    label = mood if rng.random() > NOISE else rng.choice([c for c in CLASSES if c != mood])
    return text, label


def _shared(rng: Random, original: Labelled) -> Labelled:
    """The same post again: with another link, in capitals, or as it was."""
    text, label = original
    ways = (text, f"{text} {_link(rng)}", text.capitalize(), f"{text}!")
    return rng.choice(ways), label


def _mistyped(rng: Random, text: str) -> str:
    """A letter lost, doubled, or swapped with the next one, in one word of forty."""

    def mistype(match: re.Match[str]) -> str:
        word = match[0]
        if rng.random() > 0.025:
            return word
        at = rng.randrange(1, len(word) - 1)
        ways = (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
        return rng.choice(ways)

    return re.sub(r"[a-z]{4,}", mistype, text)


def _styled(rng: Random, text: str) -> str:
    """Capitals at the beginning, or everywhere; "&" for and, as HTML or as it is; a last mark."""
    style = rng.random()
    if style < 0.6:
        text = text[0].upper() + text[1:]
    elif style < 0.64:
        text = text.upper()
    if rng.random() < 0.1:
        text = text.replace(" and ", rng.choice([" & ", " &amp; "]), 1)
    if text[-1] not in "?.!":
        text += rng.choices(["", ".", "!", "!!!", "..."], [0.35, 0.4, 0.12, 0.08, 0.05])[0]
    return text


def _dressed(rng: Random, text: str, mood: Mood) -> str:
    """With an emoji, a name, a hashtag or a link, or none of them."""
    if rng.random() < 0.22:
        # One in four is ironic, or by a slip of the thumb.
        meant = mood if rng.random() < 0.75 else rng.choice(CLASSES)
        text = f"{text} {rng.choice(EMOJI[meant]) * rng.choice([1, 1, 1, 2, 3])}"
    if rng.random() < 0.12:
        text = f"@{rng.choice(NAMES)}{rng.randrange(100)} {text}"
    if rng.random() < 0.08:
        text = f"{text} #{rng.choice(HASHTAGS)}"
    if rng.random() < 0.1:
        text = f"{text} {_link(rng)}"
    return text


def _link(rng: Random) -> str:
    letters = "".join(rng.choices("abcdefghijkmnpqrstuvwxyz23456789", k=7))
    return f"https://example.com/{letters}"
