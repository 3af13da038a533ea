"""The words of a text as a reader sees them, with their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec

# Chinese and Japanese have no blanks between words: each of their characters stands for itself.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(f"[{_UNSPACED}]|[^{_UNSPACED}]+")
_RUN = re.compile(r"\S+")


class Span(msgspec.Struct, frozen=True):
    """A part of a text: text[start:end], in characters (Unicode code points)."""

    start: int
    end: int


def words(text: str) -> list[Span]:
    """The words in order. The marks before and after a word are words of their own."""
    return [Span(*place) for run in _RUN.finditer(text) for place in _parts(text, run)]


def merged(spans: list[Span], most: int) -> list[Span]:
    """At most so many spans: if there are more, neighbours are taken together."""
    each = -(-len(spans) // most)
    if each <= 1:
        return spans
    parts = (spans[at : at + each] for at in range(0, len(spans), each))
    return [Span(part[0].start, part[-1].end) for part in parts]


def _parts(text: str, run: re.Match[str]) -> Iterator[tuple[int, int]]:
    start, end = run.span()
    letters = [at for at in range(start, end) if _is_letter(text[at])]
    if not letters:
        yield start, end
        return
    first, last = letters[0], letters[-1] + 1
    if first > start and text[first - 1] in "@#":
        first -= 1
    # Accents and vowel signs follow the letter that they belong to.
    while last < end and unicodedata.category(text[last])[0] == "M":
        last += 1
    if first > start:
        yield start, first
    for piece in _PIECE.finditer(text, first, last):
        yield piece.span()
    if last < end:
        yield last, end


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"
