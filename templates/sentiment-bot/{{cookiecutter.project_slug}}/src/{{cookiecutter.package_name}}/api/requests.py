"""What a request may hold: for decoding and for /docs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..cleaning import SEEN
from .bodies import decoded
from .predictor import Predictor
from .problems import Problem

BLANK = "holds nothing that can be seen. Send a text with words"


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of /predict and /explain."""

    text: str


class Many(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of /predict/batch."""

    texts: Annotated[list[str], Meta(min_length=1)]


_decode_one = msgspec.json.Decoder(One).decode
_decode_many = msgspec.json.Decoder(Many).decode
_PLAIN_WORDS: dict[str, str] = {}


def one_text(body: bytes) -> str:
    """The text of `{"text": ...}`. Raises Problem."""
    text = decoded(_decode_one, body, _PLAIN_WORDS).text
    check(text, "text")
    return text


def many_texts(body: bytes, most: int) -> list[str]:
    """The texts of `{"texts": [...]}`, at most so many. Raises Problem."""
    texts = decoded(_decode_many, body, _PLAIN_WORDS).texts
    if len(texts) > most:
        raise Problem(413, f"{len(texts):,} texts; {most:,} are allowed. Send them in parts.")
    for position, text in enumerate(texts):
        check(text, f"texts[{position}]")
    return texts


def check(text: str, field: str) -> None:
    """Raise Problem (422) if there is nothing to read."""
    if not SEEN.search(text):
        raise Problem(422, f"{field}: {BLANK}.", field)


def one_schema(predictor: Predictor) -> dict[str, Any]:
    """The JSON schema of one text."""
    return {
        "type": "object",
        "title": "Text",
        "required": ["text"],
        "additionalProperties": False,
        "properties": {"text": _text_schema(predictor)},
        "example": example(predictor),
    }


def many_schema(predictor: Predictor, most: int) -> dict[str, Any]:
    """The JSON schema of several texts."""
    texts = {
        "type": "array",
        "minItems": 1,
        "maxItems": most,
        "items": _text_schema(predictor),
    }
    return {
        "type": "object",
        "title": "Texts",
        "required": ["texts"],
        "additionalProperties": False,
        "properties": {"texts": texts},
        "example": {"texts": [example(predictor)["text"]]},
    }


def example(predictor: Predictor) -> dict[str, str]:
    """A body for /predict: a text like those that the model was trained on."""
    return {"text": str(predictor.manifest.settings["example"])}


def _text_schema(predictor: Predictor) -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": 1,
        "pattern": SEEN.pattern,
        "description": (
            f"As it was written. Its first {predictor.max_length} tokens are read, of no more than "
            f"{predictor.reader.looks[-1]:,} characters; `truncated` says if there is more."
        ),
    }
