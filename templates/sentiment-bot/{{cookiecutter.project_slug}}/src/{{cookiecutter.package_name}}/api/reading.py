"""From a text to the tokens that the model reads of it, however long the text is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from tokenizers import Encoding, Tokenizer

from ..cleaning import Cleaning

# A first look at the beginning of a text: few texts have tokens of so many characters on average.
FIRST_LOOK = 10
# And at most so much of it: characters per token, and at least so many. What people write fills
# the model long before. It bounds the work on a million blanks, or on one word of a million signs.
LAST_LOOK, LAST_LOOK_LEAST = 40, 10_000
# Words at the end of what was looked at that the cut may have changed: it may have split one, or
# an HTML entity, or what lower case or an accent depends on.
UNSURE = 40


class Reading(msgspec.Struct, frozen=True):
    """What the model reads of a text."""

    ids: list[int]
    """With the tokens that frame every text."""
    truncated: bool
    """Whether the text goes on behind it."""


class Reader:
    """Cleans and tokenises texts, in time that does not grow with their length.

    Only the beginning of a long text is cleaned and tokenised. Tokenizers split a text into words
    first, and each word into tokens by itself, so a cut changes the words next to it and none
    before. If those lie behind the last token that the model reads, the tokens are the same as
    those of the whole text; if not, more of the text is looked at.
    """

    def __init__(self, tokenizer: Tokenizer, cleaning: Cleaning, max_length: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length)
        self.max_length = max_length
        self._tokenizer = tokenizer
        self._cleaning = cleaning
        most = max(LAST_LOOK * max_length, LAST_LOOK_LEAST)
        self.looks = (FIRST_LOOK * max_length, most)
        """Characters of a text that are looked at, first and at most."""

    @classmethod
    def from_manifest(cls, tokenizer: str, settings: Mapping[str, Any]) -> Reader:
        """The reader of a trained model. tokenizer: the content of tokenizer.json.

        Raises an Exception of one kind or other if the two do not fit.
        """
        found = Tokenizer.from_str(tokenizer)
        cleaning = Cleaning.from_dict(settings["cleaning"])
        return cls(found, cleaning, int(settings["max_length"]))

    def read(self, text: str) -> Reading:
        """The tokens of the text, at most `max_length`."""
        text = text.strip()
        for look in self.looks:
            beginning = text[:look]
            encoding = self._tokenizer.encode(self._cleaning.clean(beginning))
            if len(beginning) == len(text) or _settled(encoding):
                break
        cut = bool(encoding.overflowing) or len(beginning) < len(text)
        return Reading(encoding.ids, cut)

    def has_room_for(self, text: str) -> bool:
        """Whether the model reads the text to its end."""
        return not self.read(text).truncated


def _settled(encoding: Encoding) -> bool:
    """Whether more text at the end would leave the first tokens as they are."""
    if not encoding.overflowing:
        return False
    return _last_word(encoding.overflowing[-1]) - _last_word(encoding) >= UNSURE


def _last_word(encoding: Encoding) -> int:
    """The number of the last word in it; of tokens that frame the text, there is none."""
    return max((word for word in encoding.word_ids if word is not None), default=-1)
