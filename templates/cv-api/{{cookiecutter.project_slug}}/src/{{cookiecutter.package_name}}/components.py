"""The directions in which the model's view of the training pictures varies most, for `drift`.

A model's features are far too many to log and to compare one by one. Their principal components are
few, and say most of what differs from picture to picture. Projecting needs numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

NAME = "components.npz"
MOST = 16
MOST_PICTURES = 2_000  # more would hardly move the directions


@dataclass(frozen=True)
class Components:
    """A linear map from pooled features to a few numbers."""

    mean: Floats
    """(c,), of the training pictures."""
    directions: Floats
    """(m, c), the widest first; scaled so that each number's deviation on them is 1."""

    def project(self, features: Floats) -> Floats:
        """Pooled features, (n, c), as (n, m) numbers."""
        found: Floats = np.asarray((features - self.mean) @ self.directions.T, dtype=np.float32)
        return found

    def save(self, folder: Path) -> None:
        """Write them to `folder`."""
        np.savez(folder / NAME, mean=self.mean, components=self.directions)

    @classmethod
    def load(cls, folder: Path) -> Components:
        """What `save` wrote. Raises OSError, KeyError or ValueError for a file of another kind."""
        with np.load(folder / NAME, allow_pickle=False) as stored:
            return cls(stored["mean"], stored["components"])


def fit_components(features: Floats, most: int = MOST) -> Components:
    """The principal components of pooled features, shape (n, c), n > 1.

    features: of training pictures. Those that the log is compared with must not be among them: a
    picture that helped to choose the directions lies further out along them than another one does.
    """
    from sklearn.decomposition import PCA

    count = min(most, len(features) - 1, features.shape[1])
    found = PCA(count, svd_solver="full").fit(features.astype(np.float64))
    deviations = np.sqrt(found.explained_variance_)
    # A direction in which nothing varies would be noise, magnified.
    wide = deviations > 1e-6 * max(float(deviations[0]), 1e-12)
    directions = found.components_[wide] / deviations[wide, None]
    return Components(found.mean_.astype(np.float32), directions.astype(np.float32))
