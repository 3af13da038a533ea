"""Measure the trained model on the held-out rows.

No other step opens them, but for the comparison of a new model with the champion. Each look at them
that leads to a change makes their figures a little too good; so the report says how often this
model has been measured on them, that comparison included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from rich import box
from rich.console import Console
from rich.table import Table
from sklearn.pipeline import Pipeline

from . import evaluate_figures as figures
from . import tracking
from .artifacts import Manifest, read_manifest, verify
from .config import Params
from .data import TableData, load_test, load_train
from .eda_figures import Units
from .errors import UserError
from .held_out import CONFIDENCE, coverage, coverage_by_price, slice_errors, with_confidence
from .house_slices import Measured
from .metrics import headline
from .metrics_file import METRICS, MODELS, read_metrics, write_held_out
from .models import BASELINES, build_model
from .plotting import to_png
from .progress import CONSOLE
from .report_words import times
from .slices import called, clearly_worse
from .slices_figure import slices_figure
from .target import forward, inverse
from .train import PICKLED, PROJECT
from .training_rows import held_out_rows, trained_rows
from .worst_rows import in_common, worst_rows

Array = npt.NDArray[np.float64]

FIGURES = Path("reports/figures")


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found: the sections of reports/metrics.json, and the figures it drew."""

    metrics: dict[str, Any]
    figures: tuple[Path, ...]


@dataclass(frozen=True)
class _Prices:
    """The model's answers on the held-out rows, all of shape (n,), in the target's unit."""

    target: Array
    prediction: Array
    lower: Array
    upper: Array


def evaluate(params: Params) -> Evaluation:
    """Measure models/ on the held-out rows; writes `held_out` in reports/metrics.json, and figures.

    Raises UserError if there are no such rows, or if the model was trained on other data.
    """
    manifest = verify(MODELS, ("model.joblib",), same=PICKLED)
    read_metrics(manifest)  # before the long part: is there a file to add to?
    name = f"evaluate {manifest.name}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "evaluate"}) as run:
        test = held_out_rows(manifest, MODELS, load_test(params))
        if len(test.target) < 2:
            raise UserError(
                "One row alone is held out, of which nothing can be said. Set data.test_size "
                "higher and run `train` again."
            )
        trained = trained_rows(manifest, MODELS, load_train(params))
        with CONSOLE.status(f"Measuring {manifest.name} on {len(test.target):,} held-out rows"):
            prices = _predict(joblib.load(MODELS / "model.joblib"), manifest, test)
            baselines = _baselines(params, manifest, trained, test)
            measured = Measured.of(test, prices.prediction, trained)
            found = _measure(params, manifest, test, prices, baselines, measured)
            drawn = _draw(prices, found, test)
        metrics = write_held_out(manifest, found, drawn)
        paths = list(drawn)
        run.log_params({"version": manifest.version, "data_sha256": test.meta.sha256})
        run.log_metrics(
            {f"held_out/{key}": each["value"] for key, each in found["metrics"].items()}
            | {"held_out/coverage": found["interval"]["measured"]}
        )
        run.log_files([METRICS, *paths], "reports")
    return Evaluation(metrics, tuple(paths))


def _predict(model: Pipeline, manifest: Manifest, rows: TableData) -> _Prices:
    log_target = manifest.settings["target_transform"] == "log"
    raw = np.asarray(model.predict(rows.frame), dtype=np.float64)
    width = float(manifest.settings["interval_halfwidth"])
    return _Prices(
        target=np.asarray(rows.target, dtype=np.float64),
        prediction=inverse(raw, log_target),
        lower=inverse(raw - width, log_target),
        upper=inverse(raw + width, log_target),
    )


def _baselines(
    params: Params, manifest: Manifest, train: TableData, test: TableData
) -> dict[str, Array]:
    """The baselines' prices for the held-out rows, (n,) each; fitted on the model's own rows."""
    log_target = manifest.settings["target_transform"] == "log"
    target = forward(train.target.to_numpy(), log_target)
    found = {}
    for name in BASELINES:
        model = build_model(name, train.schema, params.hyperparameters(name), params.data.seed).fit(
            train.frame, target
        )
        found[name] = inverse(model.predict(test.frame), log_target)
    return found


