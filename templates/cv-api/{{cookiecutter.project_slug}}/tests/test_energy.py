"""The energy score: that of the paper, and its threshold keeps what it promises to keep."""

import numpy as np
import pytest
from scipy.special import logsumexp

from {{ cookiecutter.package_name }}.energy import energy, energy_threshold


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_it_is_the_free_energy(temperature: float) -> None:
    logits = np.random.default_rng(0).normal(0, 5, (20, 7)).astype(np.float32)
    expected = -temperature * logsumexp(logits.astype(np.float64) / temperature, axis=1)
    assert energy(logits, temperature) == pytest.approx(expected)


def test_large_logits_do_not_overflow() -> None:
    assert energy(np.array([[1000.0, -1000.0]]), 1.0) == pytest.approx([-1000.0])


def test_what_looks_like_no_class_has_more_of_it() -> None:
    told, untold = energy(np.array([[9.0, 0.0, 0.0], [0.1, 0.0, 0.0]]), 1.0)
    assert told < untold


@pytest.mark.parametrize("count", [1, 7, 20, 1000])
@pytest.mark.parametrize("kept", [0.6, 0.95, 0.99])
def test_at_least_the_share_asked_for_passes_and_hardly_more(count: int, kept: float) -> None:
    energies = np.random.default_rng(count).normal(size=count)
    passed = int((energies <= energy_threshold(energies, kept)).sum())
    assert kept * count <= passed + 1e-9
    assert passed <= kept * count + 1.0 + 1e-9
