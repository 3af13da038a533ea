"""`drift` of this project: what is compared with what, what is reported, and the exit code."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import drift, reference
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog, Record
from {{ cookiecutter.package_name }}.sample import make_sample
from {{ cookiecutter.package_name }}.sections import DriftParams

SOURCE = Path(drift.__file__).parents[1]
QUICK = DriftParams(min_auc=1.0)  # no classifier is as good, so none is asked why


def houses(rows: int, seed: int) -> list[dict[str, Any]]:
    """Made-up houses as JSON would have them, without identifier and price."""
    table = make_sample(rows, seed).drop(columns=["Id", "SalePrice"]).astype(object)
    return table.where(table.notna(), None).to_dict("records")  # type: ignore[return-value]


def training_rows() -> list[dict[str, Any]]:
    """The rows that the reference was made from: the same in distribution without any luck."""
    table = pd.read_parquet("data/processed/train.parquet").drop(columns=["SalePrice"])
    table = table.astype(object)
    return table.where(table.notna(), None).to_dict("records")  # type: ignore[return-value]


def write_log(folder: Path, rows: list[dict[str, Any]], left_out: tuple[str, ...] = ()) -> None:
    """What `serve` writes when it is asked for these rows."""
    predictor = Predictor.load(Path("models"))
    names = predictor.inputs
    log = PredictionLog(folder, names, predictor.manifest.version, left_out)
    inputs = [[row[name] for name in names] for row in rows]
    found = predictor.predict([predictor.encode(values) for values in inputs])
    for number, (values, prediction) in enumerate(zip(inputs, found, strict=True)):
        log.add(f"request-{number}", values, prediction)
    log.close()


def check(**settings: Any) -> drift.DriftResult:
    return drift.drift(small_params(drift=settings))


def test_the_reference_is_the_training_rows_with_honest_predictions(project: Path) -> None:
    found = reference.read(Path("models"))
    train = pd.read_parquet("data/processed/train.parquet")
    predictor = Predictor.load(Path("models"))
    assert len(found.sample.frame) == len(train)
    pd.testing.assert_frame_equal(
        found.sample.frame[["LotArea", "Neighborhood"]],
        train[["LotArea", "Neighborhood"]].reset_index(drop=True),
        check_dtype=False,
    )
    # Out of fold: further from the true prices than what the model says of rows that it knows.
    rows = found.sample.inputs().astype(object)
    rows = rows.where(rows.notna(), None)
    fitted = predictor.prices(
        np.array([predictor.encode(values) for values in rows.itertuples(index=False)])
    )
    prices = train["SalePrice"].to_numpy()
    error = np.abs(np.log(found.sample.frame["prediction"].to_numpy() / prices)).mean()
    assert error > np.abs(np.log(fitted / prices)).mean()


def test_a_large_training_set_is_sampled(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from {{ cookiecutter.package_name }}.data import load_train

    monkeypatch.setattr(reference, "MOST_ROWS", 50)
    data = load_train(small_params())
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        reference.write(data, data.target.to_numpy(), 3, folder)
    rows = [pd.read_parquet(tmp_path / name / reference.NAME) for name in ("a", "b")]
    assert len(rows[0]) == 50
    pd.testing.assert_frame_equal(*rows)


def test_unchanged_requests_are_no_drift_and_the_report_says_so(project: Path) -> None:
    write_log(Path("logs/predictions"), training_rows())
    result = check()
    assert not result.drifted
    document = json.loads(Path("reports/drift.json").read_text())
    assert document["drifted"] is False
    assert (document["reference_rows"], document["logged_rows"]) == (128, 128)
    assert document["model"] == result.model == next(iter(result.versions))
    assert datetime.fromisoformat(document["checked"]).tzinfo is not None
    names = {column["name"] for column in document["columns"]}
    assert names == {*Predictor.load(Path("models")).inputs, "prediction"}
    assert set(document["columns"][0]) >= {
        *("name", "kind", "test", "statistic", "p_value", "q_value", "distance", "drifted")
    }
    assert set(document["domain"]) == {"auc", "p_value", "drifted", "importance"}


def test_larger_houses_are_found_and_the_classifier_agrees(project: Path) -> None:
    rows = [{**row, "GrLivArea": row["GrLivArea"] * 2} for row in training_rows()]
    write_log(Path("logs/predictions"), rows)
    result = check()
    assert result.columns[0].name == "GrLivArea"
    assert {column.name for column in result.columns if column.drifted} <= {
        *("GrLivArea", "prediction")
    }
    assert result.domain.drifted
    assert next(iter(result.domain.importance)) == "GrLivArea"


def test_columns_that_are_not_logged_are_left_out_and_said(project: Path) -> None:
    write_log(Path("logs/predictions"), houses(80, 901), left_out=("LotArea", "Fence"))
    result = check()
    assert set(result.skipped) == {"LotArea", "Fence"}
    assert "LotArea" not in {column.name for column in result.columns}


def test_rows_of_another_version_count_for_the_inputs_alone(project: Path) -> None:
    trained = reference.read(Path("models"))
    records = [
        Record(datetime.now(UTC), str(i), version, row, {"prediction": 1e9})
        for i, row in enumerate(houses(120, 901))
        for version in (["older"] if i < 100 else [trained.version])
    ]
    logged, columns, _ = drift.compare(trained, records, QUICK, seed=0)
    assert logged.versions == {"older": 100, trained.version: 20}
    assert "20 rows are by this model's version" in logged.skipped["prediction"]
    assert "prediction" not in {column.name for column in columns}
    settings = DriftParams(min_rows=20, min_auc=1.0)
    logged, columns, _ = drift.compare(trained, records, settings, seed=0)
    assert logged.skipped == {}
    assert columns[0].name == "prediction"


def test_a_value_that_no_longer_fits_leaves_its_column_out(project: Path) -> None:
    trained = reference.read(Path("models"))
    rows = [{**row, "LotArea": "large"} for row in houses(60, 901)]
    records = [
        Record(datetime.now(UTC), str(i), "older", row, {"prediction": 1.0})
        for i, row in enumerate(rows)
    ]
    logged, _, _ = drift.compare(trained, records, QUICK, seed=0)
    assert "'large' is not a number" in logged.skipped["LotArea"]


def test_too_few_rows_old_rows_and_no_log_are_refused_in_one_line(project: Path) -> None:
    with pytest.raises(UserError, match="no prediction log"):
        check()
    write_log(Path("logs/predictions"), houses(30, 901))
    with pytest.raises(UserError, match=r"30 rows of the last 30 days, 50 are needed") as caught:
        check()
    assert "\n" not in str(caught.value)
    assert not Path("reports/drift.json").exists()
    with pytest.raises(UserError, match=r"30 rows, 31 are needed"):
        check(min_rows=31, since_days=None)
    assert len(check(min_rows=30).logged.frame) == 30


def test_a_changed_reference_is_refused(project: Path) -> None:
    write_log(Path("logs/predictions"), houses(60, 901))
    path = Path("models") / reference.NAME
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(UserError, match=r"reference\.parquet: its SHA-256 is not"):
        check()


@pytest.mark.slow
def test_the_exit_code_says_it(project: Path) -> None:
    """0: no drift; 3: drift; 2: no verdict."""
    Path("params.yaml").write_text("data:\n  sample_rows: 160\n")
    rows = training_rows()
    write_log(Path("logs/quiet"), rows)
    write_log(Path("logs/loud"), [{**row, "YearBuilt": None} for row in rows])
    expected = {"quiet": 0, "loud": 3, "none": 2}
    found = {name: run("--set", f"drift.log=logs/{name}") for name in expected}
    assert {name: each.returncode for name, each in found.items()} == expected
    assert "No drift: 0 of" in found["quiet"].stdout
    assert "YearBuilt" in found["loud"].stdout
    assert found["none"].stderr.count("\n") == 1


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "{{ cookiecutter.package_name }}", "drift", *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
