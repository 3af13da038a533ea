"""What is fitted sees training rows alone. Each check is shown to fail.

They use the sample, since they take wild values in place of real ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import data, train
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.crossvalidation import (
    cross_validate,
    fold_numbers,
)
from {{ cookiecutter.package_name }}.data import TableData
from {{ cookiecutter.package_name }}.leakage import moved_by_own_target
from {{ cookiecutter.package_name }}.models import (
    BASELINES,
    CANDIDATES,
    blend_weights,
    build_model,
    build_stack,
    cross_fitted_blend,
)
from {{ cookiecutter.package_name }}.target import forward


def wild(part: TableData) -> TableData:
    """Rows with the same columns, and values that are far from all that there were."""
    frame = part.frame.copy()
    for name in part.schema.names:
        if part.schema.column(name).kind == "number":
            frame[name] = frame[name] * 1e4 + 1e6
        else:
            frame[name] = "a level that nobody has seen"
    return replace(part, frame=frame, target=part.target * 1e3)


def model_version(params: Params, load: Callable[[Params], TableData], name: str) -> str:
    """The version of the model that a complete training makes: it ends in its artifacts' hash.

    The hash covers encoder, derived columns, models and weights (as ONNX), the interval, the
    schema and the reference of the drift check.
    """
    staging = Path(name)
    staging.mkdir()
    built = train.build(params, load(params), staging)
    width = built.metrics["interval"]["halfwidth"]
    return f"{built.manifest.version}, {built.metrics['weights']}, {width}"


def leaky_load(params: Params) -> TableData:
    """What a careless step does: all rows, since "the scaler sees no target anyway"."""
    first, second = data.load_train(params), data.load_test(params)
    return plant_all(first, second)


def plant_all(first: TableData, second: TableData) -> TableData:
    frame = pd.concat([first.frame, second.frame], ignore_index=True)
    target = pd.concat([first.target, second.target], ignore_index=True)
    lines = np.concatenate([first.lines, second.lines])
    return replace(first, frame=frame, target=target, lines=lines)


@pytest.mark.parametrize(
    ("load", "same"), [(data.load_train, True), (leaky_load, False)], ids=["ours", "planted"]
)
def test_a_training_learns_nothing_from_the_held_out_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[Params], TableData], same: bool
) -> None:
    params = small_params()
    data.prepare(params)
    before = model_version(params, load, "before")
    changed = wild(data.load_test(params))
    monkeypatch.setattr(data, "load_test", lambda _: changed)
    table = changed.frame.assign(**{params.data.target: changed.target})
    table.to_parquet("data/processed/test.parquet")
    after = model_version(params, load, "after")
    assert (before == after) is same


def small(name: str) -> dict[str, Any]:
    trees = {"random_forest", "xgboost", "lightgbm"}
    return {"n_estimators": 8} if name in trees else {}


@dataclass(frozen=True)
class Folded:
    """Training rows with their folds."""

    rows: TableData
    target: Any
    fold_of: Any

    @classmethod
    def of(cls, rows: TableData) -> "Folded":
        groups = rows.duplicate_groups()
        return cls(rows, forward(rows.target.to_numpy(), True), fold_numbers(groups, 3, 0))

    def predictions(self, names: Sequence[str], target: Any) -> dict[str, Any]:
        builders = {
            name: partial(build_model, name, self.rows.schema, small(name), 42) for name in names
        }
        found = cross_validate(builders, self.rows.frame, target, self.fold_of, 2)
        return {name: found[name].prediction for name in names}

    def stack(self, target: Any, weigh: Callable[..., Any]) -> Any:
        found = self.predictions(("ridge", "xgboost"), target)
        return weigh(np.column_stack(list(found.values())), target, self.fold_of)


@pytest.fixture
def folded(folder: Path) -> Folded:
    return Folded.of(data.load_train(small_params()))


@pytest.mark.parametrize("name", [*BASELINES, *CANDIDATES])
def test_a_models_prediction_of_a_row_does_not_move_with_its_own_target(
    folded: Folded, name: str
) -> None:
    def out_of_fold(target: Any) -> Any:
        return folded.predictions((name,), target)[name]

    assert moved_by_own_target(out_of_fold, folded.target, folded.fold_of == 1).max() == 0.0


def ranked_among_all(frame: pd.DataFrame) -> pd.DataFrame:
    """A careless step before the folds: a number's rank, among held-out rows as well."""
    return frame.assign(GrLivArea=frame["GrLivArea"].rank())


@pytest.mark.parametrize(
    ("before", "same"),
    [(lambda frame: frame, True), (ranked_among_all, False)],
    ids=["ours", "planted"],
)
def test_a_prediction_does_not_move_with_what_other_rows_of_its_fold_hold(
    folded: Folded, before: Callable[[pd.DataFrame], pd.DataFrame], same: bool
) -> None:
    """Encoder, medians, scales and views are fitted in each fold, on the rows of the others."""
    names = ("linear", "ridge", "svr", "xgboost")
    others = folded.fold_of == 1
    row = int(np.flatnonzero(others)[0])
    others[row] = False
    strange = folded.rows.frame.copy()
    strange[others] = wild(folded.rows).frame[others]
    found = []
    for frame in (folded.rows.frame, strange):
        rows = replace(folded.rows, frame=before(frame))
        found.append(replace(folded, rows=rows).predictions(names, folded.target))
    moved = [abs(found[0][name][row] - found[1][name][row]) for name in names]
    # The order of a sum may change its last digits.
    assert bool(max(moved) < 1e-9) is same


def test_a_planted_target_encoding_on_all_rows_is_found(folded: Folded) -> None:
    frame = folded.rows.frame

    def out_of_fold(target: Any) -> Any:
        # Fitted once, before the folds: the commonest leak of all.
        means = pd.Series(target).groupby(frame["Neighborhood"]).transform("mean")
        leaky = replace(folded.rows, frame=frame.assign(LotArea=np.exp(means)))
        return replace(folded, rows=leaky).predictions(("ridge",), target)["ridge"]

    assert moved_by_own_target(out_of_fold, folded.target, folded.fold_of == 1).max() > 0.1


def test_the_members_of_a_stack_are_weighed_without_the_rows_own_fold(folded: Folded) -> None:
    found = folded.predictions(("ridge", "xgboost"), folded.target)
    members = np.column_stack(list(found.values()))

    def out_of_fold(target: Any) -> Any:
        return cross_fitted_blend(members, target, folded.fold_of)

    def at_once(target: Any) -> Any:
        return members @ blend_weights(members, target)

    rows = folded.fold_of == 1
    assert moved_by_own_target(out_of_fold, folded.target, rows).max() == 0.0
    assert moved_by_own_target(at_once, folded.target, rows).max() > 0.0


def test_a_row_hardly_moves_its_own_prediction_by_the_stack(folded: Folded) -> None:
    """Not by nothing: the models of the other folds have seen it, and share in the weights.

    A few weights have no room to remember a row, as models that see their own rows do.
    """
    row = np.arange(len(folded.target)) == 5

    def fitted_on_all(target: Any) -> Any:
        members = {"ridge": small("ridge"), "xgboost": small("xgboost")}
        model = build_stack(members, [0.5, 0.5], folded.rows.schema, 42)
        return model.fit(folded.rows.frame, target).predict(folded.rows.frame)

    def out_of_fold(target: Any) -> Any:
        return folded.stack(target, cross_fitted_blend)

    ours = moved_by_own_target(out_of_fold, folded.target, row).max()
    assert ours < 0.1 * moved_by_own_target(fitted_on_all, folded.target, row).max()
