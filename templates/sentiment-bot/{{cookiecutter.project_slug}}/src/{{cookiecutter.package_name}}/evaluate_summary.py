"""What the `evaluate` command shows on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .classification_summary import plain_table, show_scores, show_written
from .html_page import shorten

if TYPE_CHECKING:
    from .evaluate import Evaluation

FIRST = 5  # of the surest mistakes


def show(result: Evaluation, console: Console) -> None:
    """Print the figures with their intervals, each class, calibration, slices and mistakes."""
    found = result.metrics["held_out"]
    show_scores(result.metrics, "texts", console)
    wrong = f"Wrong: {found['wrong']:,} of {found['rows']:,}. The surest mistakes:"
    console.print(wrong, highlight=False, markup=False)
    console.print(_worst_table(found["worst"]))
    show_written(result.metrics, result.files, "texts", console)


def _worst_table(worst: list[dict[str, Any]]) -> Table:
    table = plain_table()
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("text")
    for heading in ("true", "predicted"):
        table.add_column(heading, no_wrap=True)
    table.add_column("confidence", justify="right", no_wrap=True)
    for row in worst[:FIRST]:
        table.add_row(
            f"{row['line']:,}",
            Text(shorten(row["text"], 80)),
            Text(row["true"]),
            Text(row["predicted"]),
            f"{row['confidence']:.1%}",
        )
    return table
