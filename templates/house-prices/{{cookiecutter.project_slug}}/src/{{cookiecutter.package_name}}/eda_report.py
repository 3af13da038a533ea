"""The exploration of a table: what its page says beside the chapters of the story."""

from collections.abc import Sequence

import pandas as pd

from . import eda_statistics as statistics
from .data import TableData
from .eda_page import Appendix, Section, opening, render
from .html_page import shorten, table
from .schema import Column


def report(data: TableData, sections: Sequence[Section]) -> str:
    """The page. Everything that comes from the data is escaped."""
    meta, schema = data.meta, data.schema
    kinds = f"{len(schema.numbers)} numbers, {len(schema.categories)} categories"
    return render(
        sections,
        title=f"{schema.target}: a look at the data",
        data=meta,
        note=_synthetic() if meta.synthetic else "",
        boxes=[
            ("Training rows", f"{meta.train_rows:,}"),
            ("Columns used", str(len(schema.columns))),
            ("Of these", kinds),
        ],
        opening=opening(meta.test_rows, "rows"),
        appendix=Appendix("columns", "Every column", _columns(data)),
    )


def _synthetic() -> str:
    return (
        '<p class="note">These rows are <strong>synthetic</strong>: made up by this project so '
        "that it runs without a download. They show how the report works, not what houses cost. "
        "For real sales: <code>--set data.source=openml</code>.</p>"
    )


def _columns(data: TableData) -> str:
    return (
        "<p>Strongest first. The last figure is the share of the variance of the target that the "
        f"column explains alone.</p>\n{_column_table(data)}\n"
        f"<h2>Columns left out</h2>\n{_ignored_table(data)}"
    )


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
