"""Measure the served model on the held-out texts.

No other step opens them, but for the comparison of a new model with the champion. Each look at them
that leads to a change makes their figures a little too good; so the report says how often this
model has been measured on them, that comparison included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt

from . import classification_figures as figures
from . import tracking
from .api.predictor import Predictor
from .artifacts import Manifest, verify
from .calibration import probabilities
from .classification import confusion
from .cleaning import Cleaning
from .config import Params
from .data import TextData, load_test, load_train
from .error_list import as_csv, as_page, for_documents, in_common, surest_mistakes
from .errors import UserError
from .evaluate_summary import show as show
from .held_out_classes import (
    CONFIDENCE,
    HEADLINE,
    against,
    average_precision,
    by_class,
    calibration,
    slice_scores,
    with_confidence,
)
from .metrics_file import METRICS, MODELS, read_metrics, write_held_out
from .plotting import to_png
from .progress import CONSOLE
from .report import PROJECT
from .slices_figure import slices_figure
from .text_slices import Measured, slices
from .training_rows import held_out_rows, trained_rows

Array = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

FIGURES = Path("reports/figures")
ERRORS_TABLE, ERRORS_PAGE = Path("reports/errors.csv"), Path("reports/errors.html")
BASELINE = "baseline.joblib"
# What baseline.joblib holds objects of.
PICKLED = ("scikit-learn",)
MAJORITY, TFIDF = "majority", "tfidf"


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found: the sections of reports/metrics.json, and the files beside it."""

    metrics: dict[str, Any]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class _Answers:
    """What the model and the baselines say of the held-out texts, n of them."""

    logits: Array
    """(n, k)."""
    probabilities: Array
    """(n, k), after temperature scaling."""
    baselines: Mapping[str, Classes]
    """(n,) each, by name."""

    @property
    def predicted(self) -> Classes:
        found: Classes = self.probabilities.argmax(axis=1)
        return found


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
            answers = _answers(predictor, train, test)
            found, written = _measure(params, manifest, train, test, answers)
        metrics = write_held_out(manifest, found, written)
        run.log_params({"version": manifest.version, "data_sha256": test.meta.sha256})
        run.log_metrics(
            {f"held_out/{key}": each["value"] for key, each in found["metrics"].items()}
            | {"held_out/ece": found["calibration"]["ece_after"]}
        )
        # The texts of the mistakes stay here: they may name people.
        run.log_files([METRICS, *(path for path in written if path.suffix == ".png")], "reports")
    return Evaluation(metrics, tuple(written))


def _answers(predictor: Predictor, train: TextData, test: TextData) -> _Answers:
    logits = np.asarray(predictor.logits(test.texts), dtype=np.float64)
    most = np.bincount(train.labels, minlength=len(train.classes)).argmax()
    baselines = {MAJORITY: np.full(len(test.texts), most, dtype=np.int64)}
    manifest = predictor.manifest
    if BASELINE in manifest.artifacts:
        verify(MODELS, (BASELINE,), same=PICKLED)  # before it is loaded
        cleaning = Cleaning.from_dict(manifest.settings["cleaning"])
        baseline = joblib.load(MODELS / BASELINE)
        cleaned = [cleaning.clean(text) for text in test.texts]
        baselines[TFIDF] = np.asarray(baseline.predict(cleaned), dtype=np.int64)
    temperature = float(manifest.settings["temperature"])
    return _Answers(logits, probabilities(logits, temperature), baselines)


def _measure(
    params: Params, manifest: Manifest, train: TextData, test: TextData, answers: _Answers
) -> tuple[dict[str, Any], dict[Path, bytes]]:
    """The section of metrics.json, and what is written beside it."""
    resamples, seed = params.evaluate.bootstrap, params.data.seed
    target, predicted, names = test.labels, answers.predicted, test.classes
    count, evaluated = len(names), datetime.now(UTC).isoformat(timespec="seconds")
    own = with_confidence(target, predicted, count, resamples, seed)
    compared = {
        name: against(target, predicted, each, count, resamples, seed)
        for name, each in answers.baselines.items()
    }
    parts = slices(Measured.of(test.texts, train.texts))
    mistakes, rows = surest_mistakes(test, answers.probabilities, params.evaluate.errors)
    counts = confusion(target, predicted, count)
    wrong = int((predicted != target).sum())
    found = {
        "version": manifest.version,
        "evaluated": evaluated,
        "rows": len(target),
        "metrics": own,
        "confidence": CONFIDENCE,
        "bootstrap": resamples,
        "baselines": {
            name: with_confidence(target, each, count, resamples, seed)
            for name, each in answers.baselines.items()
        },
        "lift": {name: each["lift"]["value"] for name, each in compared.items()},
        "against": compared,
        "per_class": by_class(target, predicted, names, resamples, seed),
        "confusion": counts.tolist(),
        "average_precision": average_precision(target, answers.probabilities, names),
        "calibration": calibration(answers.logits, target, manifest.settings["temperature"]),
        "slices": slice_scores(parts, target, answers.probabilities, resamples, seed),
        "wrong": wrong,
        "listed": len(mistakes),
        "worst": for_documents(mistakes),
        "worst_in_common": in_common(test, answers.probabilities, parts, rows),
    }
    written = {
        **_draw(found, test, answers),
        ERRORS_TABLE: as_csv(mistakes).encode("utf-8", "replace"),
        ERRORS_PAGE: as_page(mistakes, manifest, test, wrong, evaluated).encode("utf-8", "replace"),
    }
    return found, written


def _draw(found: dict[str, Any], test: TextData, answers: _Answers) -> dict[Path, bytes]:
    """The figures as PNG, by the paths that they are written to."""
    names, data = test.classes, test.meta.name
    counts = np.array(found["confusion"], dtype=np.int64)
    drawn = {
        "held-out-confusion": figures.confusion_figure(counts, names, data, "held-out texts"),
        "held-out-precision-recall": figures.precision_recall_figure(
            test.labels, answers.probabilities, names, data
        ),
        "held-out-calibration": figures.reliability_figure(found["calibration"], data),
    }
    if found["slices"]:
        drawn["held-out-slices"] = slices_figure(
            found["slices"],
            found["metrics"][HEADLINE]["value"],
            f"macro-F1, with its {CONFIDENCE:.0%} interval",
            data,
            lower_is_better=False,
            rows="texts",
        )
    return {FIGURES / f"{key}.png": to_png(figure) for key, figure in drawn.items()}