def _measure(
    params: Params,
    manifest: Manifest,
    test: TableData,
    prices: _Prices,
    baselines: dict[str, Array],
    rows: Measured,
) -> dict[str, Any]:
    resamples, seed = params.evaluate.bootstrap, params.data.seed
    scores = {
        name: with_confidence(prices.target, prediction, resamples, seed)
        for name, prediction in {**baselines, manifest.name: prices.prediction}.items()
    }
    own = scores[manifest.name]
    metric = headline(own)
    return {
        "version": manifest.version,
        "evaluated": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": len(prices.target),
        "metrics": own,
        "confidence": CONFIDENCE,
        "bootstrap": resamples,
        "baselines": {name: scores[name] for name in BASELINES},
        "lift": {
            name: 1.0 - own[metric]["value"] / scores[name][metric]["value"]
            for name in BASELINES
            if metric in scores[name]
        },
        "interval": {
            "coverage": manifest.settings["coverage"],
            **coverage(prices.target, prices.lower, prices.upper),
            "by_price": coverage_by_price(
                prices.target, prices.prediction, prices.lower, prices.upper
            ),
        },
        "slices": slice_errors(rows, prices.target, metric, resamples, seed),
        "worst": worst_rows(test, prices.prediction, prices.lower, prices.upper, rows.strongest),
        "worst_in_common": in_common(test, prices.prediction),
    }


def _draw(prices: _Prices, found: dict[str, Any], test: TableData) -> dict[Path, bytes]:
    """The figures as PNG, by the paths that they are written to."""
    look = figures.Look(Units.of(test), test.schema.target, test.meta.name)
    drawn = {
        "held-out-predictions": figures.predictions_figure(
            prices.target, prices.prediction, prices.lower, prices.upper, look
        ),
        "held-out-residuals": figures.residuals_figure(prices.target, prices.prediction, look),
        "held-out-coverage": figures.coverage_figure(found["interval"], look),
    }
    if found["slices"]:
        metric = found["slices"][0]["metric"]
        drawn["held-out-slices"] = slices_figure(
            found["slices"],
            found["metrics"][metric]["value"],
            f"{metric}, with its {CONFIDENCE:.0%} interval",
            look.data,
        )
    return {FIGURES / f"{key}.png": to_png(figure) for key, figure in drawn.items()}


def show(result: Evaluation, console: Console) -> None:
    """Print the figures with their intervals, the coverage and the largest errors."""
    data, found = result.metrics["data"], result.metrics["held_out"]
    name = read_manifest(MODELS).name
    console.print(f"{data['name']}: {found['rows']:,} held-out rows", highlight=False, markup=False)
    console.print(_scores_table(name, found))
    interval = found["interval"]
    parts = ", ".join(f"{band['measured']:.0%}" for band in interval["by_price"])
    console.print(
        f"The {interval['coverage']:.0%} interval covers {interval['measured']:.1%} "
        f"({interval['low']:.1%} to {interval['high']:.1%}); by third of the predicted price, "
        f"cheapest first: {parts}. Mean width: {_number(interval['mean_width'])}.",
        highlight=False,
    )
    console.print(_slices_line(found), highlight=False, markup=False)
    console.print("Largest errors:")
    console.print(_worst_table(found["worst"]))
    console.print(
        f"The held-out rows have been opened {times(found['opened'])} for this model. "
        f"Wrote {METRICS} and {len(result.figures)} figures to {FIGURES}.",
        highlight=False,
    )


def _scores_table(name: str, found: dict[str, Any]) -> Table:
    """A line per metric: the baselines, the model, and the model's interval."""
    table = _table()
    scores = {**found["baselines"], name: found["metrics"]}
    table.add_column("")
    for heading in (*scores, f"{found['confidence']:.0%} interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    for metric in ("rmse_log", "mae_log", "rmse", "mae", "r2"):
        own = found["metrics"].get(metric)
        if own is None:
            continue
        values = [
            _number(each[metric]["value"]) if metric in each else "" for each in scores.values()
        ]
        table.add_row(metric, *values, f"{_number(own['low'])} – {_number(own['high'])}")
    lift = [f"{found['lift'][each]:+.1%}" if each in found["lift"] else "" for each in scores]
    table.add_row(f"lift of {name}", *lift, "")
    return table


def _slices_line(found: dict[str, Any]) -> str:
    if not found["slices"]:
        return "No part of the rows is large enough to be measured by itself."
    overall = found["metrics"][found["slices"][0]["metric"]]["value"]
    worse = clearly_worse(found["slices"], overall)
    count = f"{len(found['slices'])} slices"
    if not worse:
        return f"None of {count} is clearly worse than all rows together."
    named = ", ".join(f"{called(each)} ({_number(each['error'])})" for each in worse)
    return f"Of {count}, clearly worse than all rows together: {named}."


def _worst_table(worst: list[dict[str, Any]]) -> Table:
    relative = "relative_error" in worst[0]
    table = _table()
    for heading in ("line of the file", "true", "predicted", "interval", "error"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in worst[:5]:
        error = f"{row['relative_error']:+.0%}" if relative else f"{row['error']:+,.4g}"
        table.add_row(
            f"{row['line']:.0f}",
            _number(row["target"]),
            _number(row["prediction"]),
            f"{_number(row['lower'])} – {_number(row['upper'])}",
            error,
        )
    return table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"
