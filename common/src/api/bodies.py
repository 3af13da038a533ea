"""JSON bodies by msgspec's decoders, with errors that name the field in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from .problems import Problem

T = TypeVar("T")

# Half of a character that takes two escapes, such as an emoji that was cut in the middle.
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

PLAIN_WORDS = {
    "`float | null`": "a number or null",
    "`object`": "an object",
    "`array`": "a list",
    "`str`": "a text",
    "`int`": "a number",
    "`float`": "a number",
}


def decoded(decode: Callable[[bytes], T], body: bytes, plain_words: Mapping[str, str]) -> T:
    """What `decode` makes of the body.

    plain_words: what msgspec calls something -> what the caller is told; tried before PLAIN_WORDS.
    Raises Problem: 400 if it is no JSON, 422 if it is of another shape than the route takes.
    """
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(error, plain_words) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(error, body) from None


def _invalid(error: msgspec.ValidationError, plain_words: Mapping[str, str]) -> Problem:
    """msgspec says where as a path: `Expected `float | null`, got `str` - at `$.LotArea``."""
    text, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").removeprefix(".") or None
    if "unknown field" in text:
        name = text.rsplit("`", 2)[1]
        field = f"{field}.{name}" if field else name
        return Problem(422, f"The model has no field {name!r}. See /docs for those it has.", field)
    if "missing required field" in text:
        name = text.rsplit("`", 2)[1]
        field = f"{field}.{name}" if field else name
        return Problem(422, f"{field}: missing. See /docs for an example.", field)
    for shown, said in {**plain_words, **PLAIN_WORDS}.items():
        text = text.replace(shown, said)
    return Problem(422, f"{field or 'The body'}: {text[0].lower()}{text[1:]}.", field)


def _malformed(error: Exception, body: bytes) -> Problem:
    reason = str(error).rstrip(".")
    if SURROGATE.search(body):
        reason += r". An escape from \ud800 to \udfff is half a character: send both halves"
    return Problem(400, f"The body is not valid JSON: {reason}.")
