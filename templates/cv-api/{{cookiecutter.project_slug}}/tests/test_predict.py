"""`predict`: the same answers as the API for many pictures, and a clear word on bad ones."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from picture_kinds import exif, file, scene
from PIL import Image
from pyarrow import parquet
from rich.console import Console
from small_model import CLASSES, encoded, picture, write_model

from {{ cookiecutter.package_name }} import predict
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.errors import UserError

SOURCE = Path(predict.__file__).parents[1]
COLUMNS = ["prediction", "sure", "confidence", *(f"p_{name}" for name in CLASSES), "error"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colours")
    write_model(folder)
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with pictures of several kinds, and with what is none."""
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    (folder / "red.png").write_bytes(encoded(picture("red")))
    (folder / "trip/blue.JPG").write_bytes(encoded(picture("blue"), "JPEG"))
    (folder / "trip/no ending").write_bytes(encoded(picture("green", "green", "blue"), "WEBP"))
    (folder / "notes.txt").write_text("not a picture")
    (folder / "trip/broken.jpg").write_bytes(encoded(picture("red"), "JPEG")[:200])
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails/red.png").write_bytes(encoded(picture("red")))
    return folder


def score(source: Path, models: Path, image: str | None = None) -> list[dict[str, str]]:
    output = models.parent / "out.csv"
    predict.predict_files(source, output, models, image)
    with output.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_every_file_of_a_folder_has_a_row_with_its_name(photos: Path, models: Path) -> None:
    rows = {row["file"]: row for row in score(photos, models)}
    assert list(rows) == [
        *("notes.txt", "red.png", "trip/blue.JPG", "trip/broken.jpg", "trip/no ending")
    ]
    assert list(rows["red.png"]) == ["file", *COLUMNS]
    predictor = Predictor.load(models)
    for name in ("red.png", "trip/blue.JPG", "trip/no ending"):
        (expected,) = predictor.predict([(photos / name).read_bytes()])
        row = rows[name]
        assert row["prediction"] == expected.label
        assert row["sure"] == ("yes" if expected.sure else "no")
        assert float(row["confidence"]) == pytest.approx(expected.confidence, abs=1e-5)
        found = [float(row[f"p_{each}"]) for each in CLASSES]
        np.testing.assert_allclose(found, list(expected.probabilities.values()), atol=1e-5)
        assert row["error"] == ""
    assert rows["notes.txt"]["error"] == "not a picture that can be read (a text)"
    assert "ends too early" in rows["trip/broken.jpg"]["error"]
    assert rows["notes.txt"]["prediction"] == rows["notes.txt"]["p_red"] == ""


def test_one_picture_is_scored_by_itself(tmp_path: Path, models: Path) -> None:
    (tmp_path / "a.gif").write_bytes(encoded(picture("green"), "GIF"))
    (row,) = score(tmp_path / "a.gif", models)
    assert (row["file"], row["prediction"]) == ("a.gif", "green")


def test_more_pictures_than_a_batch_stay_in_their_order(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "BATCH", 7)
    for i in range(40):
        name = CLASSES[i % 3] if i % 11 else "nothing"
        content = b"" if name == "nothing" else encoded(picture(name, size=(40 + i, 40)))
        (tmp_path / f"{i:02}-{name}.png").write_bytes(content)
    rows = score(tmp_path, models)
    assert len(rows) == 40
    for row in rows:
        assert row["file"].endswith(f"-{row['prediction'] or 'nothing'}.png")


def as_parquet(path: Path, **columns: list[object]) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def test_the_hubs_form_of_pictures_is_scored_under_their_files_names(
    tmp_path: Path, models: Path
) -> None:
    cells: list[object] = [
        {"bytes": encoded(picture(name)), "path": f"{name}.png"} for name in CLASSES
    ]
    path = as_parquet(tmp_path / "in.parquet", img=cells, label=[0, 1, 2])
    rows = score(path, models)
    assert [row["file"] for row in rows] == [f"{name}.png" for name in CLASSES]
    assert [row["prediction"] for row in rows] == list(CLASSES)


