"""How unlike the training pictures one is, from what the model says of it: the energy score.

The service adds what lies beside the directions of the training's features (`Components.beside`):
of noise, and of whatever else excites a network strongly in an unknown way, the logits alone may
look better than those of real pictures. Needs numpy alone: training sets the threshold, serving
compares with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def energy(logits: npt.NDArray[np.floating[Any]], temperature: float) -> Array:
    """The free energy of each picture, shape (n,); the higher, the less it looks like any class.

    logits: (n, k). It is -T log Σ exp(logit / T) (Liu et al. 2020, eq. 4). The highest probability
    forgets how large the logits were before they were made to add up to 1; this does not.
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    highest = scaled.max(axis=1)
    found: Array = -temperature * (highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1)))
    return found


def energy_threshold(energies: Array, kept: float) -> float:
    """The energy up to which a picture passes as one like those of the training.

    energies: of validation pictures, shape (n,), n > 0; the share `kept` of them passes, at least.
    """
    return float(np.quantile(energies, kept, method="higher"))
