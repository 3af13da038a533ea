"""The metrics of classification: as scikit-learn has them, for one set of rows and for many."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from {{ cookiecutter.package_name }}.classification import (
    accuracy,
    accuracy_of,
    confusion,
    macro_f1,
    macro_f1_of,
    mcnemar,
    per_class,
)

RANDOM = np.random.default_rng(7)
TARGET = RANDOM.integers(0, 3, 200)
PREDICTED = np.where(RANDOM.random(200) < 0.7, TARGET, RANDOM.integers(0, 4, 200))


def test_the_figures_are_scikit_learns() -> None:
    """Class 3 is predicted but never true: its precision is 0, and it has no recall."""
    counts = confusion(TARGET, PREDICTED, 4)
    assert (counts == confusion_matrix(TARGET, PREDICTED, labels=range(4))).all()
    assert accuracy(TARGET, PREDICTED) == (TARGET == PREDICTED).mean()
    assert macro_f1(TARGET, PREDICTED, 4) == pytest.approx(
        f1_score(TARGET, PREDICTED, average="macro")
    )
    found = per_class(counts, ("a", "b", "c", "d"))
    wanted = precision_recall_fscore_support(TARGET, PREDICTED, labels=range(4), zero_division=0)
    for key, values in zip(("precision", "recall", "f1", "support"), wanted, strict=True):
        assert [each[key] or 0 for each in found] == pytest.approx(values)
    assert found[3]["recall"] is None
    assert found[3]["f1"] == 0.0


def test_a_class_that_occurs_nowhere_is_left_out_of_the_mean() -> None:
    target, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert macro_f1(target, predicted, 5) == pytest.approx(macro_f1(target, predicted, 2))


def test_many_resamples_at_once_are_each_what_it_is_by_itself() -> None:
    rows = RANDOM.integers(0, 200, (50, 200))
    counts = confusion(TARGET[rows], PREDICTED[rows], 4)
    assert counts.shape == (50, 4, 4)
    for row, macro, share in zip(rows, macro_f1_of(counts), accuracy_of(counts), strict=True):
        assert macro == pytest.approx(macro_f1(TARGET[row], PREDICTED[row], 4))
        assert share == pytest.approx(accuracy(TARGET[row], PREDICTED[row]))


def test_mcnemar_counts_only_rows_on_which_one_of_the_two_is_right() -> None:
    target = np.zeros(100, np.int64)
    first = np.repeat([0, 1, 0, 1], [50, 20, 9, 21])
    second = np.repeat([0, 1, 1, 0], [50, 20, 9, 21])
    found = mcnemar(target, first, second)
    assert (found.only_first, found.only_second) == (9, 21)
    # The exact test counts all of what was observed, the mid-p value half of it.
    exact = stats.binomtest(9, 30).pvalue
    assert found.p_value == pytest.approx(exact - stats.binom.pmf(9, 30, 0.5))


def test_mcnemar_of_equals_sees_no_difference() -> None:
    same = np.zeros(10, np.int64)
    assert mcnemar(same, same, same).p_value == 1.0
