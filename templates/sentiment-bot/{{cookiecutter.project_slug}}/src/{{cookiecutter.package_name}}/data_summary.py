"""What the `data` command shows on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from .data import Dataset, Meta

TITLES = {"train": "to train on", "validation": "to choose by", "test": "held out"}


def show(dataset: Dataset, console: Console) -> None:
    """Print where the texts came from, the classes, how they were split, and what was found."""
    meta = dataset.meta
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="bold")
    facts.add_column()
    facts.add_row("Source", escape(meta.name))
    facts.add_row("Texts", f"{meta.rows:,}")
    for part, title in TITLES.items():
        count = getattr(meta, f"{part}_rows")
        given = "the source's own part" if part in dataset.official else f"seed {meta.seed}"
        drawn = "" if part == "train" or not count else f" ({given})"
        facts.add_row(title.capitalize(), f"{count:,}{drawn}")
    facts.add_row("SHA-256", meta.sha256)
    console.print(facts)
    console.print()
    _show_classes(dataset, console)
    for line in _found(meta):
        console.print(line, highlight=False, markup=False)
    for text in dataset.two_labels:
        console.print(f"  {text}", highlight=False, markup=False)
    for part in dataset.files:
        console.print(f"Wrote data/processed/{part}.parquet", highlight=False)


def _show_classes(dataset: Dataset, console: Console) -> None:
    table = Table(title="Texts of each class", title_justify="left")
    table.add_column("Class")
    for part in dataset.counts:
        table.add_column(TITLES[part].capitalize(), justify="right")
    table.add_column("Share", justify="right")
    total = sum(sum(counts.values()) for counts in dataset.counts.values())
    for name in dataset.meta.classes:
        counts = [dataset.counts[part][name] for part in dataset.counts]
        cells = [f"{count:,}" for count in counts]
        table.add_row(escape(name), *cells, f"{sum(counts) / total:.1%}")
    console.print(table)


def _found(meta: Meta) -> list[str]:
    """A line for each finding about duplicates."""
    lines = []
    if meta.duplicates:
        repeat = "text repeats" if meta.duplicates == 1 else "texts repeat"
        lines.append(
            f"{meta.duplicates:,} {repeat} an earlier one; a text and its repeats stay in one part."
        )
    if meta.across:
        stood = "text stood" if meta.across == 1 else "texts stood"
        lines.append(
            f"{meta.across:,} {stood} in two of the source's parts and {_was(meta.across)} taken "
            "out of the later one, so that nothing is measured on what was trained on."
        )
    if meta.two_labels:
        stand = "text stands" if meta.two_labels == 1 else "texts stand"
        lines.append(
            f"{meta.two_labels:,} {stand} with two labels; no model can be right about both."
        )
    left = meta.rows - meta.across - meta.train_rows - meta.validation_rows - meta.test_rows
    if left:
        lines.append(f"{left:,} {_was(left)} left out: data.max_rows of a part are used.")
    return lines


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
