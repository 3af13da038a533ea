"""What the `ablate` command shows on the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .ablation import CAVEAT

STYLES = {"helps": "bold", "hurts": "red", "no clear effect": "dim"}
WORDS = {"helps": "helps", "hurts": "hurts", "no clear effect": "unclear"}


def show_section(section: dict[str, Any], data: str, console: Console) -> None:
    """Print the section "ablation" of reports/metrics.json: a line per ingredient, and the caveat.

    data: the data set's name.
    """
    console.print(
        f"{data}: {section['folds']}-fold cross-validation of {section['rows']:,} rows, seed "
        f"{section['seed']}. Complete recipe: {section['metric']} {_number(section['full'])}, "
        f"fits {section['seconds']:.1f} s.",
        highlight=False,
        markup=False,
    )
    # Worse is positive in all columns, so that one sign means one thing.
    percent = 100.0 / abs(section["full"]) if section["full"] else 0.0
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("left out", no_wrap=True, min_width=20)
    for heading in (section["metric"], "change %", "interval %", "folds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("it", no_wrap=True)
    for each in section["ingredients"]:
        table.add_row(
            escape(each["title"]),
            _number(each["without"]),
            f"{100 * each['relative']:+.1f}",
            f"{each['low'] * percent:+.1f} to {each['high'] * percent:+.1f}",
            f"{each['worse_folds']}/{section['folds']}",
            WORDS[each["verdict"]],
            style=STYLES[each["verdict"]],
        )
    console.print(table)
    for each in section["ingredients"]:
        if each["note"]:
            console.print(f"Without {each['title']}: {each['note']}.", markup=False)
    for each in section["left_out"]:
        console.print(f"Not used here: {each['title']} ({each['reason']}).", markup=False)
    count = section["comparisons"]
    every = "The interval holds" if count == 1 else f"The {count} intervals hold together"
    console.print(
        f"Change and interval are of {section['metric']}; more is worse. Folds: in how many it was "
        "worse. "
        f"{every} with about {section['confidence']:.0%} confidence (standard errors by paired "
        f"bootstrap over rows, Bonferroni). {CAVEAT}",
        highlight=False,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"
