from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline

from {{ cookiecutter.package_name }}.crossvalidation import cross_validate, fold_numbers
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.models import build_model
from {{ cookiecutter.package_name }}.schema import Column, TableSchema

SCHEMA = TableSchema(
    target="price",
    columns=(
        Column(name="size", kind="number"),
        Column(name="town", kind="category", categories=("a", "b")),
    ),
)


def table(rows: int = 60) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    size = rng.uniform(50, 200, rows)
    town = pd.Series(rng.choice(["a", "b"], rows), dtype=object)
    target = np.log(1000 * size) + 0.2 * (town == "b").to_numpy() + rng.normal(0, 0.05, rows)
    return pd.DataFrame({"size": size, "town": town}), target


def builders(*names: str) -> dict[str, partial[Pipeline]]:
    small = {"xgboost": {"n_estimators": 10}}
    return {name: partial(build_model, name, SCHEMA, small.get(name, {}), 42) for name in names}


def test_the_folds_are_those_of_scikit_learn_where_all_rows_differ() -> None:
    numbers = fold_numbers(np.random.default_rng(1).permutation(23), 5, 42)
    for fold, (_, held_out) in enumerate(
        KFold(5, shuffle=True, random_state=42).split(np.zeros(23))
    ):
        assert np.flatnonzero(numbers == fold).tolist() == held_out.tolist()


def test_equal_rows_share_a_fold() -> None:
    groups = np.random.default_rng(0).integers(0, 30, 100)
    numbers = fold_numbers(groups, 4, 0)
    assert set(numbers) == {0, 1, 2, 3}
    for group in np.unique(groups):
        assert len(set(numbers[groups == group])) == 1


def test_too_few_rows_are_refused_in_one_line() -> None:
    with pytest.raises(UserError, match=r"train\.folds = 5: 3 different rows are too few"):
        fold_numbers(np.array([0, 1, 2, 2, 2]), 5, 0)


def test_a_rows_own_target_has_no_say_in_its_prediction() -> None:
    frame, target = table()
    fold_of = fold_numbers(np.arange(60), 3, 0)
    names = ("mean", "linear", "ridge", "xgboost")
    before = cross_validate(builders(*names), frame, target, fold_of, 1)
    changed = target.copy()
    changed[fold_of == 1] += 5.0
    after = cross_validate(builders(*names), frame, changed, fold_of, 1)
    for name in names:
        same = before[name].prediction == after[name].prediction
        assert same[fold_of == 1].all(), name
        assert not same[fold_of != 1].any(), name


def test_a_rows_own_columns_have_no_say_in_the_others_predictions() -> None:
    frame, target = table()
    fold_of = fold_numbers(np.arange(60), 3, 0)
    before = cross_validate(builders("ridge"), frame, target, fold_of, 1)["ridge"].prediction
    changed = frame.copy()
    changed.loc[7, "size"] = 1e6
    after = cross_validate(builders("ridge"), changed, target, fold_of, 1)["ridge"].prediction
    others = (fold_of == fold_of[7]) & (np.arange(60) != 7)
    assert (before[others] == after[others]).all()


def test_the_number_of_threads_changes_nothing() -> None:
    frame, target = table()
    fold_of = fold_numbers(np.arange(60), 3, 0)
    fits: list[str] = []
    one = cross_validate(builders("ridge", "xgboost"), frame, target, fold_of, 1)
    two = cross_validate(builders("ridge", "xgboost"), frame, target, fold_of, 2, fits.append)
    assert sorted(fits) == ["ridge"] * 3 + ["xgboost"] * 3
    for name in one:
        assert one[name].prediction.tolist() == two[name].prediction.tolist()
        assert one[name].seconds > 0


class Spy(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Remembers the rows it was fitted on, and refuses to predict them."""

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Spy":
        assert np.array_equal(X["size"].to_numpy(), y)
        self.seen_ = set(X.index)
        FITS.append(len(X))
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        assert not self.seen_ & set(X.index)
        PREDICTED.extend(X.index)
        return X["size"].to_numpy()


FITS: list[int] = []
PREDICTED: list[int] = []


def test_each_row_is_predicted_once_by_a_model_that_has_seen_all_other_folds() -> None:
    FITS.clear()
    PREDICTED.clear()
    frame, _ = table(50)
    fold_of = fold_numbers(np.arange(50) // 2, 5, 0)
    target = frame["size"].to_numpy()
    # Folds run side by side: each needs a spy of its own.
    build = {"spy": lambda: Pipeline([("model", Spy())])}
    found = cross_validate(build, frame, target, fold_of, 2)["spy"]
    assert sorted(PREDICTED) == list(range(50))
    assert FITS == [40] * 5
    assert found.prediction.tolist() == target.tolist()


def test_a_row_that_no_model_could_be_fitted_for_is_not_passed_over() -> None:
    class Broken(Spy):
        def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Spy":
            raise ArithmeticError("did not converge")

    frame, target = table(20)
    build = {"broken": partial(Pipeline, [("model", Broken())])}
    with pytest.raises(ArithmeticError, match="did not converge"):
        cross_validate(build, frame, target, fold_numbers(np.arange(20), 2, 0), 1)
