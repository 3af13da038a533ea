"""New labelled rows in, a new model out; it takes the champion's place only if it is better.

A run that is killed loses nothing: rows are added in one step, models/ follows the champion alone,
and the next run sees from the registry that a model for these rows is still to be made.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from . import new_rows, tracking
from .artifacts import (
    MANIFEST,
    atomic_path,
    publish,
    read_manifest,
    staging_folder,
    verify,
    write_json,
    write_text,
)
from .challenge import summary
from .config import Params
from .data import load_train
from .errors import UserError
from .labelled_rows import NewRows
from .promotion import figure
from .registry import CHAMPION, DATA, REPORTS, SERVING, VERSION, Registered, Registry
from .train import FIGURE, METRICS, MODELS, PROJECT, Built, build, put_in_place, register

REPORT = Path("reports/retraining.md")
COLUMNS = (
    "date (UTC)",
    "rows before",
    "new rows",
    "data",
    "challenger",
    "champion",
    "metric",
    "challenger's",
    "champion's",
    "difference (95 % interval)",
    "decision",
    "reason",
)
HEADING = """# Retraining

One line for each run of `retrain`. The difference is the challenger's figure less the champion's on
the same held-out rows. Of an error, such as RMSE, the lower is better; of a score, such as
macro-F1, the higher.

"""


@dataclass(frozen=True)
class Retraining:
    """What `retrain` did."""

    rows: NewRows
    promotion: dict[str, Any] | None
    """As in reports/metrics.json; None if there was nothing to train on."""
    notes: tuple[str, ...]


def retrain(params: Params, *, force: bool = False) -> Retraining:
    """Add the new rows, train on all, and promote the model or not; writes reports/retraining.md.

    force: train even if the registry has a model of these very rows. Rows that were held out stay
    held out. Raises UserError for a bad row, or a server that cannot be used.
    """
    if not params.tracking.enabled:
        raise UserError(
            "retrain compares with the champion in MLflow's registry, and tracking.enabled is "
            "false. Set it to true, or use `train`."
        )
    uri = tracking.tracking_uri(params.tracking.uri)
    tracking.check_reachable(uri)
    registry = Registry(params.registry.name or PROJECT, uri)
    rows = new_rows.add(params)
    data = load_train(params)
    sha256 = data.meta.sha256
    if registry.tagged(DATA, sha256) and not force:
        reason = "no new rows since the last registered model"
        result = Retraining(rows, None, (reason, *follow(registry)))
        _write_line(rows, sha256, {"decision": "nothing to do", "reason": reason})
        return result
    notes: tuple[str, ...] = ()
    if not rows.added and not force:
        notes = ("The registry has no model of these rows yet, so one was trained.",)
    promotion = _train(params, partial(build, params, data), registry, uri)
    if promotion["decision"] == "kept":
        notes += follow(registry)
        _count_opening(promotion)
    _write_line(rows, sha256, promotion)
    return Retraining(rows, promotion, notes)


def _train(
    params: Params, build_into: Callable[[Path], Built], registry: Registry, uri: str
) -> dict[str, Any]:
    """Train into a folder of its own; put the model in place if it becomes the champion."""
    name = f"retrain {params.train.model}"
    with (
        tracking.start_run(params.tracking, PROJECT, name, {"step": "retrain"}) as run,
        staging_folder(MODELS) as staging,
    ):
        run.log_params(params.model_dump(mode="json"))
        built = build_into(staging)
        metrics = register(run, uri, params, built)
        if metrics["promotion"]["decision"] == "promoted":
            put_in_place(replace(built, metrics=metrics))
    promotion: dict[str, Any] = metrics["promotion"]
    return promotion


def follow(registry: Registry) -> tuple[str, ...]:
    """Make the champion the model in models/, if another one is there. Returns what to say of it.

    A model there that the registry does not have is left alone: it exists nowhere else.
    """
    champion = registry.alias(CHAMPION)
    current = read_manifest(MODELS).version if (MODELS / MANIFEST).is_file() else None
    if champion is None or current == champion.version:
        return ()
    if current is not None and not registry.tagged(VERSION, current):
        return (
            f"{MODELS}/ holds {current}, which is not registered; it was left there. The champion "
            f"is {champion.version}.",
        )
    _fetch(registry, champion)
    return (f"{MODELS}/ and {METRICS} are the champion's again ({champion.version}).",)


def _fetch(registry: Registry, champion: Registered) -> None:
    with staging_folder(MODELS) as staging:
        folder = registry.download(champion, SERVING, staging)
        verify(folder, tuple(read_manifest(folder).artifacts))
        reports = registry.download(champion, REPORTS, staging)
        with atomic_path(METRICS) as metrics, atomic_path(FIGURE) as drawn:
            metrics.write_bytes((reports / METRICS.name).read_bytes())
            drawn.write_bytes((reports / FIGURE.name).read_bytes())
            publish(folder, MODELS)


def _count_opening(promotion: dict[str, Any]) -> None:
    """The champion was measured on the held-out rows once more: its report says so."""
    if not METRICS.is_file() or promotion["champion"] is None:
        return
    metrics = json.loads(METRICS.read_bytes())
    if metrics.get("version") != promotion["champion"]["version"]:
        return
    for section in ("promotion", "held_out"):
        if section in metrics:
            metrics[section]["opened"] = metrics[section].get("opened", 0) + promotion["opened"]
    write_json(METRICS, metrics)


def _write_line(rows: NewRows, sha256: str, promotion: dict[str, Any]) -> None:
    """Add one line to the report, whole or not at all."""
    head = f"{HEADING}| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n"
    text = REPORT.read_text(encoding="utf-8") if REPORT.is_file() else head
    champion, challenger = promotion.get("champion"), promotion.get("challenger")
    cells = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        f"{rows.before:,}",
        f"{rows.added:,}",
        sha256[:12],
        challenger["version"] if challenger else "",
        champion["version"] if champion else "",
        promotion.get("metric", ""),
        figure(promotion["challenger"]["value"]) if "difference" in promotion else "",
        figure(promotion["champion"]["value"]) if "difference" in promotion else "",
        _difference(promotion),
        promotion["decision"],
        promotion["reason"],
    )
    line = " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    write_text(REPORT, f"{text.rstrip()}\n| {line} |\n")


def _difference(promotion: dict[str, Any]) -> str:
    if "difference" not in promotion:
        return ""
    difference, low, high = (
        figure(promotion[name], sign=True) for name in ("difference", "low", "high")
    )
    return f"{difference} ({low} to {high})"


def show(result: Retraining, console: Console) -> None:
    """Say what was added, what was trained, and who is champion."""
    rows = result.rows
    known = f"; {rows.known:,} were known already" if rows.known else ""
    lines = [f"{rows.added:,} new rows beside {rows.before:,}{known}.", *result.notes]
    if result.promotion:
        lines.append(summary(result.promotion))
    lines.append(f"Wrote {REPORT}.")
    for line in lines:
        console.print(line, highlight=False, markup=False)
