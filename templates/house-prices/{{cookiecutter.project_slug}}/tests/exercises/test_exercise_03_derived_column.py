"""Exercise 3: a derived column, HasPorch, which training and serving compute alike."""

from pathlib import Path

import numpy as np
import pandas as pd

from {{ cookiecutter.package_name }}.columns import infer_schema
from {{ cookiecutter.package_name }}.config import DataParams
from {{ cookiecutter.package_name }}.export import LARGEST_DIFFERENCE, export
from {{ cookiecutter.package_name }}.features import DerivedFeatures, TableEncoder
from {{ cookiecutter.package_name }}.models import build_model
from {{ cookiecutter.package_name }}.schema import TableSchema

PORCHES = ["WoodDeckSF", "OpenPorchSF", "EnclosedPorch", "3SsnPorch", "ScreenPorch"]


def houses() -> pd.DataFrame:
    """Forty houses: each has another of the porches, or none."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"LotArea": rng.normal(9_000, 500, 40)})
    for kind, name in enumerate(PORCHES):
        frame[name] = np.where(np.arange(40) % 6 == kind, rng.integers(20, 200, 40), 0.0)
    return frame


def schema_of(frame: pd.DataFrame) -> TableSchema:
    return infer_schema(frame.assign(price=1.0), None, DataParams(target="price"))


def test_has_porch_is_one_where_there_is_any_porch() -> None:
    frame = houses()
    schema = schema_of(frame)
    derive = DerivedFeatures(schema)
    values = derive.fit_transform(TableEncoder(schema).fit_transform(frame))
    assert "HasPorch" in derive.names_, (
        "there is no column HasPorch. Add a line to DERIVED in ames.py; HasPool shows how."
    )
    found = values[:, derive.names_.index("HasPorch")]
    expected = (frame[PORCHES].sum(axis=1) > 0).to_numpy(dtype=float)
    wrong = np.flatnonzero(found != expected)
    assert not wrong.size, f"HasPorch is {found[wrong[0]]:g} for {frame.iloc[wrong[0]].to_dict()}"


def test_a_table_without_porches_gets_no_such_column() -> None:
    frame = houses()[["LotArea"]]
    schema = schema_of(frame)
    derive = DerivedFeatures(schema).fit(TableEncoder(schema).fit_transform(frame))
    assert "HasPorch" not in derive.names_, "nothing is known of porches in this table"


def test_the_served_graph_computes_it_too(tmp_path: Path) -> None:
    frame = houses()
    schema = schema_of(frame)
    price = np.log(100_000 + frame["LotArea"] + 5_000 * (frame[PORCHES].sum(axis=1) > 0))
    model = build_model("ridge", schema, {}, seed=0).fit(frame, price.to_numpy())
    difference = export(model, schema, frame, "log", tmp_path)
    assert difference <= LARGEST_DIFFERENCE, "the ONNX graph and scikit-learn disagree"
