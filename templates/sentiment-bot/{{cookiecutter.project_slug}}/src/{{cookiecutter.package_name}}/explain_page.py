"""Some texts with their words coloured, as one page to read: reports/explain.html."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .api.explanation import Explanation
from .data import TextData
from .html_page import page
from .report_words import day

FOR, AGAINST = "0, 114, 178", "230, 159, 0"  # blue and orange, as in the figures
# Opacity of the heaviest word of a text: deeper, its letters would be hard to read, also on a dark
# page.
DEEPEST = 0.5
HEAVY = 1.0  # log-odds: where no word moves them so far, none gets the deepest colour


def as_page(
    explained: Sequence[tuple[str, Explanation]],
    texts: TextData,
    version: str,
    when: str,
    most: int,
) -> str:
    """A section per class with at most `most` of the texts that the model gives it."""
    made_up = " The texts are synthetic." if texts.meta.synthetic else ""
    lead = (
        f"<p>{escape(texts.meta.name)}: what each word of some validation texts does to the "
        "answer. Blue words speak for it, orange ones against it; the deeper, the more the "
        f"answer's log-odds change when the word is left out.{made_up}</p>"
    )
    body = []
    for name in texts.classes:
        own = [pair for pair in explained if pair[1].prediction.label == name][:most]
        told = "".join(_coloured(text, each) for text, each in own) or "<p>No text is given it.</p>"
        body.append(f"<section><h2>{escape(name)}</h2>\n{told}</section>\n")
    footer = f"<p>Model version {escape(version)}, explained on {day(when)}.</p>"
    return page("What the answers rest on", lead=lead, body="".join(body), footer=footer)


def _coloured(text: str, found: Explanation) -> str:
    """A paragraph; words that were not weighed have no colour."""
    heaviest = max([HEAVY, *(abs(word.weight) for word in found.words)])
    parts, at = [], 0
    for word in sorted(found.words, key=lambda each: each.start):
        colour = FOR if word.weight > 0 else AGAINST
        depth = DEEPEST * abs(word.weight) / heaviest
        parts.append(escape(text[at : word.start]))
        parts.append(
            f'<span style="background: rgba({colour}, {depth:.2f}); border-radius: .2rem" '
            f'title="{word.weight:+.2f}">{escape(text[word.start : word.end])}</span>'
        )
        at = word.end
    parts.append(escape(text[at:]))
    return f'<p dir="auto" style="overflow-wrap: anywhere">{"".join(parts)}</p>\n'
