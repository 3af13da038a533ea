"""`retrain` on pictures: new labelled ones in, a new model out, and the better one goes on."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coloured_photos import PHOTOS, photo, settings, write_photos
from made_pictures import file_of
from retraining import last_line, refusal
from rich.console import Console
from small_model import CLASSES, encoded, write_model
from tracked_registry import aliases, sections

from {{ cookiecutter.package_name }} import data, train, training_rows
from {{ cookiecutter.package_name }} import retrain as step
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify, write_manifest
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import ImageData
from {{ cookiecutter.package_name }}.plotting import new_figure, save_figure

PICTURES = 180
NEW = Path("data/new")
# Read by `made_by_hand`: a model that takes two of the colours for each other.
WEAK = {"epochs": 1}


def tracked(**changes: dict[str, Any]) -> Params:
    """Settings that read the photos, with tracking on."""
    return settings(**{**sections(), **changes})


def made_by_hand(params: Params, seen: ImageData, folder: Path, *_: Any) -> train.Built:
    """Stands for `train.build`: no training, but files, figures and answers as it leaves them."""
    weak = params.train.epochs == WEAK["epochs"]
    made = write_model(folder, classes=[CLASSES[1], CLASSES[0], CLASSES[2]] if weak else CLASSES)
    training_rows.write(seen, data.load_validation(params), folder)
    artifacts = tuple(sorted({path.name for path in folder.iterdir()} - {"manifest.json"}))
    score = {"macro_f1": {"overall": 0.5}, "accuracy": {"overall": 0.5}}
    manifest = write_manifest(
        folder,
        artifacts,
        name="small",
        data=seen.meta.model_dump(mode="json"),
        metrics=score,
        settings=made.settings,
        libraries=("onnxruntime",),
    )
    figure = save_figure(new_figure(2, 1), folder / train.FIGURE.name)
    metrics = {
        "data": manifest.data,
        "version": manifest.version,
        "model": manifest.name,
        "validation": {"models": {manifest.name: score}},
        "training": {"curve": []},
        "calibration": {"temperature": 1.5},
    }
    return train.Built(folder, figure, manifest, metrics, made.settings["example"])


@pytest.fixture(autouse=True)
def _by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with photos as the current one, and models that are there at once."""
    monkeypatch.chdir(tmp_path)
    write_photos()
    for module in (train, step):
        monkeypatch.setattr(module, "build", made_by_hand)


def bring(count: int, seed: int = 7) -> None:
    """Put so many new photos into the folder, of the classes in turn."""
    random = np.random.default_rng(seed)
    for number in range(count):
        label = CLASSES[number % len(CLASSES)]
        path = NEW / label / f"{seed}-{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(photo(label, random)))


def test_a_better_model_is_promoted_by_macro_f1_and_put_in_place() -> None:
    train.train(tracked(train=WEAK))
    bring(60)
    result = step.retrain(tracked())
    assert (result.rows.before, result.rows.added, result.rows.known) == (PICTURES, 60, 0)
    assert result.promotion is not None
    assert result.promotion["decision"] == "promoted"
    assert result.promotion["metric"] == "macro-F1"
    assert aliases() == {"champion": "2"}
    manifest = read_manifest(Path("models"))
    verify(Path("models"), tuple(manifest.artifacts))
    assert manifest.data["rows"] == PICTURES + 60
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["promotion"] == result.promotion
    assert last_line()[1:3] == [str(PICTURES), "60"]
    assert last_line()[10] == "promoted"


def test_a_worse_model_stays_challenger_and_the_files_stay_the_champions() -> None:
    champion = train.train(tracked()).manifest
    before = {path.name: path.read_bytes() for path in Path("models").iterdir()}
    bring(60)
    result = step.retrain(tracked(train=WEAK))
    assert result.promotion is not None
    assert result.promotion["decision"] == "kept"
    assert {path.name: path.read_bytes() for path in Path("models").iterdir()} == before
    assert aliases() == {"champion": "1", "challenger": "2"}
    assert last_line()[5] == champion.version


def test_the_earlier_parts_are_kept_and_only_new_pictures_are_drawn() -> None:
    def parts() -> list[set[str]]:
        loads = (data.load_train, data.load_validation, data.load_test)
        return [set(load(tracked()).names) for load in loads]

    train.train(tracked())
    before = parts()
    bring(120)
    step.retrain(tracked())
    after = parts()
    assert all(earlier < now for earlier, now in zip(before, after, strict=True))


def test_pictures_that_are_known_are_not_doubled_and_nothing_new_trains_nothing() -> None:
    train.train(tracked())
    bring(30)
    assert step.retrain(tracked()).rows.added == 30
    before = read_manifest(Path("models"))
    known = PHOTOS / CLASSES[0] / "0.png"
    (NEW / CLASSES[0] / "another name.jpg").write_bytes(known.read_bytes())
    result = step.retrain(tracked())
    assert (result.rows.added, result.rows.known) == (0, 31)
    assert result.promotion is None
    output = StringIO()
    step.show(result, Console(file=output, width=200))
    assert "no new rows" in output.getvalue()
    assert last_line()[10] == "nothing to do"
    assert read_manifest(Path("models")) == before


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("red/a.png", b"", "data/new/red/a.png: empty: 0 bytes"),
        ("red/a.png", b"%PDF-1.7", "data/new/red/a.png: not a picture that can be read"),
        ("mauve/a.png", file_of(1), "data/new/mauve/a.png: 'mauve' is no class of photos"),
        ("a.png", file_of(1), "data/new/a.png: lies in no class's folder"),
    ],
)
def test_a_bad_picture_is_named_and_nothing_is_changed(
    name: str, content: bytes, part: str
) -> None:
    train.train(tracked())
    bring(9)
    (NEW / name).parent.mkdir(exist_ok=True)
    (NEW / name).write_bytes(content)
    assert part in refusal(tracked())
