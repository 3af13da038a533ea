"""What the `evaluate` command of a classifier shows on the terminal. Takes section `held_out`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .report_words import times
from .slices import called, clearly_worse


def show_scores(metrics: Mapping[str, Any], rows: str, console: Console) -> None:
    """Print the figures with their intervals, each class, and what stands out.

    metrics: reports/metrics.json. rows: what a row is, in the plural.
    """
    name, found = metrics["model"], metrics["held_out"]
    console.print(
        f"{metrics['data']['name']}: {found['rows']:,} held-out {rows}",
        highlight=False,
        markup=False,
    )
    console.print(scores_table(name, found))
    console.print(class_table(found, rows))
    lines = [
        *(against_line(name, other, each, rows) for other, each in found["against"].items()),
        calibration_line(found),
        slices_line(found, rows),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False)


def show_written(
    metrics: Mapping[str, Any], files: Sequence[Path], rows: str, console: Console
) -> None:
    """Print how often the held-out rows have been opened, and what was written."""
    named = ", ".join(path.as_posix() for path in files if path.suffix != ".png")
    drawn = [path for path in files if path.suffix == ".png"]
    console.print(
        f"The held-out {rows} have been opened {times(metrics['held_out']['opened'])} for this "
        f"model. Wrote reports/metrics.json, {named} and {len(drawn)} figures to "
        f"{drawn[0].parent.as_posix()}.",
        highlight=False,
    )


def scores_table(name: str, found: Mapping[str, Any]) -> Table:
    """A line per metric: the baselines, the model of that name, and the model's interval."""
    table = plain_table()
    scores = {**found["baselines"], name: found["metrics"]}
    table.add_column("")
    for heading in (*scores, f"{found['confidence']:.0%} interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    for metric, own in found["metrics"].items():
        values = [f"{each[metric]['value']:.4f}" for each in scores.values()]
        table.add_row(metric, *values, f"{own['low']:.4f} – {own['high']:.4f}")
    lift = [f"{found['lift'][each]:+.4f}" if each in found["lift"] else "" for each in scores]
    table.add_row(f"lift of {name}", *lift, "")
    return table


def class_table(found: Mapping[str, Any], rows: str) -> Table:
    """A line per class. rows: what a row is, in the plural."""
    table = plain_table()
    table.add_column("class")
    for heading in ("precision", "recall", "F1", "interval", rows):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found["per_class"]:
        shown = [_or_dash(each[key]) for key in ("precision", "recall", "f1")]
        ends = f"{each['low']:.4f} – {each['high']:.4f}" if "low" in each else "–"
        table.add_row(Text(each["class"]), *shown, ends, f"{each['support']:,}")
    return table


def against_line(name: str, baseline: str, found: Mapping[str, Any], rows: str) -> str:
    """The model against a baseline, in a sentence. found: its entry in `against`."""
    lift = found["lift"]
    return (
        f"{name} against {baseline}: macro-F1 {lift['value']:+.4f} ({lift['low']:+.4f} to "
        f"{lift['high']:+.4f}); only {name} is right on {found['only_model_right']:,} {rows}, only "
        f"{baseline} on {found['only_baseline_right']:,} (McNemar's test, mid-p: "
        f"p = {found['p_value']:.2g})."
    )


def calibration_line(found: Mapping[str, Any]) -> str:
    """The calibration error before and after temperature scaling."""
    scale = found["calibration"]
    return (
        f"Calibration error {scale['ece_before']:.1%} as trained, {scale['ece_after']:.1%} with "
        f"temperature {scale['temperature']:.2f}."
    )


def slices_line(found: Mapping[str, Any], rows: str) -> str:
    """Which slices stand out."""
    if not found["slices"]:
        return f"No part of the {rows} is large enough to be measured by itself."
    overall = found["metrics"][found["slices"][0]["metric"]]["value"]
    worse = clearly_worse(found["slices"], overall, lower_is_better=False)
    count = f"{len(found['slices'])} slices"
    if not worse:
        return f"None of {count} is clearly worse than all {rows} together."
    named = ", ".join(f"{called(each)} ({each['error']:.4f})" for each in worse)
    return f"Of {count}, clearly worse than all {rows} together: {named}."


def plain_table() -> Table:
    """An empty table in the commands' look."""
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _or_dash(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
