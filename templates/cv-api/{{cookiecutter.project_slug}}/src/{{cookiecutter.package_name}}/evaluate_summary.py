"""What the `evaluate` command shows on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Print the figures with their intervals, each class, doubt, damage and mistakes."""
    found = result.metrics["held_out"]
    show_scores(result.metrics, "pictures", console)
    lines = [
        answers_line(found["answers"]),
        strangers_line(found["out_of_distribution"]),
        f"Made worse, {found['robustness']['rows']:,} pictures at five strengths:",
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False)
    console.print(_robustness_table(found["robustness"]))
    wrong = f"Wrong: {found['wrong']:,} of {found['rows']:,}. The surest mistakes:"
    console.print(wrong, highlight=False, markup=False)
    console.print(_worst_table(found["worst"]))
    show_written(result.metrics, result.files, "pictures", console)


def answers_line(found: Mapping[str, Any]) -> str:
    """How many answers are sure, and how many of those are right."""
    if not found["rows"]:
        return "No answer is given as sure: no confidence was precise enough."
    return (
        f"Sure answers: {found['coverage']:.1%} of the pictures, {found['precision']:.1%} of them "
        f"right ({found['low']:.1%} to {found['high']:.1%}; asked for: {found['asked']:.0%})."
    )


def strangers_line(found: Mapping[str, Any]) -> str:
    """How well pictures of other kinds are noticed."""
    told = "; ".join(
        f"{each['name']} AUROC {each['auroc']:.3f}, {each['flagged']:.1%} flagged"
        for each in found["sets"]
    )
    return f"Unfamiliar: {told}; of the held-out pictures {found['flagged']:.1%} are flagged."


def _robustness_table(found: Mapping[str, Any]) -> Table:
    table = plain_table()
    table.add_column("accuracy at strength", no_wrap=True)
    levels = range(len(found["corruptions"][0]["strengths"]) + 1)
    for heading in (*map(str, levels), "mean"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found["corruptions"]:
        shares = (found["clean"], *each["accuracy"], each["mean"])
        table.add_row(each["name"], *(f"{share:.1%}" for share in shares))
    return table


def _worst_table(worst: list[dict[str, Any]]) -> Table:
    table = plain_table()
    table.add_column("picture")
    for heading in ("true", "predicted"):
        table.add_column(heading, no_wrap=True)
    table.add_column("confidence", justify="right", no_wrap=True)
    for row in worst[:FIRST]:
        table.add_row(
            Text(shorten(row["name"], 60)),
            Text(row["true"]),
            Text(row["predicted"]),
            f"{row['confidence']:.1%}",
        )
    return table
