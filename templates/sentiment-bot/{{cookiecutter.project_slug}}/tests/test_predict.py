"""`predict`: the same answers as the API for a whole file, and a clear word on bad files."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from {{ cookiecutter.package_name }} import predict
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.errors import UserError

SOURCE = Path(predict.__file__).parents[1]
TEXTS = ["the food was great", 'he said "no", and\nleft', "\U0001f600 &amp; @anna", "\u0645\u0631"]


@pytest.fixture(scope="module")
def predictor(trained_folder: Path) -> Predictor:
    return Predictor.load(trained_folder)


def score(source: Path, models: Path, text: str | None = None) -> list[dict[str, str]]:
    output = source.with_name("out.csv")
    predict.predict_file(source, output, models, text)
    with output.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_a_file_of_any_kind_is_scored_as_the_predictor_does(
    ending: str, predictor: Predictor, trained_folder: Path, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"tweet_id": [7, 5, 9, 1], "text": TEXTS, "other": "x"})
    path = tmp_path / f"in.{ending}"
    write = {
        "csv": lambda: frame.to_csv(path, index=False),
        "tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        "jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        "parquet": lambda: frame.to_parquet(path),
    }
    write[ending]()
    rows = score(path, trained_folder)
    columns = [f"p_{name}" for name in predictor.classes]
    assert list(rows[0]) == ["tweet_id", "prediction", "confidence", *columns]
    assert [row["tweet_id"] for row in rows] == ["7", "5", "9", "1"]
    found = np.array([[float(row[name]) for name in columns] for row in rows])
    np.testing.assert_allclose(found, predictor.probabilities(TEXTS), atol=1e-5)
    best = found.argmax(axis=1)
    assert [row["prediction"] for row in rows] == [predictor.classes[i] for i in best]
    assert [float(row["confidence"]) for row in rows] == found.max(axis=1).tolist()


def test_rows_without_an_identifier_are_named_by_their_lines(
    trained_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_text('id,text\n1,one\n\n1,"two\nlines"\n2,three\n')
    assert [row["line"] for row in score(path, trained_folder)] == ["2", "4", "6"]


def test_the_column_may_be_named_or_counted(trained_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("review\nso good\n")
    with pytest.raises(UserError, match=r"no column text \(--text\).*Columns: 'review'"):
        score(tmp_path / "in.csv", trained_folder)
    assert len(score(tmp_path / "in.csv", trained_folder, "review")) == 1
    assert len(score(tmp_path / "in.csv", trained_folder, "0")) == 2


def test_more_texts_than_a_batch_stay_in_their_order(
    predictor: Predictor, trained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "BATCH", 7)
    texts = [f"the room was {word} {i}" for i in range(20) for word in ("good", "bad")]
    (tmp_path / "in.csv").write_text("text\n" + "\n".join(texts) + "\n")
    rows = score(tmp_path / "in.csv", trained_folder)
    assert [row["prediction"] for row in rows] == [p.label for p in predictor.predict(texts)]


def test_a_text_that_is_cut_is_told(trained_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nshort\n" + "word " * 2000 + "\n")
    scored = predict.predict_file(tmp_path / "in.csv", tmp_path / "out.csv", trained_folder)
    assert (scored.rows, scored.cut) == (2, 1)
    console = Console(file=io.StringIO(), width=200)
    predict.show(scored, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"1 text is longer than the {scored.max_length:,} tokens" in shown
    assert "Wrote 2 predictions" in shown


def test_an_empty_text_is_named_and_the_old_output_stays(
    trained_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,fine\n2,  \n")
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(UserError, match=r"in\.csv, row 3: text is empty"):
        score(tmp_path / "in.csv", trained_folder)
    assert (tmp_path / "out.csv").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "out.csv"}


def test_files_that_cannot_be_used_are_refused(trained_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    with pytest.raises(UserError, match=r"in\.csv: no such file"):
        score(path, trained_folder)
    path.write_text("text\nfine\n")
    with pytest.raises(UserError, match="is the input too"):
        predict.predict_file(path, path, trained_folder)
    with pytest.raises(UserError, match=r"out: .*Name another --output"):
        predict.predict_file(path, tmp_path / "in.csv" / "out", trained_folder)
    with pytest.raises(UserError, match=r"Run `train`|run `train`"):
        score(path, tmp_path / "models")


def test_scoring_loads_nothing_that_only_training_has() -> None:
    script = (
        "import sys, json, {{ cookiecutter.package_name }}.predict\n"
        "heavy = {'pandas', 'sklearn', 'scipy', 'torch', 'transformers', 'datasets', 'pyarrow'}\n"
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
