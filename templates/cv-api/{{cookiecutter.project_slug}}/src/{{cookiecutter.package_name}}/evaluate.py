"""Measure the served model on the held-out pictures.

No other step opens them, but for the comparison of a new model with the champion. Each look at them
that leads to a change makes their figures a little too good; so the report says how often this
model has been measured on them, that comparison included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import tracking
from .api.predictor import Predictor
from .asking import Asked, ask, pixels_of
from .config import Params
from .data import ImageData, load_test, load_train
from .error_grid import as_csv, as_figure, as_page, for_documents, surest_mistakes
from .errors import UserError
from .evaluate_figures import risk_figure, robustness_figure, strangers_figure
from .evaluate_summary import show as show
from .held_out_classes import CONFIDENCE
from .held_out_section import HeldOut, as_png, baselines, draw, in_common, measure, surest
from .image_slices import slices
from .metrics_file import METRICS, MODELS, read_metrics, write_held_out
from .report import PROJECT
from .robustness import robustness
from .selective import selective
from .training_rows import held_out_rows, trained_rows
from .unfamiliar import out_of_distribution

ERRORS_TABLE, ERRORS_PAGE = Path("reports/errors.csv"), Path("reports/errors.html")
ERRORS = "held-out-errors"
LOGISTIC = "logistic"


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found: the sections of reports/metrics.json, and the files beside it."""

    metrics: dict[str, Any]
    files: tuple[Path, ...]


def evaluate(params: Params) -> Evaluation:
    """Measure models/ on the held-out pictures; writes `held_out` in reports/metrics.json, figures,
    and the surest mistakes.

    Raises UserError if there are no such pictures, or if the model was trained on other data.
    """
    predictor = Predictor.load(MODELS)
    manifest = predictor.manifest
    trained = read_metrics(manifest)
    name = f"evaluate {manifest.name}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "evaluate"}) as run:
        test = held_out_rows(manifest, MODELS, load_test(params))
        if len(test.labels) < 2:
            raise UserError(
                "One picture alone is held out, of which nothing can be said. Set data.test_size "
                "higher, or put more pictures into data.test_path, and run `train` again."
            )
        train = trained_rows(manifest, MODELS, load_train(params))
        asked = ask(predictor, test.pictures, f"Measuring {manifest.name}")
        held = _held(predictor, train, test, asked)
        found, written = _measure(params, predictor, test, asked, held, trained)
        metrics = write_held_out(manifest, found, written)
        run.log_params({"version": manifest.version, "data_sha256": test.meta.sha256})
        run.log_metrics(
            {f"held_out/{key}": each["value"] for key, each in found["metrics"].items()}
            | {
                "held_out/ece": found["calibration"]["ece_after"],
                "held_out/corrupted": found["robustness"]["mean"],
            }
        )
        # The pictures of the mistakes stay here: they may show people.
        figures = [path for path in written if path.suffix == ".png"]
        run.log_files([METRICS, *(path for path in figures if path.stem != ERRORS)], "reports")
    return Evaluation(metrics, tuple(written))


def _held(predictor: Predictor, train: ImageData, test: ImageData, asked: Asked) -> HeldOut:
    """What the model and the baselines say of the held-out pictures."""
    manifest = predictor.manifest
    return HeldOut(
        target=test.labels,
        classes=test.classes,
        logits=asked.logits,
        temperature=float(manifest.settings["temperature"]),
        baselines=baselines(
            manifest,
            LOGISTIC,
            train.labels,
            len(test.labels),
            lambda baseline: baseline.predict(pixels_of(predictor, test.pictures)),
        ),
        data=test.meta.name,
        rows="pictures",
    )


def _measure(
    params: Params,
    predictor: Predictor,
    test: ImageData,
    asked: Asked,
    held: HeldOut,
    trained: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[Path, bytes]]:
    """The section of metrics.json, and what is written beside it.

    trained: the sections that `train` wrote.
    """
    manifest, seed = predictor.manifest, params.data.seed
    parts = slices(asked)
    found = measure(held, parts, params.evaluate.bootstrap, seed, version=manifest.version)
    found["robustness"] = _made_worse(params, predictor, test)
    found["answers"] = selective(
        confidence=held.probabilities.max(axis=1),
        right=held.predicted == held.target,
        sure=asked.sure,
        interval=CONFIDENCE,
        asked=trained["answer"]["asked"],
        threshold=float(manifest.settings["threshold"]["confidence"]),
    )
    found["out_of_distribution"] = out_of_distribution(predictor, asked, params.data.source, seed)
    rows = surest(held, params.evaluate.errors)
    mistakes = surest_mistakes(test, held.probabilities, rows, predictor.read)
    found |= {
        "listed": len(mistakes),
        "worst": for_documents(mistakes),
        "worst_in_common": in_common(held, parts, rows),
    }
    drawn = {
        **draw(held, found),
        "held-out-robustness": robustness_figure(found["robustness"], held.data),
        "held-out-answers": risk_figure(found["answers"], held.data),
        "held-out-unfamiliar": strangers_figure(found["out_of_distribution"], held.data),
    }
    if mistakes:
        drawn[ERRORS] = as_figure(mistakes, held.data, found["wrong"], found["rows"])
    page = as_page(mistakes, manifest, test, found["wrong"], found["evaluated"])
    written = {
        **as_png(drawn),
        ERRORS_TABLE: as_csv(mistakes).encode("utf-8", "replace"),
        ERRORS_PAGE: page.encode("utf-8", "replace"),
    }
    return found, written


def _made_worse(params: Params, predictor: Predictor, test: ImageData) -> dict[str, Any]:
    """The robustness on some of the held-out pictures, drawn at random."""
    count, most = len(test.labels), params.evaluate.corrupted
    rows = np.arange(count)
    if most is not None and most < count:
        drawn = np.random.default_rng(params.data.seed).choice(count, most, replace=False)
        rows = np.sort(drawn)
    some = test.take(rows)
    pixels = pixels_of(predictor, some.pictures)
    return robustness(predictor, pixels, some.labels, params.data.seed)
