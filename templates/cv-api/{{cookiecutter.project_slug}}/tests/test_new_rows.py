"""Labelled pictures that come later: added once, checked first, near duplicates on one side."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import Labelled, copy_of, file_of, pictures, write_folder

from {{ cookiecutter.package_name }} import data, new_rows
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.errors import UserError

PARAMS = Params.model_validate({"data": {"source": "folder", "path": "photos"}})
SAMPLE = Params.model_validate({"data": {"max_rows": 100}})


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_folder(pictures(100))


def bring(*content: Labelled) -> None:
    write_folder(content, "data/new")


def parts() -> dict[str, data.ImageData]:
    loads = {"train": data.load_train, "validation": data.load_validation, "test": data.load_test}
    return {part: load(PARAMS) for part, load in loads.items()}


def refusal() -> str:
    before = data.prepared(PARAMS).files
    with pytest.raises(UserError) as caught:
        new_rows.add(PARAMS)
    assert "\n" not in str(caught.value)
    assert not list(Path.cwd().glob("*.added"))
    assert data.prepared(PARAMS).files == before
    return str(caught.value)


def test_new_pictures_are_added_once_and_all_others_stay_where_they_are() -> None:
    before, earlier = data.prepare(PARAMS), parts()
    bring(*pictures(20, 500))
    added = new_rows.add(PARAMS)
    assert (added.before, added.added, added.known) == (100, 20, 0)
    again = new_rows.add(PARAMS)
    assert (again.before, again.added, again.known) == (120, 0, 20)
    after = data.prepared(PARAMS)
    assert after.meta.rows == 120
    assert after.meta.sha256 != before.meta.sha256
    assert "20 pictures added" in after.meta.name
    for part, now in parts().items():
        count = len(earlier[part].names)
        assert now.names[:count] == earlier[part].names
    files = sorted(path.relative_to("photos.added") for path in Path("photos.added").rglob("*.png"))
    assert len(files) == 20
    assert [len(path.parts) for path in files] == [3] * 20


def test_a_picture_that_is_known_with_that_class_is_not_added_again() -> None:
    bring(("cat", file_of(0)), ("dog", file_of(0)), ("cat", file_of(700)), ("cat", file_of(700)))
    added = new_rows.add(PARAMS)
    assert (added.added, added.known) == (2, 2)


def test_a_new_picture_goes_where_the_one_lies_that_it_nearly_repeats() -> None:
    data.prepare(PARAMS)
    earlier = {name: part for part, found in parts().items() for name in found.names}
    bring(*(("dog" if seed % 2 else "cat", copy_of(seed)) for seed in range(100)))
    assert new_rows.add(PARAMS).added == 100
    for part, found in parts().items():
        groups = found.duplicate_groups()
        assert len(groups) == 2 * len(np.unique(groups))
        first = found.names[: len(groups) // 2]
        assert all(earlier[name] == part for name in first)


def test_whether_a_new_picture_is_held_out_depends_on_no_other() -> None:
    bring(*pictures(30, 500))
    new_rows.add(PARAMS)
    held_out = {int(hash_) for hash_ in parts()["test"].hashes}
    bring(*pictures(60, 500))
    new_rows.add(PARAMS)
    assert held_out <= {int(hash_) for hash_ in parts()["test"].hashes}


def test_pictures_are_added_to_the_digits_too() -> None:
    bring(*pictures(4, 500, ["3", "7"]))
    assert new_rows.add(SAMPLE).added == 4
    assert data.prepared(SAMPLE).meta.rows == 1801
    assert len(list(Path("data/raw/digits.added").glob("*/3/*.png"))) == 2


def test_no_folder_and_an_empty_one_are_no_news() -> None:
    assert new_rows.add(PARAMS).added == 0
    Path("data/new").mkdir()
    Path("data/new/notes.txt").write_text("none yet")
    assert new_rows.add(PARAMS).added == 0


def test_an_unfit_picture_stops_everything_and_is_named() -> None:
    bring(*pictures(2, 500), ("wolf", file_of(900)))
    assert "data/new/wolf/002.png: 'wolf' is no class of photos (cat, dog)" in refusal()
    Path("data/new/wolf/002.png").rename("data/new/002.png")
    Path("data/new/wolf").rmdir()
    assert "data/new/002.png: lies in no class's folder" in refusal()
    Path("data/new/002.png").unlink()
    Path("data/new/cat/bad.png").write_bytes(file_of(1)[:300])
    assert "data/new/cat/bad.png: a PNG file that ends too early. Take it out" in refusal()
