"""What the `evaluate` command shows on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .classification_summary import (
    against_line,
    calibration_line,
    class_table,
    plain_table,
    scores_table,
    slices_line,
)
from .html_page import shorten
from .report_words import times

if TYPE_CHECKING:
    from .evaluate import Evaluation

FIRST = 5  # of the surest mistakes


def show(result: Evaluation, console: Console) -> None:
    """Print the figures with their intervals, each class, calibration, slices and mistakes."""
    data, found = result.metrics["data"], result.metrics["held_out"]
    name = result.metrics["model"]
    lines = [
        *(against_line(name, other, each, "texts") for other, each in found["against"].items()),
        calibration_line(found),
        slices_line(found, "texts"),
        f"Wrong: {found['wrong']:,} of {found['rows']:,}. The surest mistakes:",
    ]
    console.print(
        f"{data['name']}: {found['rows']:,} held-out texts", highlight=False, markup=False
    )
    console.print(scores_table(name, found))
    console.print(class_table(found, "texts"))
    for line in lines:
        console.print(line, highlight=False, markup=False)
    console.print(_worst_table(found["worst"]))
    named = ", ".join(path.as_posix() for path in result.files if path.suffix != ".png")
    drawn = [path for path in result.files if path.suffix == ".png"]
    console.print(
        f"The held-out texts have been opened {times(found['opened'])} for this model. Wrote "
        f"reports/metrics.json, {named} and {len(drawn)} figures to "
        f"{drawn[0].parent.as_posix()}.",
        highlight=False,
    )


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
