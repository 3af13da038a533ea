"""Weights with which rare classes count as much as frequent ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def balanced_weights(labels: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float64]:
    """A weight per class, (classes,), so that each counts the same in sum: n / (classes * count).

    King and Zeng (2001), as scikit-learn's class_weight="balanced". A class without a row gets 0.
    """
    counts = np.bincount(labels, minlength=classes)
    present = np.count_nonzero(counts)
    weights: npt.NDArray[np.float64] = np.divide(
        len(labels), present * counts, out=np.zeros(classes), where=counts > 0
    )
    return weights
