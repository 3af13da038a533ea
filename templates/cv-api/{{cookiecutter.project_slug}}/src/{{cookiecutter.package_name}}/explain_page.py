"""Pictures with the heat of their answers, as one page to look at: reports/explain.html."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

from PIL import Image

from .html_page import page
from .looked_at import LookedAt, heated, square
from .picture_cards import cards, of_html, source
from .report_words import day


def as_page(shown: Sequence[LookedAt], data: str, version: str, when: str) -> str:
    """A section of right answers and one of wrong ones."""
    lead = (
        f"<p>{escape(data)}: where in some validation pictures the model sees its answer "
        "(Grad-CAM). The redder, the more that place speaks for the class; what has no colour "
        "says nothing for it. What is shown is the square that the model sees, at its size.</p>"
    )
    parts = (
        ("Right answers", [each for each in shown if each.right]),
        ("Wrong answers", [each for each in shown if not each.right]),
    )
    body = "".join(
        f"<section><h2>{heading}</h2>\n{_cards(each) or '<p>There are none.</p>'}</section>\n"
        for heading, each in parts
    )
    footer = f"<p>Model version {escape(version)}, explained on {day(when)}.</p>"
    return page("Where the model looks", lead=lead, body=body, footer=footer)


def _cards(shown: Sequence[LookedAt]) -> str:
    return cards([_card(each) for each in shown], wide=True) if shown else ""


def _card(each: LookedAt) -> str:
    said = f"{each.answer.label} ({each.answer.confidence:.1%})"
    images = [_image(square(each.pixels), f"{each.name}: {each.true}")]
    images += [
        _image(heated(each.pixels, heat), f"the heat for {name}")
        for name, heat in each.heats.items()
    ]
    lines = [f"answer: {said}"]
    if not each.right:
        lines.append(f"true: {each.true}; second heat: what speaks for it")
    beside = f'<div style="display: flex; gap: .25rem">{"".join(images)}</div>'
    return of_html(beside, (*lines, each.name))


def _image(picture: Image.Image, text: str) -> str:
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return f'<img src="{source(written.getvalue())}" alt="{escape(text)}" style="min-width: 0">'
