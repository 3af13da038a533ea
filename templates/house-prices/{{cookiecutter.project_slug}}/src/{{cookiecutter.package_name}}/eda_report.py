"""The exploration as one HTML page: words, figures and tables, with no second file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from string import Template

import pandas as pd

from . import eda_statistics as statistics
from .data import TableData
from .eda_chapter import Chapter
from .html_page import facts, page, picture, shorten, table
from .schema import Column


@dataclass(frozen=True)
class Section:
    """A chapter of the story with its picture, if it has one."""

    chapter: Chapter
    picture: bytes | None  # PNG


def render(data: TableData, sections: Sequence[Section]) -> str:
    """The page. Everything that comes from the data is escaped."""
    meta, schema = data.meta, data.schema
    body = Template(files(__package__).joinpath("eda_report.html").read_text(encoding="utf-8"))
    held_out = (
        f"{meta.test_rows:,} rows are held out for the final evaluation and were not opened"
        if meta.test_rows
        else "No rows are held out"
    )
    return page(
        f"{schema.target}: a look at the data",
        lead=f"<p>{escape(meta.name)}</p>\n{_synthetic() if meta.synthetic else ''}",
        body=body.substitute(
            facts=facts(
                [
                    ("Training rows", f"{meta.train_rows:,}"),
                    ("Columns used", str(len(schema.columns))),
                    (
                        "Of these",
                        f"{len(schema.numbers)} numbers, {len(schema.categories)} categories",
                    ),
                ]
            ),
            held_out=escape(held_out),
            contents="".join(
                f'<li><a href="#{section.chapter.name}">{escape(section.chapter.heading)}</a></li>'
                for section in sections
            ),
            sections="".join(_section(section) for section in sections),
            column_table=_column_table(data),
            ignored_table=_ignored_table(data),
        ),
        footer=f"<p>Data: {escape(meta.name)}; split with seed {meta.seed}. "
        f"Written on {datetime.now(UTC):%d %B %Y} (UTC).<br>\n"
        f"SHA-256 of the raw file: <code>{meta.sha256}</code></p>",
    )


def _synthetic() -> str:
    return (
        '<p class="note">These rows are <strong>synthetic</strong>: made up by this project so '
        "that it runs without a download. They show how the report works, not what houses cost. "
        "For real sales: <code>--set data.source=openml</code>.</p>"
    )


def _section(section: Section) -> str:
    chapter, shown = section.chapter, ""
    if section.picture is not None:
        shown = picture(section.picture, f"{chapter.heading}: {chapter.text}")
    if chapter.table is not None:
        shown += _chapter_table(chapter.table)
    return (
        f'<section id="{chapter.name}"><h2>{escape(chapter.heading)}</h2>'
        f"<p><em>{escape(chapter.question)}</em></p>\n"
        f"<p>{escape(chapter.text)}</p>{shown}</section>\n"
    )


def _chapter_table(found: pd.DataFrame) -> str:
    header = [str(name) for name in found.columns]
    rows = [[str(cell) for cell in row] for row in found.to_numpy()]
    return table(header, rows, right=set(range(len(header))))


def _column_table(data: TableData) -> str:
    strengths = statistics.strengths(data)
    rows = [_column_row(data.schema.column(str(name)), strengths) for name in strengths.index]
    return table(("Column", "Kind", "Missing", "Values", "Explains alone"), rows, right={2, 4})


def _column_row(column: Column, strengths: "pd.Series[float]") -> tuple[str, ...]:
    missing = f"{column.missing:.1%}" if column.missing else "0"
    return column.name, column.kind, missing, _values(column), f"{strengths[column.name]:.1%}"


def _values(column: Column) -> str:
    if column.minimum is not None and column.median is not None and column.maximum is not None:
        low, middle, high = (
            f"{value:.0f}" if column.integer else f"{value:.4g}"
            for value in (column.minimum, column.median, column.maximum)
        )
        return f"{low} to {high}, median {middle}"
    shown = ", ".join(shorten(level) for level in column.categories[:4])
    more = len(column.categories) - 4
    return f"{shown} and {more} more" if more > 0 else shown


def _ignored_table(data: TableData) -> str:
    if not data.schema.ignored:
        return "<p>No column was left out.</p>"
    return table(("Column", "Why"), list(data.schema.ignored.items()), right=set())
