"""Measure the served model on the held-out texts.

No other step opens them, but for the comparison of a new model with the champion. Each look at them
that leads to a change makes their figures a little too good; so the report says how often this
model has been measured on them, that comparison included.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import tracking
from .api.predictor import Predictor
from .artifacts import Manifest
from .cleaning import Cleaning
from .config import Params
from .data import TextData, load_test, load_train
from .error_list import as_csv, as_page, for_documents, surest_mistakes
from .errors import UserError
from .evaluate_summary import show as show
from .held_out_section import HeldOut, as_png, baselines, draw, in_common, measure, surest
from .metrics_file import METRICS, MODELS, read_metrics, write_held_out
from .progress import CONSOLE
from .report import PROJECT
from .text_slices import Measured, slices
from .training_rows import held_out_rows, trained_rows

ERRORS_TABLE, ERRORS_PAGE = Path("reports/errors.csv"), Path("reports/errors.html")
TFIDF = "tfidf"


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found: the sections of reports/metrics.json, and the files beside it."""

    metrics: dict[str, Any]
    files: tuple[Path, ...]


def evaluate(params: Params) -> Evaluation:
    """Measure models/ on the held-out texts; writes `held_out` in reports/metrics.json, figures,
    and the surest mistakes.

    Raises UserError if there are no such texts, or if the model was trained on other data.
    """
    predictor = Predictor.load(MODELS)
    manifest = predictor.manifest
    metrics = read_metrics(manifest)  # before the long part: is there a file to add to?
    name = f"evaluate {manifest.name}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "evaluate"}) as run:
        test = held_out_rows(manifest, MODELS, load_test(params))
        if len(test.texts) < 2:
            raise UserError(
                "One text alone is held out, of which nothing can be said. Set data.test_size "
                "higher, or name more texts in data.test_path, and run `train` again."
            )
        train = trained_rows(manifest, MODELS, load_train(params))
        with CONSOLE.status(f"Measuring {manifest.name} on {len(test.texts):,} held-out texts"):
            held = _ask(predictor, train, test)
            found, written = _measure(params, manifest, train, test, held)
        metrics = write_held_out(manifest, found, written)
        run.log_params({"version": manifest.version, "data_sha256": test.meta.sha256})
        run.log_metrics(
            {f"held_out/{key}": each["value"] for key, each in found["metrics"].items()}
            | {"held_out/ece": found["calibration"]["ece_after"]}
        )
        # The texts of the mistakes stay here: they may name people.
        run.log_files([METRICS, *(path for path in written if path.suffix == ".png")], "reports")
    return Evaluation(metrics, tuple(written))


def _ask(predictor: Predictor, train: TextData, test: TextData) -> HeldOut:
    """What the model and the baselines say of the held-out texts."""
    manifest = predictor.manifest
    cleaning = Cleaning.from_dict(manifest.settings["cleaning"])
    return HeldOut(
        target=test.labels,
        classes=test.classes,
        logits=np.asarray(predictor.logits(test.texts), dtype=np.float64),
        temperature=float(manifest.settings["temperature"]),
        baselines=baselines(
            manifest,
            TFIDF,
            train.labels,
            len(test.texts),
            lambda baseline: baseline.predict([cleaning.clean(text) for text in test.texts]),
        ),
        data=test.meta.name,
        rows="texts",
    )


def _measure(
    params: Params, manifest: Manifest, train: TextData, test: TextData, held: HeldOut
) -> tuple[dict[str, Any], dict[Path, bytes]]:
    """The section of metrics.json, and what is written beside it."""
    parts = slices(Measured.of(test.texts, train.texts))
    found = measure(
        held, parts, params.evaluate.bootstrap, params.data.seed, version=manifest.version
    )
    rows = surest(held, params.evaluate.errors)
    mistakes = surest_mistakes(test, held.probabilities, rows)
    found |= {
        "listed": len(mistakes),
        "worst": for_documents(mistakes),
        "worst_in_common": in_common(held, parts, rows),
    }
    page = as_page(mistakes, manifest, test, found["wrong"], found["evaluated"])
    written = {
        **as_png(draw(held, found)),
        ERRORS_TABLE: as_csv(mistakes).encode("utf-8", "replace"),
        ERRORS_PAGE: page.encode("utf-8", "replace"),
    }
    return found, written
