"""What it brings to say "not sure": how many answers are sure, and how many of those are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SHARES = tuple(np.round(np.arange(0.05, 1.001, 0.05), 2).tolist())  # points of the curve


def selective(
    confidence: Array, right: Flags, sure: Flags, interval: float, asked: float, threshold: float
) -> dict[str, Any]:
    """Sure answers on the held-out pictures, as reports/metrics.json holds it.

    confidence: (n,). right, sure: (n,) whether each answer is right, and given as sure. interval:
    the confidence of the interval of their precision (Wilson 1927). asked: the precision that the
    threshold was chosen for, on validation pictures.
    """
    answered = int(sure.sum())
    found: dict[str, Any] = {
        "asked": asked,
        "threshold": threshold,
        "rows": answered,
        "coverage": float(sure.mean()),
        "wrong": int((sure & ~right).sum()),
        "curve": _curve(confidence, right),
    }
    if answered:
        test = stats.binomtest(int((sure & right).sum()), answered)
        ends = test.proportion_ci(interval, method="wilson")
        found |= {
            "precision": float(right[sure].mean()),
            "low": float(ends.low),
            "high": float(ends.high),
        }
    unsure = ~sure
    if unsure.any():
        found["precision_of_others"] = float(right[unsure].mean())
    return found


def _curve(confidence: Array, right: Flags) -> list[dict[str, float]]:
    """The share of wrong answers among the surest ones, for growing shares of all (El-Yaniv and
    Wiener 2010)."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    counts = [max(1, round(share * len(order))) for share in SHARES]
    return [
        {
            "coverage": count / len(order),
            "risk": float(wrong[count - 1]),
            "confidence": float(confidence[order[count - 1]]),
        }
        for count in counts
    ]
