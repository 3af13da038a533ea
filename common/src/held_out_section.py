"""What a classifier did on the held-out rows: the section of reports/metrics.json, and its figures.

A template says what its rows are called and how they are sliced, and adds what only it measures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from . import classification_figures as figures
from .artifacts import Manifest, verify
from .calibration import probabilities
from .classification import confusion
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
from .metrics_file import MODELS
from .plotting import to_png
from .slices import Rows, Slice, overrepresented
from .slices_figure import slices_figure

Array = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

FIGURES = Path("reports/figures")
BASELINE = "baseline.joblib"
# What baseline.joblib holds objects of.
PICKLED = ("scikit-learn",)
MAJORITY = "majority"


@dataclass(frozen=True)
class HeldOut:
    """The held-out rows, n of them, and what the model and the baselines say of them."""

    target: Classes
    """(n,)."""
    classes: tuple[str, ...]
    logits: Array
    """(n, k)."""
    temperature: float
    baselines: Mapping[str, Classes]
    """(n,) each, by name."""
    data: str
    """Name of the data set."""
    rows: str
    """What a row is, in the plural."""

    @property
    def probabilities(self) -> Array:
        """(n, k), after temperature scaling."""
        return probabilities(self.logits, self.temperature)

    @property
    def predicted(self) -> Classes:
        found: Classes = self.logits.argmax(axis=1)
        return found


def baselines(
    manifest: Manifest, name: str, trained: Classes, rows: int, ask: Callable[[Any], Classes]
) -> dict[str, Classes]:
    """What the baselines say of `rows` rows.

    trained: labels of the training rows, whose most frequent one is the first baseline. name: of
    the second, which `train` left in models/. ask: gets it and gives its classes. Raises UserError
    if its file was changed.
    """
    most = np.bincount(trained).argmax()
    found = {MAJORITY: np.full(rows, most, dtype=np.int64)}
    if BASELINE in manifest.artifacts:
        verify(MODELS, (BASELINE,), same=PICKLED)  # before it is loaded
        found[name] = np.asarray(ask(joblib.load(MODELS / BASELINE)), dtype=np.int64)
    return found


def measure(
    held: HeldOut, parts: Sequence[Slice], resamples: int, seed: int, version: str
) -> dict[str, Any]:
    """The section `held_out`. parts: the slices. resamples: of the bootstrap behind intervals."""
    target, predicted, names = held.target, held.predicted, held.classes
    count, found = len(names), held.probabilities
    compared = {
        name: against(target, predicted, each, count, resamples, seed)
        for name, each in held.baselines.items()
    }
    return {
        "version": version,
        "evaluated": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": len(target),
        "metrics": with_confidence(target, predicted, count, resamples, seed),
        "confidence": CONFIDENCE,
        "bootstrap": resamples,
        "baselines": {
            name: with_confidence(target, each, count, resamples, seed)
            for name, each in held.baselines.items()
        },
        "lift": {name: each["lift"]["value"] for name, each in compared.items()},
        "against": compared,
        "per_class": by_class(target, predicted, names, resamples, seed),
        "confusion": confusion(target, predicted, count).tolist(),
        "average_precision": average_precision(target, found, names),
        "calibration": calibration(held.logits, target, held.temperature),
        "slices": slice_scores(parts, target, found, resamples, seed),
        "wrong": int((predicted != target).sum()),
    }


def surest(held: HeldOut, most: int) -> Rows:
    """Row numbers of at most `most` mistakes, the surest first."""
    confidence = held.probabilities.max(axis=1)
    wrong = np.flatnonzero(held.predicted != held.target)
    return wrong[np.argsort(-confidence[wrong], kind="stable")][:most]


def in_common(held: HeldOut, parts: Sequence[Slice], chosen: Rows) -> list[dict[str, Any]]:
    """What is commoner among the chosen mistakes than chance makes it: classes, and slices."""
    classes = np.array(held.classes, dtype=object)
    levels = {
        "true class": classes[held.target],
        "predicted class": classes[held.predicted],
    }
    for part in parts:
        values = levels.setdefault(part.name, np.full(len(held.target), None, dtype=object))
        values[part.rows] = part.value
    return overrepresented(levels, chosen)


def draw(held: HeldOut, found: Mapping[str, Any]) -> dict[str, Figure]:
    """The figures of every classifier, by name. found: the section."""
    names, data = held.classes, held.data
    counts = np.array(found["confusion"], dtype=np.int64)
    drawn = {
        "held-out-confusion": figures.confusion_figure(
            counts, names, data, f"held-out {held.rows}"
        ),
        "held-out-precision-recall": figures.precision_recall_figure(
            held.target, held.probabilities, names, data
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
            rows=held.rows,
        )
    return drawn


def as_png(drawn: Mapping[str, Figure]) -> dict[Path, bytes]:
    """The figures as PNG, by the paths that they are written to."""
    return {FIGURES / f"{name}.png": to_png(figure) for name, figure in drawn.items()}
