"""What the `data` command shows on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from .data import Dataset

MOST = 15  # columns listed by name


def show(dataset: Dataset, console: Console) -> None:
    """Print where the rows came from, how they were typed and split, and what is missing."""
    meta, table = dataset.meta, dataset.table
    identifier = f"; {table.identifier} names the rows" if table.identifier else ""
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="bold")
    facts.add_column()
    facts.add_row("Source", escape(meta.name))
    facts.add_row("Rows", f"{meta.rows:,}{_duplicates(meta.duplicates, meta.near_duplicates)}")
    facts.add_row(
        "Columns",
        f"{len(table.numbers)} numbers, {len(table.categories)} categories, "
        f"{len(table.ignored)} left out; target {escape(meta.target)}{escape(identifier)}",
    )
    held_out = f"{meta.test_rows:,} held out" if meta.test_rows else "none held out"
    facts.add_row("Split", f"{meta.train_rows:,} to train on, {held_out} (seed {meta.seed})")
    facts.add_row("SHA-256", meta.sha256)
    console.print(facts)
    console.print()
    _show_missing(dataset, console)
    for name, reason in table.ignored.items():
        console.print(f"Left out: [bold]{escape(name)}[/]: {escape(reason)}", highlight=False)
    for leak in dataset.leaks:
        console.print(f"[bold yellow]Warning:[/] {escape(leak)}", highlight=False)
    for part in dataset.files:
        console.print(f"Wrote data/processed/{part}.parquet", highlight=False)


def _duplicates(equal: int, near: int) -> str:
    found = []
    if equal:
        found.append(f"{equal:,} {'repeats' if equal == 1 else 'repeat'} an earlier one")
    if near:
        found.append(f"{near:,} {'does' if near == 1 else 'do'} so in all columns but one")
    if not found:
        return ""
    return f" ({', '.join(found)}; kept together on one side of the split)"


def _show_missing(dataset: Dataset, console: Console) -> None:
    missing = dataset.missing
    if not missing:
        console.print("No value is missing.")
        return
    rows, total = dataset.meta.rows, sum(missing.values())
    table = Table(
        title=f"Missing values: {total:,} in {len(missing)} columns", title_justify="left"
    )
    table.add_column("Column")
    table.add_column("Missing", justify="right")
    table.add_column("Share", justify="right")
    for name, count in list(missing.items())[:MOST]:
        table.add_row(escape(name), f"{count:,}", f"{count / rows:.1%}")
    if len(missing) > MOST:
        rest = sum(list(missing.values())[MOST:])
        table.add_row(f"{len(missing) - MOST} more columns", f"{rest:,}", "", style="dim")
    console.print(table)
