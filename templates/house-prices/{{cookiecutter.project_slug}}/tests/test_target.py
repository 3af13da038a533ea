"""The target's way into model space and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.target import forward, inverse


@given(st.lists(st.floats(1e-3, 1e9), min_size=1), st.booleans())
def test_inverse_undoes_forward(prices: list[float], log_target: bool) -> None:
    np.testing.assert_allclose(inverse(forward(prices, log_target), log_target), prices, rtol=1e-9)


def test_a_price_without_a_logarithm_is_refused_with_the_setting_to_change() -> None:
    with pytest.raises(UserError, match=r"smallest value is 0.*train\.log_target"):
        forward([100.0, 0.0], log_target=True)


def test_negative_targets_are_fine_without_the_logarithm() -> None:
    assert forward([-1.0, 2.0], log_target=False).tolist() == [-1.0, 2.0]


@pytest.mark.parametrize("log_target", [True, False])
def test_a_missing_price_is_refused(log_target: bool) -> None:
    with pytest.raises(UserError, match="missing"):
        forward([1.0, float("nan")], log_target)
