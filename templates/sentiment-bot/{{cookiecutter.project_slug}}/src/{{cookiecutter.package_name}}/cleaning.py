"""What is made alike in every text before it is read: one function, for training and serving.

It needs the standard library only, takes time in proportion to the text, and cleaning a clean text
changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import unescape
from html.entities import html5
from itertools import groupby
from typing import Any, Self

LINK, MENTION = "http", "@user"

# Nobody sees these, and each would make another word of the one it stands in: soft hyphen, zero
# widths, marks and overrides of the writing direction, invisible operators, byte-order mark, and
# halves of a character that some JSON writers leave alone. Kept are U+200D, which joins emoji, and
# U+200C, which Persian and the scripts of India write with.
_UNSEEN = (
    *(0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFFF9, 0xFFFC),
    *range(0xD800, 0xE000),
)
# Control characters go as well, but for those that Python counts as white space.
_CONTROLS = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace()]
_DROPPED = dict.fromkeys([*_CONTROLS, *_UNSEEN])


def _ranges(codes: Iterable[int]) -> str:
    """Characters as a part of a regular expression's class."""
    pairs = groupby(enumerate(sorted(codes)), lambda pair: pair[1] - pair[0])
    runs = ([code for _, code in run] for _, run in pairs)
    return "".join(f"{_escaped(run[0])}-{_escaped(run[-1])}" for run in runs)


def _escaped(code: int) -> str:
    # JSON schemas, which one of the patterns goes into, know the short form alone.
    return rf"\u{code:04x}" if code < 0x10000 else rf"\U{code:08x}"


_HAS_DROPPED = re.compile(f"[{_ranges(_DROPPED)}]")
# Without halves of characters, which no JSON document has, and few programs take in a pattern.
SEEN = re.compile(rf"[^\s{_ranges(code for code in _DROPPED if not 0xD800 <= code < 0xE000)}]")
"""Matches in each text of which cleaning leaves anything, but for blanks written as entities."""

# As many accents on one letter as the Stream-Safe Text Format allows (Unicode Standard Annex 15).
# Sorting more of them takes a time that grows with their square.
MARKS = 30

# Accents and vowel signs are part of a word too; none stands beyond.
_MARKS = _ranges(c for c in range(0x300, 0x1F000) if unicodedata.category(chr(c))[0] == "M")
# The sentence's own mark after a link is not a part of it.
LINKS = re.compile(rf"(?<![\w{_MARKS}])(?:https?://|www\.)\S*[^\s.,!?;:)\]}}'\"’”…]", re.IGNORECASE)
# Not within a word, and not after one and a dot, as in the address a.@b; but in ".@name" it is one.
MENTIONS = re.compile(rf"(?<![\w@{_MARKS}])(?<!\w[.+-])@\w[\w{_MARKS}]*")

_ENTITY = re.compile(r"#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})|[A-Za-z][A-Za-z0-9]{1,31}")
_LONGEST = 33  # characters of an entity between "&" and ";"


@dataclass(frozen=True)
class Cleaning:
    """How texts are cleaned. Stored with the model, so that it is served as it was trained."""

    lower: bool = False
    links: bool = True
    """Whether a link becomes the word "http"."""
    mentions: bool = True
    """Whether a mention becomes "@user". An e-mail address is none."""

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """From what `as_dict` gave."""
        return cls(**settings)

    def as_dict(self) -> dict[str, bool]:
        """For the manifest."""
        return asdict(self)

    def clean(self, text: str) -> str:
        """The text as a model reads it, on one line; empty if nothing in it can be seen."""
        if not text.isascii() or _HAS_DROPPED.search(text):
            text = _compose(text.translate(_DROPPED))
        if "&" in text:
            text = _compose(_without_entities(text))
        text = " ".join(text.split())
        if self.links and ("/" in text or "." in text):
            text = LINKS.sub(LINK, text)
        if self.mentions and "@" in text:
            text = MENTIONS.sub(MENTION, text)
        return _compose(text.lower()) if self.lower else text


def _compose(text: str) -> str:
    """One spelling for each letter with its accents: Unicode's NFC.

    Not NFKC: that would also rewrite what a reader sees as different, such as ½, ™ or ², and a
    tokenizer that wants it so does it by itself.
    """
    if text.isascii():
        return text
    return _few_marks(unicodedata.normalize("NFC", _few_marks(text)))


def _few_marks(text: str) -> str:
    """The text with at most `MARKS` accents in a row."""
    if len(text) - len(text.encode("ascii", "ignore")) <= MARKS:
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        if run <= MARKS:
            kept.append(character)
    return "".join(kept)


def _without_entities(text: str) -> str:
    """HTML's `&amp;`, `&#39;` and so on as the characters that they stand for.

    Tweets come escaped twice or more. What has just been read may be the beginning of the next
    entity, so one pass that looks back at each ";" does what passes over the whole text would,
    however deep they are nested.
    """
    first, *pieces = text.split(";")
    done = list(first)
    for piece in pieces:
        end = ";"
        while end == ";":
            at = _ampersand(done)
            found = _character("".join(done[at + 1 :])) if at >= 0 else None
            if found is None:
                break
            del done[at:]
            end = found
        done.extend(end)
        done.extend(piece)
    return "".join(done)


def _ampersand(done: list[str]) -> int:
    """The position of the "&" that the last characters follow, or -1."""
    for position in range(len(done) - 1, max(len(done) - _LONGEST - 2, -1), -1):
        if done[position] == "&":
            return position
    return -1


def _character(name: str) -> str | None:
    """What the entity `&name;` stands for, cleaned; None if it is not one."""
    if not _ENTITY.fullmatch(name):
        return None
    if name.startswith("#"):
        found: str | None = unescape(f"&{name};")
    else:
        # Lower case as well, since lowering the text must not make an entity of what was none.
        found = html5.get(f"{name};") or html5.get(f"{name.lower()};")
    return None if found is None else unicodedata.normalize("NFC", found.translate(_DROPPED))
