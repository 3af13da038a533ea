"""The directions in which the model's view of the training pictures varies most.

A model's features are far too many for `drift` to log and to compare one by one. Their principal
components are few, and say most of what differs from picture to picture. What is not in them,
hardly any training picture has: it tells of pictures of something else. Needs numpy alone but to
fit them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

NAME = "components.npz"
MOST = 16
MOST_PICTURES = 2_000  # more would hardly move the directions
LEAST_BESIDE = 1e-3  # of the widest direction's deviation


@dataclass(frozen=True)
class Components:
    """A linear map from pooled features to a few numbers."""

    mean: Floats
    """(c,), of the training pictures."""
    directions: Floats
    """(m, c), the widest first; scaled so that each number's deviation on them is 1."""
    weight: float = 0.0
    """By which a length beside the directions is brought to the size of a logit."""

    def project(self, features: Floats) -> Floats:
        """Pooled features, (n, c), as (n, m) numbers."""
        found: Floats = np.asarray((features - self.mean) @ self.directions.T, dtype=np.float32)
        return found

    def beside(self, features: Floats) -> Array:
        """How much of pooled features, (n, c), lies beside the directions: virtual logits, (n,).

        They speak for a class that was not there in training (Wang et al. 2022, "ViM:
        out-of-distribution with virtual-logit matching", sections 4.1 and 4.2).
        """
        return self.weight * _lengths_beside(features.astype(np.float64), self.mean, self._units)

    @cached_property
    def _units(self) -> Array:
        return _units_of(self.directions)

    def save(self, folder: Path) -> None:
        """Write them to `folder`."""
        np.savez(folder / NAME, mean=self.mean, components=self.directions, weight=self.weight)

    @classmethod
    def load(cls, folder: Path) -> Components:
        """What `save` wrote. Raises OSError, KeyError or ValueError for a file of another kind."""
        with np.load(folder / NAME, allow_pickle=False) as stored:
            return cls(stored["mean"], stored["components"], float(stored["weight"]))


def fit_components(features: Floats, most: int = MOST, *, highest: float = 0.0) -> Components:
    """The principal components of pooled features, shape (n, c), n > 1.

    features: of training pictures. Those that the log is compared with must not be among them: a
    picture that helped to choose the directions lies further out along them than another one does.
    highest: the mean of these pictures' highest logit, to which virtual logits are brought.
    """
    from sklearn.decomposition import PCA

    count = min(most, len(features) - 1, features.shape[1])
    found = PCA(count, svd_solver="full").fit(features.astype(np.float64))
    deviations = np.sqrt(found.explained_variance_)
    # A direction in which nothing varies would be noise, magnified.
    wide = deviations > 1e-6 * max(float(deviations[0]), 1e-12)
    directions = found.components_[wide] / deviations[wide, None]
    mean, directions = found.mean_.astype(np.float32), directions.astype(np.float32)
    lengths = _lengths_beside(features.astype(np.float64), mean, _units_of(directions))
    length = float(lengths.mean())
    # Where the directions hold all there is, what is beside them is rounding.
    weight = max(highest, 0.0) / length if length > LEAST_BESIDE * float(deviations[0]) else 0.0
    return Components(mean, directions, weight)


def _units_of(directions: Floats) -> Array:
    """The directions, each of length 1."""
    found: Array = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(
        np.float64
    )
    return found


def _lengths_beside(features: Array, mean: Floats, units: Array) -> Array:
    """How far from the plane of the directions each of the features lies, (n,). units: (m, c)."""
    centred = features - mean
    found: Array = np.linalg.norm(centred - (centred @ units.T) @ units, axis=1)
    return found
