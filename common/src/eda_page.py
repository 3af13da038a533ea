"""The exploration as one HTML page: words, figures and tables, with no second file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Protocol

import pandas as pd

from .eda_chapter import Chapter
from .html_page import facts, page, picture, table
from .plotting import save_figure
from .progress import steps

REPORT = Path("reports/eda.html")
FIGURES = Path("reports/figures")


class Source(Protocol):
    """What the page says of the data's origin."""

    @property
    def name(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def sha256(self) -> str: ...


@dataclass(frozen=True)
class Section:
    """A chapter of the story with its picture, if it has one."""

    chapter: Chapter
    picture: bytes | None  # PNG


@dataclass(frozen=True)
class Appendix:
    """What stands at the end of the page, to look things up in."""

    name: str
    heading: str
    html: str
    """All text in it is escaped."""


def drawn(story: Sequence[Chapter]) -> list[Section]:
    """The chapters with their figures, which are written to reports/figures too."""
    sections = []
    with steps("eda", len(story)) as bar:
        for chapter in story:
            path = FIGURES / f"eda-{chapter.name}.png"
            path.unlink(missing_ok=True)  # earlier data's figure would be taken for these data's
            shown = save_figure(chapter.draw(), path).read_bytes() if chapter.draw else None
            sections.append(Section(chapter, shown))
            bar.advance(chapter.name)
    return sections


def opening(held_out: int, noun: str) -> str:
    """Which rows the page is about. held_out: those that are not; noun: what they are, plural."""
    kept = (
        f"{held_out:,} {noun} are held out for the final evaluation and were not opened"
        if held_out
        else f"No {noun} are held out"
    )
    return f"{kept}. Everything below is from the training {noun}."


def render(
    sections: Sequence[Section],
    *,
    title: str,
    data: Source,
    note: str,
    boxes: Sequence[tuple[str, str]],
    opening: str,
    appendix: Appendix,
) -> str:
    """The page. Everything that comes from the data is escaped.

    note: HTML below the data's name, such as a warning that they are synthetic. boxes: the main
    facts, name and value; opening: the sentence below them. Plain texts.
    """
    body = Template(files(__package__).joinpath("eda_page.html").read_text(encoding="utf-8"))
    return page(
        title,
        lead=f"<p>{escape(data.name)}</p>\n{note}",
        body=body.substitute(
            facts=facts(boxes),
            opening=escape(opening),
            contents="".join(
                f'<li><a href="#{section.chapter.name}">{escape(section.chapter.heading)}</a></li>'
                for section in sections
            ),
            sections="".join(_section(section) for section in sections),
            name=appendix.name,
            heading=escape(appendix.heading),
            appendix=appendix.html,
        ),
        footer=f"<p>Data: {escape(data.name)}; split with seed {data.seed}. "
        f"Written on {datetime.now(UTC):%d %B %Y} (UTC).<br>\n"
        f"SHA-256 of the raw file: <code>{data.sha256}</code></p>",
    )


def _section(section: Section) -> str:
    chapter, shown = section.chapter, ""
    if section.picture is not None:
        shown = picture(section.picture, f"{chapter.heading}: {chapter.text}")
    if chapter.table is not None:
        shown += _table(chapter.table, chapter.texts)
    return (
        f'<section id="{chapter.name}"><h2>{escape(chapter.heading)}</h2>'
        f"<p><em>{escape(chapter.question)}</em></p>\n"
        f"<p>{escape(chapter.text)}</p>{shown}</section>\n"
    )


def _table(found: pd.DataFrame, texts: Sequence[str]) -> str:
    header = [str(name) for name in found.columns]
    rows = [[str(cell) for cell in row] for row in found.to_numpy()]
    numbers = {position for position, name in enumerate(header) if name not in texts}
    return table(header, rows, right=numbers)
