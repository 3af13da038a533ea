"""From which confidence on an answer is given as sure: the others say "not sure"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# The share of right ones among fewer answers says next to nothing: of the three surest, all may be
# right by chance.
FEWEST = 10
# Above every probability: no answer is sure.
NEVER = float(np.nextafter(1.0, 2.0))


@dataclass(frozen=True)
class Threshold:
    """Where sure answers begin, and what that came to on the pictures that it was chosen on."""

    confidence: float
    """An answer of this confidence or a higher one is sure."""
    precision: float
    """The share of right ones among the sure answers; the highest that was found, if not reached.
    """
    coverage: float
    """The share of pictures that get a sure answer."""
    reached: bool
    """Whether any confidence gives the precision asked for; if none does, no answer is sure."""

    def as_dict(self) -> dict[str, Any]:
        """As reports/metrics.json and the manifest hold it."""
        return asdict(self)


def answer_threshold(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], precision: float
) -> Threshold:
    """The lowest confidence at which at least the share `precision` of the answers is right.

    probabilities: (n, k), n > 0, calibrated, of pictures that the model was not trained on.
    labels: (n,). It is the share on these pictures, not a lower bound of what it is on others: a
    bound would need more pictures than a small set has (59 right ones in a row for 95 %), and every
    answer would be "not sure". `evaluate` says what came of it on the held-out pictures.

    Where all answers together are precise enough, it is the lowest confidence that was seen.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    order = np.argsort(-confidence, kind="stable")
    confidence = confidence[order]
    counts = np.arange(1, len(order) + 1)
    shares = np.cumsum(right[order]) / counts
    # Answers of equal confidence are sure together or not at all.
    last_of_equals = np.append(confidence[:-1] != confidence[1:], True)
    eligible = last_of_equals & (counts >= min(FEWEST, len(order)))
    precise = np.flatnonzero(eligible & (shares >= precision))
    if not len(precise):
        return Threshold(NEVER, float(shares[eligible].max()), 0.0, reached=False)
    last = int(precise[-1])
    return Threshold(
        confidence=float(confidence[last]),
        precision=float(shares[last]),
        coverage=(last + 1) / len(order),
        reached=True,
    )
