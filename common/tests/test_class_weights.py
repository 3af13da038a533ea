"""Weights of classes: each class counts the same in sum."""

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.class_weights import balanced_weights


def test_balanced_weights_make_each_class_count_the_same() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [2])
    weights = balanced_weights(labels, 3)
    sums = [weights[each] * (labels == each).sum() for each in range(3)]
    assert sums == pytest.approx([10 / 3] * 3)
    assert weights[labels].mean() == pytest.approx(1.0)


def test_a_class_without_a_row_weighs_nothing() -> None:
    assert balanced_weights(np.array([0, 0, 2, 2]), 3).tolist() == [1.0, 0.0, 1.0]
