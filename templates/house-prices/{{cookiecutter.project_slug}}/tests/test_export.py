"""The ONNX graph against scikit-learn: every model, awkward values, and the refusal."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline

from {{ cookiecutter.package_name }} import ames, export, onnx_graph
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.models import (
    BASELINES,
    CANDIDATES,
    build_model,
    build_stack,
)
from {{ cookiecutter.package_name }}.schema import Column, TableSchema

TREES: dict[str, dict[str, Any]] = {
    name: {"n_estimators": 25} for name in ("random_forest", "xgboost", "lightgbm")
}
# Of Ames' names, so that every kind of derived column is in the graph; the last two are not.
SCHEMA = TableSchema(
    target="price",
    columns=(
        *(
            Column(name=name, kind="number")
            for name in ("OverallQual", "OverallCond", "GrLivArea", "TotalBsmtSF", "PoolArea")
        ),
        *(Column(name=name, kind="number") for name in ("1stFlrSF", "2ndFlrSF", "YearBuilt")),
        *(Column(name=name, kind="number") for name in ("YearRemodAdd", "YrSold", "MSSubClass")),
        Column(name="Neighborhood", kind="category", categories=("a", "b", "c")),
        Column(name="SaleCondition", kind="category", categories=("Normal", "Partial")),
        Column(name="KitchenQual", kind="category", categories=("TA", "Gd", "Ex")),
        Column(name="balance", kind="number"),
        Column(name="empty", kind="number"),
    ),
)


def houses(rows: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """A canonical table with gaps, and a log price that depends on it."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(index=range(rows))
    for column in SCHEMA.columns:
        if column.kind == "category":
            levels = np.array([*column.categories, None], dtype=object)
            frame[column.name] = pd.Series(rng.choice(levels, rows), dtype=object)
        else:
            # Thirds do not fit into single precision: a rounding on the way would show.
            frame[column.name] = rng.integers(0, 3000, rows) / 3.0
    frame["balance"] -= 500.0
    frame["empty"] = np.nan
    frame["OverallQual"] = rng.integers(1, 11, rows).astype(float)
    frame.loc[rng.random(rows) < 0.1, "GrLivArea"] = np.nan
    kitchen = frame["KitchenQual"].map({"Gd": 0.1, "Ex": 0.3}).fillna(0.0).astype(float)
    area = frame["GrLivArea"].fillna(500.0) / 1000.0
    price = 11.0 + 0.1 * frame["OverallQual"] + area + kitchen + rng.normal(0, 0.1, rows)
    return frame, price.to_numpy()


def fitted(name: str) -> tuple[Pipeline, pd.DataFrame]:
    frame, price = houses(200)
    if name == "stack":
        members = {each: TREES.get(each, {}) for each in CANDIDATES}
        pipeline = build_stack(members, np.arange(1.0, len(members) + 1), SCHEMA, seed=0)
    else:
        pipeline = build_model(name, SCHEMA, TREES.get(name, {}), seed=0)
    return pipeline.fit(frame, price), frame


def graph_predictions(pipeline: Pipeline, encoded: np.ndarray) -> np.ndarray:
    content = onnx_graph.build(pipeline).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"encoded": encoded})[0][:, 0])


@pytest.mark.parametrize("name", [*BASELINES, *CANDIDATES, "stack"])
def test_the_graph_agrees_with_scikit_learn_on_rows_that_no_model_has_seen(name: str) -> None:
    pipeline, _ = fitted(name)
    frame, _ = houses(300, seed=1)
    frame.loc[0, :] = np.nan
    frame.loc[0, list(SCHEMA.categories)] = None
    frame.loc[1, "Neighborhood"] = "never seen"
    frame.loc[2, "KitchenQual"] = "never seen"
    frame.loc[3, ["GrLivArea", "SaleCondition"]] = [ames.UNFINISHED_ABOVE + 1.0, "Partial"]
    frame.loc[4, "balance"] = -1e9
    frame.loc[5, "GrLivArea"] = 1e9
    encoded = pipeline.named_steps["encode"].transform(frame)
    expected = pipeline.predict(frame)
    np.testing.assert_allclose(graph_predictions(pipeline, encoded), expected, atol=2e-5)


@pytest.mark.parametrize("name", sorted(TREES))
def test_a_value_on_a_split_takes_the_side_that_it_took_in_training(name: str) -> None:
    rng = np.random.default_rng(0)
    # Values around numbers that single precision cannot hold, and the doubles next to them.
    base = rng.integers(0, 50, 2000) / 3.0 + 1e6
    value = np.concatenate([base, np.nextafter(base, np.inf), np.nextafter(base, -np.inf)])
    value = np.concatenate([value, value.astype(np.float32).astype(np.float64)])
    schema = TableSchema(target="y", columns=(Column(name="x", kind="number"),))
    frame = pd.DataFrame({"x": value})
    target = np.sin(value * 5.0)
    pipeline = build_model(name, schema, {**TREES[name]}, seed=0).fit(frame, target)
    model = pipeline.named_steps["model"]
    thresholds = np.unique(value)
    between = (thresholds[1:] + thresholds[:-1]) / 2.0
    for around in (between, np.nextafter(between, -np.inf), np.nextafter(between, np.inf)):
        probe = pd.DataFrame({"x": np.concatenate([thresholds, around])})
        encoded = pipeline.named_steps["encode"].transform(probe)
        expected = model.predict(pipeline.named_steps["derive"].transform(encoded))
        np.testing.assert_allclose(graph_predictions(pipeline, encoded), expected, atol=1e-5)


def test_export_writes_what_serving_needs_and_returns_the_largest_difference(
    tmp_path: Path,
) -> None:
    pipeline, frame = fitted("stack")
    difference = export.export(pipeline, SCHEMA, frame, "log", tmp_path)
    assert 0.0 <= difference <= export.LARGEST_DIFFERENCE
    assert {path.name for path in tmp_path.iterdir()} == {
        "model.onnx",
        "schema.json",
        "background.npy",
    }
    background = np.load(tmp_path / "background.npy")
    encoded = pipeline.named_steps["encode"].transform(frame)
    assert background.shape == (export.BACKGROUND_ROWS, len(SCHEMA.columns))
    for row in background:
        assert any(np.array_equal(row, each, equal_nan=True) for each in encoded)


def test_a_graph_that_differs_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, frame = fitted("ridge")
    other, _ = fitted("mean")
    wrong = onnx_graph.build(other)
    monkeypatch.setattr(onnx_graph, "build", lambda _: wrong)
    with pytest.raises(UserError, match=r"row \d+ .* differs from scikit-learn") as caught:
        export.export(pipeline, SCHEMA, frame, "log", tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_target_in_dollars_is_compared_as_a_share_of_its_spread(tmp_path: Path) -> None:
    frame, log_price = houses(200)
    price = np.exp(log_price)
    pipeline = build_model("lightgbm", SCHEMA, TREES["lightgbm"], seed=0).fit(frame, price)
    assert export.export(pipeline, SCHEMA, frame, "identity", tmp_path) <= 1e-5


def test_an_estimator_without_an_onnx_form_is_named() -> None:
    pipeline, _ = fitted("ridge")
    member = pipeline.named_steps["model"]
    neighbours = KNeighborsRegressor().fit([[0.0], [1.0], [2.0], [3.0], [4.0]], np.arange(5.0))
    member.steps[-1] = ("estimator", neighbours)
    with pytest.raises(UserError, match="KNeighborsRegressor has no ONNX form"):
        onnx_graph.build(pipeline)
