"""Bodies of multipart/form-data: the files and the texts of their fields.

What a browser's form or `curl -F` sends. A body is at hand as a whole when it comes here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from .problems import Problem

LONGEST_TEXT = 10_000  # bytes of a field that is no file


@dataclass(frozen=True)
class Form:
    """What a form holds."""

    files: dict[str, list[bytes]] = field(default_factory=dict)
    """Field -> its files' contents, in their order."""
    texts: dict[str, str] = field(default_factory=dict)


def parsed(
    content_type: str, body: bytes, files: Collection[str], texts: Collection[str], most_parts: int
) -> Form:
    """The fields of a body that has none but those named in `files` and `texts`.

    A field of `files` may come several times. Raises Problem: 400 for what is no such body, 413 for
    one of too many parts, 422 for fields that are not asked for.
    """
    boundary = _boundary(content_type)
    form = Form()
    parser = PushMultipartParser(boundary, strict=True)
    try:
        with parser:
            parts: list[bytes] = []
            segment: MultipartSegment | None = None
            seen = 0
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    seen += 1
                    if seen > most_parts:
                        raise Problem(
                            413, f"Over {most_parts:,} parts. Send them in several requests."
                        )
                    _check_name(event, files, texts)
                    segment, parts = event, []
                elif event:
                    parts.append(bytes(event))
                elif segment is not None:
                    _add(form, segment.name, b"".join(parts), files)
    except MultipartError as error:
        raise Problem(400, f"The body is not valid multipart/form-data: {_said(error)}.") from None
    return form


def _boundary(content_type: str) -> str:
    _, options = parse_options_header(content_type)
    boundary: str = options.get("boundary", "")
    # RFC 2046, section 5.1.1.
    if not 0 < len(boundary) <= 70 or not boundary.isascii() or not boundary.isprintable():
        raise Problem(
            400,
            "The Content-Type names no boundary of 1 to 70 characters, as multipart/form-data has "
            "to. Leave the header to what builds the form.",
        )
    return boundary


def _check_name(part: MultipartSegment, files: Collection[str], texts: Collection[str]) -> None:
    """Raise Problem for a part that is not asked for, before its content is looked at."""
    if part.name in files or part.name in texts:
        return
    asked = " or ".join(sorted((*files, *texts)))
    raise Problem(422, f"There is no field {part.name[:50]!r}. Send {asked}.", part.name[:50])


def _add(form: Form, name: str, content: bytes, files: Collection[str]) -> None:
    if name in files:
        form.files.setdefault(name, []).append(content)
        return
    if name in form.texts:
        raise Problem(422, f"{name}: comes twice. Send it once.", name)
    try:
        if len(content) > LONGEST_TEXT:
            raise Problem(422, f"{name}: over {LONGEST_TEXT:,} bytes.", name)
        form.texts[name] = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(422, f"{name}: not a text in UTF-8.", name) from None


def _said(error: MultipartError) -> str:
    """Its reason in one line, in lower case."""
    reason = " ".join(str(error.args[0] if error.args else error).split())[:100]
    return f"{reason[:1].lower()}{reason[1:]}"
