"""How much of its accuracy the served model keeps on pictures that were made worse."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .api.predictor import Predictor
from .corruptions import corruptions, like
from .picture import Pixels
from .progress import steps

Classes = npt.NDArray[np.int64]

TOGETHER = 256  # pictures that are made worse at once


def robustness(predictor: Predictor, pixels: Pixels, labels: Classes, seed: int) -> dict[str, Any]:
    """Accuracy per corruption and strength, as reports/metrics.json holds it.

    pixels: n > 0 held-out pictures as the model sees them, (n, size, size, 3). labels: (n,). Each
    corruption and strength has random numbers of its own, drawn from the seed.
    """
    size = pixels.shape[1]
    kinds = corruptions(size)
    clean = _accuracy(predictor, pixels, labels)
    found = []
    with steps("Corruptions", sum(len(kind.strengths) for kind in kinds)) as bar:
        for number, kind in enumerate(kinds):
            scores = []
            for level, strength in enumerate(kind.strengths):
                random = np.random.default_rng((seed, number, level))
                parts = [
                    kind.make(pixels[start : start + TOGETHER], strength, random)
                    for start in range(0, len(pixels), TOGETHER)
                ]
                scores.append(_accuracy(predictor, np.concatenate(parts), labels))
                bar.advance(kind.name)
            found.append(
                {
                    "name": kind.name,
                    "unit": kind.unit,
                    "strengths": list(kind.strengths),
                    "accuracy": scores,
                    "mean": float(np.mean(scores)),
                }
            )
    return {
        "rows": len(labels),
        "seed": seed,
        "like": like(size),
        "clean": clean,
        "corruptions": found,
        "mean": float(np.mean([each["mean"] for each in found])),
    }


def _accuracy(predictor: Predictor, pixels: Pixels, labels: Classes) -> float:
    return float((predictor.logits(pixels).argmax(axis=1) == labels).mean())
