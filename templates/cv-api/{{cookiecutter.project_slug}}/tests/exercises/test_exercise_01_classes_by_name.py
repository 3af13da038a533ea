"""Exercise 1: the class of a picture may be the beginning of its file's name."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from {{ cookiecutter.package_name }} import sources
from {{ cookiecutter.package_name }}.config import DataParams
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.raw_pictures import RawPictures

FILES = {
    "cat.113.jpg": "cat",
    "cat.jpg": "cat",
    "dog-7.png": "dog",
    "more/dog_8.png": "dog",
    "more/deep/mouse12.jpg": "mouse",
    "polar bear 3.jpg": "polar",
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def params(folder: Path, class_from: str | None = "name") -> DataParams:
    """The settings of a folder; None: without the new one."""
    given: dict[str, Any] = {"source": "folder", "path": str(folder)}
    with suppress(ValidationError):
        return DataParams(**given, **({"class_from": class_from} if class_from else {}))
    pytest.fail(
        "data.class_from is no setting yet. Add it to DataParams in config.py, with the values "
        "folder (the default) and name.",
        pytrace=False,
    )


def written(folder: Path, *names: str) -> Path:
    """A folder with a small picture for each of these names."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((12, 12, 3), 20 * number, dtype=np.uint8)).save(path)
    return folder


def found(raw: RawPictures) -> dict[str, str]:
    """Name of each picture -> its class."""
    return dict(zip(raw.names, raw.labels, strict=True))


def read(folder: Path, class_from: str | None = "name") -> RawPictures:
    """What the source gives, or why not, as a failure."""
    settings = params(folder, class_from)
    try:
        return sources.load_raw(settings)
    except UserError as error:
        pytest.fail(f"the folder was refused and should have been read: {error}", pytrace=False)


def test_a_name_begins_with_the_class(tmp_path: Path) -> None:
    labels = found(read(written(tmp_path / "pictures", *FILES)))
    assert labels == FILES, (
        f"the classes are {labels}, and not {FILES}: what a name begins with, up to the first "
        "digit, dot, dash, underscore or space, in every folder below"
    )


def test_notes_beside_the_pictures_are_left_out_as_before(tmp_path: Path) -> None:
    folder = written(tmp_path / "pictures", "cat.1.png", "dog.1.png")
    (folder / "readme.txt").write_text("Taken in May.")
    raw = read(folder)
    assert set(raw.labels) == {"cat", "dog"}, "readme.txt is no picture by its name, and no class"
    assert raw.foreign == 1, f"{raw.foreign} files were counted as no pictures, and there is one"


@pytest.mark.parametrize("name", ["12.jpg", "_cat.jpg", "-.png"])
def test_a_name_without_a_beginning_is_refused_with_its_path(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path / "pictures", "cat.1.png", "dog.1.png", f"later/{name}")
    settings, said = params(folder), ""
    try:
        sources.load_raw(settings)
    except UserError as error:
        said = str(error)
    assert name in said, f"{name} begins with no class, and has to be refused. Said: {said!r}"


def test_a_folder_for_each_class_is_still_the_default(tmp_path: Path) -> None:
    folder = written(tmp_path / "pictures", "tabby/dog.1.png", "collie/cat.1.png")
    params(folder)
    labels = set(read(folder, None).labels)
    assert labels == {"tabby", "collie"}, f"without the setting the classes are {labels}"


def test_a_new_file_is_noticed(tmp_path: Path) -> None:
    folder = written(tmp_path / "pictures", "cat.1.png", "dog.1.png")
    settings = params(folder)
    try:
        before = sources.listed(settings)
        written(folder, "dog.2.png")
        after = sources.listed(settings)
    except UserError as error:
        pytest.fail(f"the files could not be listed again: {error}", pytrace=False)
    assert before is not None, "listed() says that the files are not there: it is None"
    assert before != after, "listed() says the same with one picture more: old data would be used"
