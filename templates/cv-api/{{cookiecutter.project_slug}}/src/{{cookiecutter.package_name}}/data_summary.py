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
    """Print where the pictures came from, the classes, how they were split, and what was found."""
    meta = dataset.meta
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="bold")
    facts.add_column()
    facts.add_row("Source", escape(meta.name))
    facts.add_row("Pictures", f"{meta.rows:,}")
    for part, title in TITLES.items():
        count = getattr(meta, f"{part}_rows")
        given = "the source's own part" if part in dataset.official else f"seed {meta.seed}"
        drawn = "" if part == "train" or not count else f" ({given})"
        facts.add_row(title.capitalize(), f"{count:,}{drawn}")
    facts.add_row("SHA-256", meta.sha256)
    console.print(facts)
    console.print()
    _show_classes(dataset, console)
    for line in _found(dataset):
        console.print(line, highlight=False, markup=False)
    for part in dataset.files:
        console.print(f"Wrote data/processed/{part}.parquet", highlight=False)


def _show_classes(dataset: Dataset, console: Console) -> None:
    table = Table(title="Pictures of each class", title_justify="left")
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


def _found(dataset: Dataset) -> list[str]:
    """Lines for what is to be known of these data, each with its first examples."""
    meta = dataset.meta
    lines = [*_unreadable(dataset), *_duplicates(dataset)]
    if meta.two_labels:
        stand = "picture stands" if meta.two_labels == 1 else "pictures stand"
        lines.append(
            f"{meta.two_labels:,} {stand} with two classes, itself or its near duplicates; no "
            "model can be right about both."
        )
        lines += _indented(dataset.two_labels, meta.two_labels)
    used = meta.train_rows + meta.validation_rows + meta.test_rows
    left = meta.rows - meta.across - used
    if left:
        lines.append(f"{left:,} {_was(left)} left out: data.max_rows of a part are used.")
    return lines


def _unreadable(dataset: Dataset) -> list[str]:
    lines = []
    count = dataset.meta.unreadable
    if count:
        cannot = "file cannot" if count == 1 else "files cannot"
        lines.append(
            f"{count:,} {cannot} be read and {_was(count)} left out "
            "(data/processed/unreadable.txt has all of them):"
        )
        lines += _indented(dataset.unreadable, count)
    if dataset.foreign:
        lie = "file that is no picture lies" if dataset.foreign == 1 else "files that are none lie"
        lines.append(f"{dataset.foreign:,} {lie} beside the pictures, by the ending of the name.")
    return lines


def _duplicates(dataset: Dataset) -> list[str]:
    meta: Meta = dataset.meta
    lines = []
    if meta.duplicates:
        repeat = "picture nearly repeats" if meta.duplicates == 1 else "pictures nearly repeat"
        lines.append(
            f"{meta.duplicates:,} {repeat} an earlier one; such pictures stay in one part."
        )
    if meta.across:
        lines.append(
            f"{meta.across:,} of them stood in a later part than the other and "
            f"{_was(meta.across)} taken out of it, so that nothing is measured on what was trained "
            "on."
        )
    return lines + _indented(dataset.pairs, meta.duplicates) if lines else []


def _indented(examples: tuple[str, ...], count: int) -> list[str]:
    more = [f"  and {count - len(examples):,} more"] if count > len(examples) else []
    return [*(f"  {example}" for example in examples), *more]


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
