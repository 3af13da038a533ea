"""Pictures side by side on a page, with the pictures in it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from .examples import redrawn
from .html_page import shorten

SHOWN = 144  # pixels of a picture's longer side


def card(content: bytes, text: str, lines: Sequence[str]) -> str:
    """A picture with lines under it, as HTML. text: what it shows, for those who cannot see it."""
    return of_html(_image(redrawn(content), text), lines)


def of_html(image: str, lines: Sequence[str]) -> str:
    """Any HTML with lines under it. lines: plain texts."""
    told = "<br>".join(escape(shorten(line, 48)) for line in lines)
    return (
        f'<figure style="margin: 0">{image}'
        f'<figcaption style="overflow-wrap: anywhere">{told}</figcaption></figure>'
    )


def cards(found: Sequence[str], *, wide: bool = False) -> str:
    """Cards side by side, as many as there is room for. wide: with several pictures each."""
    width = (3 if wide else 1) * (SHOWN + 16)
    columns = f"repeat(auto-fill, minmax(min({width}px, 100%), 1fr))"
    return f'<div style="display: grid; gap: 1rem; grid-template-columns: {columns}">' + (
        "\n".join(found) + "</div>"
    )


def source(content: bytes) -> str:
    """A PNG or a JPEG as the `src` of an HTML image."""
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _image(content: bytes, text: str) -> str:
    return (
        f'<img src="{source(content)}" alt="{escape(text)}" style="width: {SHOWN}px; '
        f'height: {SHOWN}px; object-fit: contain; image-rendering: {_rendering(content)}">'
    )


def _rendering(content: bytes) -> str:
    """Pictures of a few pixels are shown as such."""
    return "pixelated" if content.startswith(b"\x89PNG") else "auto"
