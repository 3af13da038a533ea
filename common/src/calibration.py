"""Whether a classifier's probabilities hold what they promise, and temperature scaling.

Logits are the scores before the softmax; a class is a number from 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Array = npt.NDArray[np.floating[Any]]
Classes = npt.NDArray[np.int64]

# Outside of these a temperature tells of too few rows, or of a broken model, not of calibration.
LOWEST, HIGHEST = 0.2, 20.0
BINS = 15  # as Guo et al. 2017


def fit_temperature(logits: Array, target: Classes) -> float:
    """The temperature that logits are divided by, so that probabilities fit (Guo et al. 2017).

    logits: (n, k), n > 0, of rows that the model was not trained on. target: (n,). Minimises the
    cross-entropy over LOWEST to HIGHEST. Platt's (1999) targets, (n + 1) / (n + k) in place of 1,
    keep it finite where the model has every row right: n rows cannot show that it is never wrong.
    Raises ValueError for no rows, or logits that are not finite.
    """
    if not len(logits) or not np.isfinite(logits).all():
        raise ValueError(f"{len(logits)} rows of logits, of which all have to be finite")
    rows, classes = logits.shape
    wanted = np.full((rows, classes), 1.0 / (rows + classes))
    wanted[np.arange(rows), target] = (rows + 1.0) / (rows + classes)

    def cross_entropy(log_temperature: float) -> float:
        scaled = log_softmax(logits.astype(np.float64) / np.exp(log_temperature), axis=1)
        return float(-(wanted * scaled).sum(axis=1).mean())

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(cross_entropy, bounds=bounds, method="bounded")
    return float(np.exp(found.x))


def probabilities(logits: Array, temperature: float = 1.0) -> npt.NDArray[np.float64]:
    """The softmax of the scaled logits, (n, k); each row adds up to 1."""
    found: npt.NDArray[np.float64] = softmax(logits.astype(np.float64) / temperature, axis=1)
    return found


def reliability_bins(found: Array, target: Classes, bins: int = BINS) -> list[dict[str, float]]:
    """Confidence against accuracy, in bins of equal width; bins without rows are left out.

    found: probabilities, (n, k). target: (n,). Confidence is the highest probability of a row.
    """
    confidence = found.max(axis=1)
    right = found.argmax(axis=1) == target
    bin_of = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    return [
        {
            "from": number / bins,
            "to": (number + 1) / bins,
            "rows": int(own.sum()),
            "confidence": float(confidence[own].mean()),
            "accuracy": float(right[own].mean()),
        }
        for number in range(bins)
        if (own := bin_of == number).any()
    ]


def expected_calibration_error(found: Array, target: Classes, bins: int = BINS) -> float:
    """The mean gap between confidence and accuracy over rows (Naeini et al. 2015); 0 is best.

    found: probabilities, (n, k). target: (n,).
    """
    parts = reliability_bins(found, target, bins)
    gaps = [part["rows"] * abs(part["confidence"] - part["accuracy"]) for part in parts]
    return float(sum(gaps) / len(target))
