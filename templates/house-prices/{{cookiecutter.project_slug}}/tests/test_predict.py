"""`predict`: the same prices as scikit-learn and as the API, and a clear word on bad files."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }} import predict
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.errors import UserError

SOURCE = Path(predict.__file__).parents[1]


@pytest.fixture(scope="session")
def held_out(trained_project: Path) -> pd.DataFrame:
    """The rows that training has not seen, canonical."""
    return pd.read_parquet(trained_project / "data" / "processed" / "test.parquet")


@pytest.fixture
def rows(held_out: pd.DataFrame, predictor: Predictor) -> list[dict[str, object]]:
    """The held-out rows as JSON would have them: None where there is no value."""
    frame = held_out[list(predictor.schema.names)].astype(object)
    return frame.where(frame.notna(), None).to_dict("records")  # type: ignore[no-any-return]


def write(path: Path, rows: list[dict[str, object]], separator: str = ",") -> Path:
    """Rows as CSV, with an identifier in front and NA for missing."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(["Id", *rows[0]])
        for number, row in enumerate(rows, start=7):
            writer.writerow([number, *("NA" if v is None else v for v in row.values())])
    return path


def score(path: Path, models: Path) -> pd.DataFrame:
    output = path.with_name("out.csv")
    predict.predict_file(path, output, models)
    return pd.read_csv(output)


def test_the_file_the_api_and_scikit_learn_agree_on_every_held_out_row(
    rows: list[dict[str, object]],
    held_out: pd.DataFrame,
    trained_folder: Path,
    client: TestClient,
    tmp_path: Path,
) -> None:
    scored = score(write(tmp_path / "in.csv", rows), trained_folder)
    served = [client.post("/predict", json=row).json() for row in rows]
    for name in ("prediction", "lower", "upper"):
        np.testing.assert_allclose([each[name] for each in served], scored[name], rtol=1e-9)
    pipeline = joblib.load(trained_folder / "model.joblib")
    expected = np.exp(pipeline.predict(held_out[list(rows[0])]))
    np.testing.assert_allclose(scored["prediction"], expected, rtol=1e-4)


def test_the_output_has_identifier_prediction_and_interval(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    scored = score(write(tmp_path / "in.csv", rows), trained_folder)
    assert list(scored.columns) == ["Id", "prediction", "lower", "upper"]
    assert scored["Id"].tolist() == list(range(7, 7 + len(rows)))
    assert (scored["lower"] < scored["prediction"]).all()
    assert (scored["prediction"] < scored["upper"]).all()


def test_order_extra_columns_separator_and_line_ends_do_not_matter(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    expected = score(write(tmp_path / "in.csv", rows), trained_folder)
    shuffled = [{"SalePrice": 1, **dict(reversed(row.items())), "note": "a; b"} for row in rows]
    path = write(tmp_path / "other.csv", shuffled, separator=";")
    header, _, rest = path.read_text(encoding="utf-8").partition("\n")
    path.write_text(header.replace(";", " ; ") + "\n" + rest, encoding="utf-8")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n")
    pd.testing.assert_frame_equal(score(path, trained_folder), expected)


def test_what_is_not_used_or_not_known_is_said(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    strange = [{**row, "Neighborhood": "Atlantis", "SalePrice": 1} for row in rows[:3]]
    path = write(tmp_path / "in.csv", strange)
    scored = predict.predict_file(path, tmp_path / "out.csv", trained_folder)
    assert scored.rows == 3
    assert scored.unseen["Neighborhood"] == 3
    assert "SalePrice" in scored.unused
    console = Console(file=io.StringIO(), width=200)
    predict.show(scored, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Neighborhood: 3 rows" in shown
    assert "Wrote 3 predictions" in shown


def test_a_missing_column_is_named(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    short = [{k: v for k, v in row.items() if k not in ("LotArea", "Neighborhood")} for row in rows]
    path = write(tmp_path / "in.csv", short)
    with pytest.raises(UserError, match=r"in\.csv: no column LotArea, Neighborhood"):
        predict.predict_file(path, tmp_path / "out.csv", trained_folder)


def test_a_cell_that_is_no_number_is_named_and_the_old_output_stays(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    rows[2] = {**rows[2], "LotArea": "1,000"}
    path, output = write(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    output.write_text("old")
    with pytest.raises(UserError, match=r"in\.csv, row 4: LotArea is '1,000'"):
        predict.predict_file(path, output, trained_folder)
    assert output.read_text() == "old"
    assert {each.name for each in tmp_path.iterdir()} == {"in.csv", "out.csv"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"a,a\n1,2\n", "a twice"),
        (b"a,b\n1\n", "no column"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(
    content: bytes, message: str, trained_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        predict.predict_file(path, tmp_path / "out.csv", trained_folder)
    assert "\n" not in str(caught.value)


def test_a_row_with_too_few_cells_is_named(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "in.csv", rows[:2])
    path.write_text(path.read_text() + "1,2\n", encoding="utf-8")
    with pytest.raises(UserError, match="row 4: 2 cells"):
        predict.predict_file(path, tmp_path / "out.csv", trained_folder)


def test_a_header_without_rows_and_a_file_that_is_not_there_are_refused(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    with pytest.raises(UserError, match=r"in\.csv: No such file"):
        predict.predict_file(path, tmp_path / "out.csv", trained_folder)
    path.write_text(",".join(rows[0]) + "\n")
    with pytest.raises(UserError, match="no row below the header"):
        predict.predict_file(path, tmp_path / "out.csv", trained_folder)
    assert not (tmp_path / "out.csv").exists()


def test_an_output_that_is_the_input_too_is_refused(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "in.csv", rows)
    before = path.read_bytes()
    with pytest.raises(UserError, match="is the input too"):
        predict.predict_file(path, path, trained_folder)
    assert path.read_bytes() == before


def test_a_field_too_long_for_csv_is_refused_in_one_line(
    rows: list[dict[str, object]], trained_folder: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "in.csv", [{**rows[0], "Neighborhood": "x" * 200_000}])
    with pytest.raises(UserError, match="not valid CSV"):
        predict.predict_file(path, tmp_path / "out.csv", trained_folder)


def test_a_changed_model_is_refused(trained_folder: Path, tmp_path: Path, project: Path) -> None:
    graph = project / "models" / "model.onnx"
    graph.write_bytes(graph.read_bytes() + b"\0")
    with pytest.raises(UserError, match=r"model\.onnx: its SHA-256 is not the manifest's"):
        Predictor.load(project / "models")


def test_scoring_and_serving_load_nothing_that_only_training_has(trained_folder: Path) -> None:
    script = (
        "import sys, json, {{ cookiecutter.package_name }}.predict, "
        "{{ cookiecutter.package_name }}.api.server\n"
        "heavy = {'pandas', 'sklearn', 'scipy', 'xgboost', 'lightgbm', 'mlflow', 'shap', 'onnx'}\n"
        "print(json.dumps(sorted(heavy & set(sys.modules))))"
    )
    process = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(process.stdout) == []
