import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.intervals import conformal_halfwidth


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 300), st.sampled_from([0.5, 0.8, 0.9]), st.integers(0, 1000))
def test_the_halfwidth_is_the_corrected_quantile_of_the_residuals(
    rows: int, coverage: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    predicted, target = rng.normal(size=(2, rows))
    # Lei et al. (2018), eq. 3: the ceil((n + 1) * coverage)-th smallest residual.
    rank = int(np.ceil((rows + 1) * coverage - 1e-9))
    expected = np.sort(np.abs(target - predicted))[min(rank, rows) - 1]
    assert conformal_halfwidth(predicted, target, coverage) == pytest.approx(expected)


def test_new_rows_are_covered_as_often_as_asked_for() -> None:
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(200):
        calibration, new = rng.standard_t(5, size=(2, 200))
        width = conformal_halfwidth(np.zeros(200), calibration, 0.9)
        inside.append(np.mean(np.abs(new) <= width))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.01)


def test_too_few_rows_for_the_coverage_are_refused_in_one_line() -> None:
    with pytest.raises(UserError, match=r"train\.coverage = 0\.99: 20 rows are too few"):
        conformal_halfwidth(np.zeros(20), np.ones(20), 0.99)
