"""The ladder of a classifier's models as a table on the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table


def ladder_table(metrics: dict[str, Any], rows: str) -> Table:
    """The models of reports/metrics.json on the validation rows, simplest first.

    rows: what the data are made of, such as "texts".
    """
    found = metrics["validation"]
    table = Table(
        title=f"{metrics['data']['name']}: {found['rows']:,} validation {rows}, "
        f"seed {found['seed']}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("model", no_wrap=True)
    for heading in ("macro-F1", "vs the one before", "accuracy", "train s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, score in found["models"].items():
        table.add_row(
            name,
            f"{score['macro_f1']['overall']:.4f}",
            f"{score['lift']:+.4f}" if "lift" in score else "",
            f"{score['accuracy']['overall']:.4f}",
            f"{score['seconds']:.1f}",
            style="bold" if name == metrics["model"] else None,
        )
    return table
