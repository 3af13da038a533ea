"""The words and patterns of the made-up texts. See sample.py."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

Mood = Literal["negative", "neutral", "positive"]
Side = Literal["negative", "positive"]

_THINGS = """
    food service room battery screen plot acting delivery staff app update sound camera coffee
    breakfast seat flight crew website support manual keyboard pizza soup shower concert game course
    book film
"""
_PRAISE = "great good excellent lovely wonderful perfect pleasant nice brilliant fantastic"
_BLAME = "awful bad terrible boring horrible poor useless annoying dull disappointing"
THINGS, PRAISE, BLAME = (tuple(words.split()) for words in (_THINGS, _PRAISE, _BLAME))
LIKED = ("loved", "enjoyed", "liked")
LOATHED = ("hated", "disliked", "regretted")
LIKE = ("love", "enjoy", "like")
LOATHE = ("hate", "dislike", "regret")
VERY = ("", "", "", "really ", "very ", "so ", "truly ", "sooo ", "REALLY ")
TRULY = ("", "", "", "really ", "truly ", "REALLY ")
PEOPLE = ("my sister", "a friend", "everybody", "the critic", "my neighbour", "the advert")
DAYS = ("on monday", "yesterday", "this morning", "last week", "on friday", "at noon", "in may")
NAMES = ("anna", "ben", "chloe", "dev", "emre", "fatima", "goran", "hana", "ivo", "jun", "kofi")
HASHTAGS = ("review", "weekend", "travel", "dinner", "tech", "fail", "win", "monday")
EMOJI: dict[Mood, tuple[str, ...]] = {
    "positive": ("😀", "😍", "👍", "🎉", "❤️", "👩‍🍳", ":)"),
    "negative": ("😡", "😞", "👎", "💔", "🙄", "🤦‍♂️", ":("),
    "neutral": ("🤔", "📦", "🗓️", "👀", "🙂"),
}

OTHER: dict[Side, Side] = {"negative": "positive", "positive": "negative"}

Pattern = Callable[[Random], str]


def make_text(rng: Random, mood: Mood) -> str:
    """A text of that mood, in lower case but for "I", without a last mark."""
    if mood == "neutral":
        return rng.choice(_NEUTRAL)(rng)
    return rng.choices(_SHAPES, _SHAPE_WEIGHTS)[0](rng, mood)


def opinion(rng: Random, side: Side) -> str:
    """A clause that finds something good or bad, one time in four by denying the contrary."""
    if rng.random() < 0.75:
        return _direct(rng, side)
    return _denied(rng, OTHER[side])


def _adjective(rng: Random, side: Side) -> str:
    return rng.choice(PRAISE if side == "positive" else BLAME)


def _direct(rng: Random, side: Side) -> str:
    thing, very = rng.choice(THINGS), rng.choice(VERY)
    liked, like = (LIKED, LIKE) if side == "positive" else (LOATHED, LOATHE)
    return rng.choice(
        (
            f"the {thing} was {very}{_adjective(rng, side)}",
            f"the {thing} is {very}{_adjective(rng, side)}",
            f"what a {_adjective(rng, side)} {thing}",
            f"I {rng.choice(liked)} the {thing}",
            f"I {rng.choice(TRULY)}{rng.choice(like)} the {thing}",
            f"I found the {thing} {very}{_adjective(rng, side)}",
        )
    )


def _denied(rng: Random, side: Side) -> str:
    """The denial of an opinion. Some stand far from what they deny."""
    thing, very = rng.choice(THINGS), rng.choice(VERY)
    like = LIKE if side == "positive" else LOATHE
    word = _adjective(rng, side)
    return rng.choice(
        (
            f"the {thing} was not {very}{word}",
            f"the {thing} wasn't {very}{word} at all",
            f"I didn't {rng.choice(like)} the {thing}",
            f"nothing about the {thing} was {very}{word}",
            f"the {thing} was never {very}{word}",
        )
    )


def _plain(rng: Random, side: Side) -> str:
    return opinion(rng, side)


def _twice(rng: Random, side: Side) -> str:
    return f"{opinion(rng, side)}{rng.choice((' and ', '. ', ', and '))}{opinion(rng, side)}"


def _contrast(rng: Random, side: Side) -> str:
    """Two opinions of which one counts: the one after "but", the one beside "although"."""
    conceded, meant = opinion(rng, OTHER[side]), opinion(rng, side)
    return rng.choice(
        (
            f"{conceded} but {meant}",
            f"{conceded}, but {meant}",
            f"although {conceded}, {meant}",
            f"{meant}, although {conceded}",
        )
    )


def _hearsay(rng: Random, side: Side) -> str:
    """What others say, and whether the writer thinks so too."""
    who, thing = rng.choice(PEOPLE), rng.choice(THINGS)
    said, contrary = _adjective(rng, side), _adjective(rng, OTHER[side])
    return rng.choice(
        (
            f"{who} called the {thing} {contrary}. I don't agree",
            f"{who} called the {thing} {said}. I agree",
        )
    )


_SHAPES = (_plain, _twice, _contrast, _hearsay)
_SHAPE_WEIGHTS = (0.56, 0.18, 0.18, 0.08)


def _either(rng: Random) -> str:
    return rng.choice(PRAISE + BLAME)


_NEUTRAL: tuple[Pattern, ...] = (
    lambda rng: f"we talked about the {rng.choice(THINGS)} {rng.choice(DAYS)}",
    lambda rng: f"they changed the {rng.choice(THINGS)} and the {rng.choice(THINGS)}",
    lambda rng: f"here is a picture of the {rng.choice(THINGS)}, taken {rng.choice(DAYS)}",
    lambda rng: f"is the {rng.choice(THINGS)} as {_either(rng)} as {rng.choice(PEOPLE)} said?",
    lambda rng: f"does anybody know whether the {rng.choice(THINGS)} is {_either(rng)}?",
    lambda rng: f"{rng.choice(PEOPLE)} called the {rng.choice(THINGS)} {_either(rng)}. no idea yet",
    lambda rng: f"I haven't tried the {rng.choice(THINGS)} yet, {rng.choice(PEOPLE)} did",
    lambda rng: (
        f"the {rng.choice(THINGS)} was neither {rng.choice(PRAISE)} nor {rng.choice(BLAME)}"
    ),
    lambda rng: f"the {rng.choice(THINGS)} was okay, like any other {rng.choice(THINGS)}",
)
