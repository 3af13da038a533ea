"""Calibration: temperature scaling finds what the logits were stretched by, and never breaks."""

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.calibration import (
    HIGHEST,
    LOWEST,
    expected_calibration_error,
    fit_temperature,
    probabilities,
    reliability_bins,
)


def _calibrated(rows: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is how likely each class really is, and classes drawn by it."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2.0, size=(rows, 3))
    shares = probabilities(logits)
    target = (shares.cumsum(axis=1) > random.random((rows, 1))).argmax(axis=1)
    return logits, target


@pytest.mark.parametrize("stretched", [0.5, 1.0, 3.0])
def test_the_temperature_is_what_the_logits_were_stretched_by(stretched: float) -> None:
    logits, target = _calibrated(20_000)
    assert fit_temperature(logits * stretched, target) == pytest.approx(stretched, rel=0.05)


def test_it_makes_confidence_fit_accuracy_on_other_rows() -> None:
    logits, target = _calibrated(4000)
    temperature = fit_temperature(logits[:2000] * 4.0, target[:2000])
    others = logits[2000:] * 4.0
    before = expected_calibration_error(probabilities(others), target[2000:])
    after = expected_calibration_error(probabilities(others, temperature), target[2000:])
    assert before > 0.15
    assert after < 0.05


@pytest.mark.parametrize("rows", [1, 4, 200])
def test_few_rows_that_are_all_right_do_not_make_it_sure_of_itself(rows: int) -> None:
    target = np.arange(rows) % 2
    logits = np.eye(2)[target] * 6.0
    temperature = fit_temperature(logits, target)
    assert LOWEST <= temperature <= HIGHEST
    # After n rows without an error, another n might have one.
    assert probabilities(logits, temperature).max() < 1.0 - 0.5 / (rows + 2)


def test_bins_hold_every_row_once_and_a_perfect_model_has_no_gap() -> None:
    logits, target = _calibrated(500)
    bins = reliability_bins(probabilities(logits), target)
    assert sum(part["rows"] for part in bins) == 500
    assert all(part["from"] <= part["confidence"] <= part["to"] for part in bins)
    sure = np.eye(3)[target]
    assert expected_calibration_error(sure, target) == 0.0
    assert expected_calibration_error(np.roll(sure, 1, axis=1), target) == 1.0


def test_logits_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="2 rows of logits"):
        fit_temperature(np.array([[0.0, np.nan], [1.0, 2.0]]), np.array([0, 1]))
