"""What can be counted in a text without a model: the exploration and the drift watch use it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from .cleaning import LINKS, MENTIONS, Cleaning

# Entities read and spellings made alike, or "&amp;" would be a word; the rest as it was written.
WRITTEN = Cleaning(lower=False, links=False, mentions=False)
HASHTAG = re.compile(r"(?<!\w)#\w*[^\W\d_]\w*")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
# Pictures in Unicode's blocks for them, and the faces that are typed: :) ;-( =D :/ <3
EMOJI = re.compile(
    "[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]"
    r"|(?<!\w)[:;=]['-]?[()\[\]DPp/|*](?!\w)|<3(?!\d)"
)
NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "nobody",
        "nothing",
        "nowhere",
        "neither",
        "nor",
        "cannot",
        "without",
        "hardly",
        "n't",
    ]
)
SIGNS = {
    "negations": "a negation",
    "exclamations": "an exclamation mark",
    "questions": "a question mark",
    "emoji": "an emoji or emoticon",
    "links": "a link",
    "mentions": "a mention",
    "hashtags": "a hashtag",
}
"""Field of `TextFeatures` -> what a text with more than none of it has."""
LETTERS = 400  # of a text, from which its script is told


@dataclass(frozen=True)
class TextFeatures:
    """Counts of one text, as it was written."""

    words: int
    characters: int
    upper: float
    """Share of its letters that are capitals; NaN without letters."""
    foreign: float
    """Share of its letters that are not of the English alphabet; NaN without letters."""
    links: int
    mentions: int
    hashtags: int
    emoji: int
    negations: int
    questions: int
    """Question marks."""
    exclamations: int
    script: str
    """The alphabet of most of its letters, such as Latin or Cyrillic; "none" without letters."""


def features(text: str) -> TextFeatures:
    """What is counted in a text."""
    written = WRITTEN.clean(text)
    plain = _without_links(written)
    letters = [character for character in plain if character.isalpha()]
    found = _words(plain)
    return TextFeatures(
        words=len(found),
        characters=len(written),
        upper=_share(sum(letter.isupper() for letter in letters), len(letters)),
        foreign=_share(sum(not letter.isascii() for letter in letters), len(letters)),
        links=len(LINKS.findall(written)),
        mentions=len(MENTIONS.findall(written)),
        hashtags=len(HASHTAG.findall(plain)),
        emoji=len(EMOJI.findall(plain)),
        negations=sum(is_negation(word) for word in found),
        questions=plain.count("?"),
        exclamations=plain.count("!"),
        script=_script(letters),
    )


def words(text: str) -> list[str]:
    """The words in lower case, in their order; links and mentions are none.

    An apostrophe stays within its word: don't, l'amour. Of a text in a script that is written
    without spaces, what stands between two marks is a word.
    """
    return _words(_without_links(WRITTEN.clean(text)))


def is_negation(word: str) -> bool:
    """Whether an English word denies; it is in lower case."""
    return word in NEGATIONS or word.endswith("n't")


def _words(plain: str) -> list[str]:
    return WORD.findall(plain.replace("\u2019", "'").lower())


def _without_links(text: str) -> str:
    return MENTIONS.sub(" ", LINKS.sub(" ", text))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _script(letters: list[str]) -> str:
    """By the first word of the letters' Unicode names, which is the script's."""
    counted = Counter(_script_of(letter) for letter in letters[:LETTERS])
    return counted.most_common(1)[0][0] if counted else "none"


@lru_cache(maxsize=4096)
def _script_of(letter: str) -> str:
    name = unicodedata.name(letter, "unknown")
    return name.split()[0].split("-")[0].capitalize()
