"""What a request may hold: for decoding and for /docs. Pictures come as base64 or as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from .bodies import decoded
from .multipart import parsed
from .predictor import Predictor
from .problems import Problem

FILE, LABEL = "file", "label"
NOT_BASE64 = "not base64: letters, digits, + and / alone, = at the end, no data: before it"


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of /predict."""

    image: bytes


class Explained(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of /explain."""

    image: bytes
    label: str | None = None


class Many(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of /predict/batch."""

    images: Annotated[list[bytes], Meta(min_length=1)]


_decode_one = msgspec.json.Decoder(One).decode
_decode_explained = msgspec.json.Decoder(Explained).decode
_decode_many = msgspec.json.Decoder(Many).decode
_PLAIN_WORDS = {
    "Invalid base64 encoded string": NOT_BASE64,
    "`bytes`": "a text in base64",
    "`str | null`": "a text or null",
}


@dataclass(frozen=True)
class Sent:
    """A file that is said to be a picture, and where in the request it stood."""

    content: bytes
    field: str


@dataclass(frozen=True)
class Question:
    """A picture, and the class that is asked about; None: the likeliest."""

    picture: Sent
    label: str | None


def one(body: bytes) -> Sent:
    """The picture of `{"image": base64}`. Raises Problem."""
    return Sent(decoded(_decode_one, body, _PLAIN_WORDS).image, "image")


def one_file(content_type: str, body: bytes) -> Sent:
    """The picture of a form's field `file`. Raises Problem."""
    return _only(parsed(content_type, body, [FILE], [], 2).files)


def explained(body: bytes) -> Question:
    """The picture and the class of `{"image": base64, "label": ...}`. Raises Problem."""
    found = decoded(_decode_explained, body, _PLAIN_WORDS)
    return Question(Sent(found.image, "image"), found.label)


def explained_file(content_type: str, body: bytes) -> Question:
    """The picture and the class of a form's fields `file` and `label`. Raises Problem."""
    form = parsed(content_type, body, [FILE], [LABEL], 3)
    return Question(_only(form.files), form.texts.get(LABEL))


def many(body: bytes, most: int) -> list[Sent]:
    """The pictures of `{"images": [...]}`, at most so many. Raises Problem."""
    images = decoded(_decode_many, body, _PLAIN_WORDS).images
    _check_number(len(images), most)
    return [Sent(content, f"images[{i}]") for i, content in enumerate(images)]


def many_files(content_type: str, body: bytes, most: int) -> list[Sent]:
    """The pictures of a form's fields `file`, at most so many. Raises Problem."""
    files = parsed(content_type, body, [FILE], [], most).files.get(FILE, [])
    if not files:
        raise _no_file()
    return [Sent(content, f"{FILE}[{i}]") for i, content in enumerate(files)]


def _only(files: dict[str, list[bytes]]) -> Sent:
    found = files.get(FILE, [])
    if not found:
        raise _no_file()
    if len(found) > 1:
        raise Problem(
            422, f"{FILE}: comes {len(found)} times. Send one, or ask /predict/batch.", FILE
        )
    return Sent(found[0], FILE)


def _no_file() -> Problem:
    return Problem(422, f"{FILE}: missing. Send the picture in a field of this name.", FILE)


def _check_number(found: int, most: int) -> None:
    if found > most:
        raise Problem(413, f"{found:,} pictures; {most:,} are allowed. Send them in parts.")


def example(predictor: Predictor) -> dict[str, str]:
    """A body for /predict: a picture like those that the model was trained on."""
    return {"image": str(predictor.manifest.settings["example"])}


def one_schema(predictor: Predictor) -> dict[str, Any]:
    """The JSON schema of one picture."""
    return _object("Picture", {"image": _BASE64}, ["image"], example(predictor))


def explained_schema(predictor: Predictor) -> dict[str, Any]:
    """The JSON schema of one picture, and of a class to ask about."""
    label = {
        "type": ["string", "null"],
        "enum": [*predictor.classes, None],
        "description": "The class to look for; without it, the likeliest.",
    }
    return _object("Question", {"image": _BASE64, LABEL: label}, ["image"], example(predictor))


def many_schema(predictor: Predictor, most: int) -> dict[str, Any]:
    """The JSON schema of several pictures."""
    images = {"type": "array", "minItems": 1, "maxItems": most, "items": _BASE64}
    shown = {"images": [example(predictor)["image"]]}
    return _object("Pictures", {"images": images}, ["images"], shown)


def one_form() -> dict[str, Any]:
    """The schema of a form with one picture."""
    return _object("Picture", {FILE: _BINARY}, [FILE])


def explained_form(predictor: Predictor) -> dict[str, Any]:
    """The schema of a form with one picture, and with a class to ask about."""
    label = {"type": "string", "enum": list(predictor.classes)}
    return _object("Question", {FILE: _BINARY, LABEL: label}, [FILE])


def many_form(most: int) -> dict[str, Any]:
    """The schema of a form with several pictures."""
    files = {"type": "array", "minItems": 1, "maxItems": most, "items": _BINARY}
    return _object("Pictures", {FILE: files}, [FILE])


_BASE64 = {
    "type": "string",
    "format": "byte",
    "contentEncoding": "base64",
    "description": "A JPEG, PNG, WebP, GIF (its first frame) or BMP file, in base64.",
}
_BINARY = {
    "type": "string",
    "format": "binary",
    "description": "A JPEG, PNG, WebP, GIF (its first frame) or BMP file.",
}


def _object(
    title: str,
    properties: dict[str, Any],
    required: list[str],
    shown: dict[str, Any] | None = None,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "title": title,
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }
    return {**found, "example": shown} if shown else found
