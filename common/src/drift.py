"""Compare what the service is asked with what its model was trained on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from . import prediction_log, reference
from .artifacts import write_json, write_text
from .config import Params
from .drift_classifier import DomainDrift, tell_apart
from .drift_report import render
from .drift_result import DriftResult
from .drift_sample import Logged
from .drift_tests import ColumnDrift, compare_columns
from .errors import UserError
from .prediction_log import Record
from .progress import CONSOLE
from .sections import DriftParams

MODELS = Path("models")
REPORT = Path("reports/drift.json")
PAGE = Path("reports/drift.html")
SHOWN = 10


def drift(params: Params) -> DriftResult:
    """Compare the log with the reference; write reports/drift.json and reports/drift.html.

    Raises UserError, and writes nothing, if there is no model, no log, or too little in it.
    """
    settings = params.drift
    trained = reference.read(MODELS)
    now = datetime.now(UTC)
    records, total = _recent(settings, now, params.data.seed)
    row = trained.sample.words.row
    with CONSOLE.status(f"Comparing {len(records):,} logged {row}s with the training {row}s"):
        logged, columns, domain = compare(trained, records, settings, params.data.seed)
    result = DriftResult(
        checked=now,
        model=trained.version,
        reference=trained.sample,
        logged=logged.sample,
        logged_rows=total,
        first=records[0].at,
        last=records[-1].at,
        versions=logged.versions,
        repeated=logged.repeated,
        skipped=logged.skipped,
        columns=columns,
        domain=domain,
        settings=settings.model_dump(mode="json"),
    )
    with CONSOLE.status("Drawing the report"):
        write_text(PAGE, render(result))
    write_json(REPORT, result.document())
    return result


def compare(
    trained: reference.Reference, records: Sequence[Record], settings: DriftParams, seed: int
) -> tuple[Logged, list[ColumnDrift], DomainDrift]:
    """The logged rows as columns, the verdict on each column, and that on all of them together.

    Half of drift.alpha goes to the columns and half to the classifier, so that both together give
    a false alarm in at most that share of the checks. Raises UserError if no column is left.
    """
    logged = reference.logged(records, trained, settings.min_rows)
    if logged.sample.frame.columns.empty:
        raise UserError(
            f"{settings.log}: no {trained.sample.words.column} of the model is in every row. "
            "Serve with fewer columns in APP_PREDICTION_LOG_LEAVE_OUT, or set drift.since_days to "
            "pass over older rows."
        )
    samples, alpha = (trained.sample, logged.sample), settings.alpha / 2
    columns = compare_columns(*samples, alpha, settings.min_distance)
    return logged, columns, tell_apart(*samples, alpha, settings.min_auc, seed)


def _recent(settings: DriftParams, now: datetime, seed: int) -> tuple[list[Record], int]:
    """The rows to compare, and how many there are in the period."""
    folder, days = Path(settings.log), settings.since_days
    since = now - timedelta(days=days) if days else None
    records, total = draw(prediction_log.read(folder, since), settings.max_rows, seed)
    if total < settings.min_rows:
        period = f" of the last {days:g} days" if days else ""
        rows = "row" if total == 1 else "rows"
        raise UserError(
            f"{folder}: {total:,} {rows}{period}, {settings.min_rows:,} are needed for a verdict. "
            "Wait for more requests, or set drift.since_days or drift.min_rows."
        )
    return records, total


def draw(records: Iterable[Record], most: int, seed: int) -> tuple[list[Record], int]:
    """At most `most` of the records, each with the same chance, oldest first; and how many came.

    Reservoir sampling (Vitter 1985, algorithm R): a log of any size goes through little memory.
    """
    rng = random.Random(seed)
    kept: list[tuple[int, Record]] = []
    total = 0
    for total, record in enumerate(records, start=1):
        if len(kept) < most:
            kept.append((total, record))
        elif (place := rng.randrange(total)) < most:
            kept[place] = (total, record)
    return [record for _, record in sorted(kept, key=lambda each: each[0])], total


def show(result: DriftResult, console: Console) -> None:
    """Print the verdict, the columns that drifted, and where the report is."""
    drifted, words = [column for column in result.columns if column.drifted], result.words
    if drifted:
        console.print(_table(drifted[:SHOWN], words.column))
        if len(drifted) > SHOWN:
            console.print(f"... and {len(drifted) - SHOWN} more.")
    for name, reason in result.skipped.items():
        _say(console, f"Not compared: {name}: {reason}.")
    telling = ", ".join(list(result.domain.importance)[:5])
    tell = f" (by {telling})" if telling else ""
    _say(
        console,
        f"All {words.column}s together: AUC {result.domain.auc:.3f}, "
        f"p {result.domain.p_value:.2g}; "
        f"{'told apart' + tell if result.domain.drifted else 'not told apart'}.",
    )
    verdict = "Drift" if result.drifted else "No drift"
    _say(
        console,
        f"{verdict}: {len(drifted)} of {len(result.columns)} {words.column}s, "
        f"{result.logged_rows:,} logged {words.row}s against {len(result.reference.frame):,} "
        f"training {words.row}s.",
    )
    _say(console, f"Wrote {PAGE} and {REPORT}")


def _table(columns: list[ColumnDrift], noun: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(f"drifted {noun}", no_wrap=True)
    table.add_column("change")
    table.add_column("distance", justify="right")
    table.add_column("q", justify="right")
    for column in columns:
        table.add_row(
            escape(column.name),
            escape(column.change),
            f"{column.distance:.2f}",
            f"{column.q_value:.1g}",
        )
    return table


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)