@pytest.mark.parametrize("paths", [None, "same.png"])
def test_rows_without_names_of_their_own_are_numbered(
    tmp_path: Path, models: Path, paths: str | None
) -> None:
    cells: list[object] = [{"bytes": encoded(picture("red")), "path": paths} for _ in range(2)]
    cells.append({"bytes": None, "path": paths})
    rows = score(as_parquet(tmp_path / "in", img=cells), models)
    assert [row["row"] for row in rows] == ["1", "2", "3"]
    assert [row["prediction"] for row in rows] == ["red", "red", ""]
    assert rows[2]["error"] == "empty: 0 bytes"


def test_the_column_may_be_named_and_has_to_be_if_there_are_several(
    tmp_path: Path, models: Path
) -> None:
    red, blue = encoded(picture("red")), encoded(picture("blue"))
    path = as_parquet(tmp_path / "in.parquet", small=[red], large=[blue], name=["x"])
    with pytest.raises(UserError, match=r"which column.*--image.*: small, large\."):
        score(path, models)
    assert score(path, models, "large")[0]["prediction"] == "blue"
    with pytest.raises(UserError, match=r"no pictures in name\. Name it: --image"):
        score(path, models, "name")


def test_pictures_are_turned_as_the_service_turns_them(tmp_path: Path, models: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(file(scene().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(6)))
    (upright,) = Predictor.load(models).predict([file(scene(), "JPEG")])
    (row,) = score(path, models)
    assert row["prediction"] == upright.label
    assert float(row["confidence"]) == pytest.approx(upright.confidence, abs=0.02)


def test_what_was_noticed_is_told(photos: Path, models: Path) -> None:
    scored = predict.predict_files(photos, photos.parent / "out.csv", models)
    assert (scored.rows, len(scored.unreadable), scored.unsure) == (5, 2, 0)
    console = Console(file=io.StringIO(), width=300)
    predict.show(scored, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "2 files are no pictures that can be read" in shown
    assert "The first is notes.txt: not a picture" in shown
    assert "Wrote 5 predictions to " in shown


def test_without_a_picture_that_can_be_read_the_old_output_stays(
    tmp_path: Path, models: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("nothing")
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(UserError, match=r"none of its 1 pictures can be read.*a\.txt"):
        predict.predict_files(tmp_path / "in", tmp_path / "out.csv", models)
    assert (tmp_path / "out.csv").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out.csv"}


def test_files_that_cannot_be_used_are_refused(tmp_path: Path, models: Path) -> None:
    path = tmp_path / "in.png"
    with pytest.raises(UserError, match=r"in\.png: cannot be read \(No such file"):
        score(path, models)
    path.write_bytes(encoded(picture("red")))
    with pytest.raises(UserError, match="is the input too"):
        predict.predict_files(path, path, models)
    with pytest.raises(UserError, match=r"out: .*Name another --output"):
        predict.predict_files(path, path / "out", models)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no file"):
        score(tmp_path / "empty", models)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match=r"cut\.parquet: not a Parquet file") as caught:
        score(tmp_path / "cut.parquet", models)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="run `train`"):
        score(path, tmp_path / "models")


def test_scoring_loads_nothing_that_only_training_has(photos: Path, models: Path) -> None:
    heavy = "{'pandas', 'sklearn', 'scipy', 'torch', 'transformers', 'datasets', 'pyarrow'}"
    script = (
        "import sys, json\n"
        "from pathlib import Path\n"
        "from {{ cookiecutter.package_name }} import predict\n"
        "predict.predict_files(*map(Path, sys.argv[1:4]))\n"
        f"print(json.dumps(sorted({heavy} & set(sys.modules))))"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, photos, photos.parent / "out.csv", models],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(process.stdout) == []
