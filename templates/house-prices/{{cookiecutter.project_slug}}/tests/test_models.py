"""Every model on small and awkward tables; the weights of the blend."""

from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.models import (
    BASELINES,
    CANDIDATES,
    DEFAULTS,
    SMALLEST_WEIGHT,
    blend_weights,
    build_model,
    build_stack,
    cross_fitted_blend,
    search_space,
)
from {{ cookiecutter.package_name }}.schema import Column, TableSchema

SMALL: dict[str, dict[str, Any]] = {
    "random_forest": {"n_estimators": 10},
    "xgboost": {"n_estimators": 200},
    "lightgbm": {"n_estimators": 200},
}
SCHEMA = TableSchema(
    target="rent",
    columns=(
        Column(name="size", kind="number"),
        Column(name="town", kind="category", categories=("a", "b")),
        Column(name="balance", kind="number"),
        Column(name="constant", kind="number"),
        Column(name="empty", kind="number"),
        Column(name="blank", kind="category"),
    ),
)


def awkward(rows: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """A table with a constant, an empty, a negative and a rare-level column; a log-like target."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(4.0, 0.4, rows)
    town = np.where(rng.random(rows) < 0.5, "a", "b").astype(object)
    town[0] = "rare"
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "town": pd.Series(town, dtype=object),
            "balance": rng.normal(0.0, 1000.0, rows),
            "constant": np.full(rows, 3.0),
            "empty": np.full(rows, np.nan),
            "blank": pd.Series([None] * rows, dtype=object),
        }
    )
    target = np.log(size) + 0.3 * (town == "a") + rng.normal(0.0, 0.05, rows) + 8.0
    return frame, target


@pytest.mark.parametrize("name", [*BASELINES, *CANDIDATES])
def test_every_model_learns_from_thirty_rows(name: str) -> None:
    frame, target = awkward(30)
    model = build_model(name, SCHEMA, SMALL.get(name, {}), seed=0).fit(frame, target)
    assert [step for step, _ in model.steps] == ["encode", "derive", "model"]
    assert np.isfinite(model.predict(frame)).all()


def test_a_category_of_rare_levels_is_enough_of_a_table() -> None:
    levels = tuple(f"level {number}" for number in range(20))
    schema = TableSchema(
        target="rent", columns=(Column(name="town", kind="category", categories=levels),)
    )
    frame = pd.DataFrame({"town": pd.Series([*levels, *levels], dtype=object)})
    frame.loc[:3, "town"] = levels[7]
    target = np.where(frame["town"] == levels[7], 10.0, 8.0)
    found = build_model("linear", schema, {}, seed=0).fit(frame, target).predict(frame)
    # The commonest level is the one that the model sees.
    assert (found[target > 9.0] > found[target < 9.0].max()).all()


@pytest.mark.parametrize("name", [name for name in CANDIDATES if name != "ridge"])
def test_a_default_means_the_same_in_any_unit_of_the_target(name: str) -> None:
    frame, target = awkward(80)
    settings = SMALL.get(name, {})
    plain = build_model(name, SCHEMA, settings, seed=0).fit(frame, target).predict(frame)
    scaled = build_model(name, SCHEMA, settings, seed=0).fit(frame, target * 4096.0)
    np.testing.assert_allclose(scaled.predict(frame) / 4096.0, plain, atol=0.02)


@pytest.mark.parametrize("name", CANDIDATES)
def test_candidates_beat_the_mean_on_rows_they_have_not_seen(name: str) -> None:
    frame, target = awkward(300)
    model = build_model(name, SCHEMA, SMALL.get(name, {}), seed=0)
    errors = model.fit(frame[:200], target[:200]).predict(frame[200:]) - target[200:]
    assert np.sqrt(np.mean(errors**2)) < 0.6 * target[200:].std()


def test_the_same_seed_gives_the_same_model() -> None:
    frame, target = awkward(80)
    model = build_model("lightgbm", SCHEMA, SMALL["lightgbm"], seed=3)
    first = model.fit(frame, target).predict(frame)
    np.testing.assert_array_equal(first, clone(model).fit(frame, target).predict(frame))


def test_the_stack_is_the_weighted_mean_of_its_members() -> None:
    frame, target = awkward(80)
    weights = np.array([3.0, 1.0])
    stack = build_stack({"ridge": {}, "svr": {}}, weights, SCHEMA, seed=0).fit(frame, target)
    members = [
        build_model(name, SCHEMA, {}, seed=0).fit(frame, target).predict(frame)
        for name in ("ridge", "svr")
    ]
    expected = 0.75 * members[0] + 0.25 * members[1]
    np.testing.assert_allclose(stack.predict(frame), expected, rtol=1e-12)


def test_a_fit_leaves_the_hyperparameters_as_they_were_given() -> None:
    frame, target = awkward(60)
    model = build_model("svr", SCHEMA, {"C": 7.0}, seed=0).fit(frame, target * 1000.0)
    assert model.named_steps["model"].named_steps["estimator"].get_params()["C"] == 7.0


def test_an_unknown_hyperparameter_is_named() -> None:
    with pytest.raises(UserError, match=r"models\.ridge\.depth"):
        build_model("ridge", SCHEMA, {"depth": 3}, seed=0)


def test_an_unknown_model_is_named_with_those_that_exist() -> None:
    with pytest.raises(UserError, match=r"catboost; use one of .*lightgbm"):
        build_model("catboost", SCHEMA, {}, seed=0)


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [1.0, -1.0]])
def test_weights_that_are_no_shares_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="one weight per member"):
        build_stack({"ridge": {}, "svr": {}}, weights, SCHEMA, seed=0)


@pytest.mark.parametrize("name", CANDIDATES)
def test_whatever_the_search_suggests_can_be_built(name: str) -> None:
    trial = optuna.create_study().ask()
    suggested = search_space(name, trial)
    assert set(DEFAULTS[name]) <= set(suggested)
    build_model(name, SCHEMA, suggested, seed=0)


def test_a_baseline_has_nothing_to_tune() -> None:
    with pytest.raises(UserError, match="nothing to tune"):
        search_space("mean", optuna.create_study().ask())


@settings(max_examples=80, deadline=None)
@given(arrays(np.float64, (12, 3), elements=st.floats(-5, 5)), st.integers(0, 100))
def test_blend_weights_are_shares_and_no_worse_than_any_member(oof: np.ndarray, seed: int) -> None:
    y = np.random.default_rng(seed).normal(size=12)
    weights = blend_weights(oof, y)
    assert weights.sum() == pytest.approx(1.0)
    assert ((weights == 0.0) | (weights >= SMALLEST_WEIGHT - 1e-9)).all()
    best = min(np.mean((oof[:, column] - y) ** 2) for column in range(3))
    # A member under SMALLEST_WEIGHT is left out, which may cost a trace.
    assert np.mean((oof @ weights - y) ** 2) <= best * 1.05 + 1e-6


def test_two_models_that_err_apart_share_the_blend() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=500)
    oof = np.column_stack([y + rng.normal(size=500), y + rng.normal(size=500), y + 50.0])
    weights = blend_weights(oof, y)
    assert weights[:2] == pytest.approx([0.5, 0.5], abs=0.1)
    assert weights[2] == 0.0


def test_no_row_has_a_say_in_how_it_is_blended() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=60)
    oof = y[:, None] + rng.normal(size=(60, 3))
    folds = np.arange(60) % 5
    before = cross_fitted_blend(oof, y, folds)
    changed = y.copy()
    changed[folds == 2] += 10.0
    after = cross_fitted_blend(oof, changed, folds)
    np.testing.assert_array_equal(before[folds == 2], after[folds == 2])
