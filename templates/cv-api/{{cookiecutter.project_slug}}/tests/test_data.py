"""From a source to three parts: what is kept, what is found, and what is refused."""

import logging
import os
import shutil
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_pictures import copy_of, file_of, pictures, write_folder
from rich.console import Console

from {{ cookiecutter.package_name }} import data
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.errors import UserError


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**values: Any) -> Params:
    return Params(data=DataParams(**values))


def of_folder(content: Any, folder: str = "photos", **values: Any) -> Params:
    return settings(source="folder", path=write_folder(content, folder), **values)


def refusal(params: Params) -> str:
    with pytest.raises(UserError) as caught:
        data.prepare(params)
    message = str(caught.value)
    assert "\n" not in message
    return message


def shown(dataset: data.Dataset) -> str:
    out = StringIO()
    data.show(dataset, Console(file=out, width=120))
    return out.getvalue()


def parts_of(params: Params) -> list[data.ImageData]:
    return [load(params) for load in (data.load_train, data.load_validation, data.load_test)]


# --- the three parts ------------------------------------------------------------------------------


def test_the_sample_is_split_once_and_read_back() -> None:
    params = settings(max_rows=60)
    dataset = data.prepare(params)
    parts = parts_of(params)
    assert [len(part.labels) for part in parts] == [60, 60, 60]
    assert dataset.meta.rows == 1797
    assert len({name for part in parts for name in part.names}) == 180
    assert "UCI" in dataset.meta.name
    assert not dataset.meta.synthetic
    for part in parts:
        assert part.classes == tuple("0123456789")
        assert (part.sizes == 8).all()
        assert part.pictures[0].startswith(b"\x89PNG")


def test_245_photos_in_two_classes_are_split_with_default_settings() -> None:
    params = of_folder(pictures(245))
    dataset = data.prepare(params)
    meta = dataset.meta
    assert (meta.rows, meta.train_rows, meta.validation_rows, meta.test_rows) == (245, 176, 20, 49)
    assert meta.classes == ("cat", "dog")
    assert meta.duplicates == meta.unreadable == 0


def test_a_folders_pictures_stay_on_disk_and_are_read_when_they_are_asked_for() -> None:
    params = of_folder(pictures(60))
    data.prepare(params)
    train = data.load_train(params)
    assert Path("data/processed/train.parquet").stat().st_size < 20_000
    for picture, name in zip(train.pictures, train.names, strict=True):
        assert picture == Path("photos", name).read_bytes()
    half = train.take(np.arange(0, len(train.labels), 2))
    assert half.pictures[1] == train.pictures[2]
    Path("photos", train.names[0]).write_bytes(file_of(999))
    with pytest.raises(UserError, match="changed since the data were prepared"):
        _ = train.pictures[0]
    Path("photos", train.names[0]).unlink()
    with pytest.raises(UserError, match="cannot be read"):
        _ = train.pictures[0]


def test_files_that_are_no_pictures_are_listed_and_used_nowhere() -> None:
    params = of_folder(pictures(60))
    Path("photos/cat/broken.jpg").write_bytes(file_of(3)[:200])
    Path("photos/dog/letter.jpg").write_bytes(b"%PDF-1.7 ...")
    Path("photos/notes.txt").write_text("which camera")
    Path("photos/cat/Thumbs.db").write_bytes(b"x")
    Path("photos/cat/.DS_Store").write_bytes(b"x")
    Path("photos/loose.png").write_bytes(file_of(500))
    dataset = data.prepare(params)
    assert (dataset.meta.rows, dataset.meta.unreadable, dataset.foreign) == (60, 3, 2)
    said = shown(dataset)
    assert "3 files cannot be read" in said
    assert "cat/broken.jpg: a PNG file that ends too early" in said
    assert "dog/letter.jpg: not a picture that can be read (a PDF document)" in said
    assert "loose.png: lies in no class's folder" in said
    assert "2 files that are none lie beside the pictures" in said
    assert len(Path("data/processed/unreadable.txt").read_text().splitlines()) == 3


def test_near_duplicates_lie_in_one_part_and_are_told() -> None:
    copies = [("dog" if i % 2 else "cat", copy_of(i)) for i in range(30)]
    params = of_folder([*pictures(100), *copies], test_size=0.4)
    dataset = data.prepare(params)
    assert (dataset.meta.duplicates, dataset.meta.across) == (30, 0)
    where = {}
    for number, part in enumerate(parts_of(params)):
        groups = set(part.duplicate_groups().tolist())
        where |= dict.fromkeys(groups, number)
        assert all(where[group] == number for group in groups)
    assert len(where) == 100
    said = shown(dataset)
    assert "30 pictures nearly repeat an earlier one" in said
    assert "of 256 bits differ" in said
    assert "and 20 more" in said


def test_a_near_duplicate_of_a_training_picture_is_kept_out_of_the_sources_own_test_part() -> None:
    write_folder(pictures(80), "photos/train")
    write_folder([*pictures(20, 200), ("cat", copy_of(4)), ("dog", file_of(7))], "photos/test")
    params = settings(source="folder", path="photos")
    dataset = data.prepare(params)
    assert dataset.official == ("test",)
    assert (dataset.meta.across, dataset.meta.test_rows) == (2, 20)
    assert all(int(Path(name).stem) < 20 for name in data.load_test(params).names)
    said = shown(dataset)
    assert "2 of them stood in a later part than the other" in said
    assert "test/cat/020.png" in said


def test_one_picture_in_two_classes_is_counted_and_shown() -> None:
    dataset = data.prepare(of_folder([*pictures(60), ("dog", copy_of(0))]))
    assert (dataset.meta.two_labels, dataset.meta.duplicates) == (1, 1)
    said = shown(dataset)
    assert "1 picture stands with two classes" in said
    assert "cat (cat/000.png), dog (dog/060.png)" in said


def test_at_most_so_many_pictures_of_a_part_are_used_and_the_rest_is_told() -> None:
    dataset = data.prepare(settings(max_rows=60))
    assert dataset.meta.train_rows == 60
    assert "left out: data.max_rows of a part are used" in shown(dataset)


# --- when the data are prepared -------------------------------------------------------------------


def test_training_never_opens_the_held_out_pictures() -> None:
    params = of_folder(pictures(60))
    data.prepare(params)
    Path("data/processed/test.parquet").write_bytes(b"not to be read")
    assert len(data.load_train(params).pictures)
    assert len(data.load_validation(params).pictures)
    with pytest.raises(UserError, match="changed since it was written"):
        data.load_test(params)


def test_a_picture_more_prepares_the_data_again(caplog: pytest.LogCaptureFixture) -> None:
    params = of_folder(pictures(60))
    before = data.prepare(params).meta
    Path("photos/cat/one-more.png").write_bytes(file_of(77))
    with pytest.raises(UserError, match=r"changed .* Run `data`"):
        data.load_test(params)
    with caplog.at_level(logging.WARNING):
        after = data.load_train(params).meta
    assert (before.rows, after.rows) == (60, 61)
    assert before.sha256 != after.sha256
    assert "changed since the data were prepared" in caplog.text


def test_files_that_were_only_copied_or_touched_are_still_the_same_data() -> None:
    params = of_folder(pictures(60))
    before = data.prepare(params)
    shutil.copytree("photos", "copy", copy_function=shutil.copyfile)
    shutil.rmtree("photos")
    Path("copy").rename("photos")
    os.utime("photos/cat/000.png", (0, 0))
    assert data.prepared(params) == before
    assert data.standing(params) == (before, None)


def test_changed_settings_prepare_the_data_again_and_say_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    content = pictures(60)
    with pytest.raises(UserError, match="Run `data`"):
        data.load_test(of_folder(content))
    data.prepare(of_folder(content))
    with pytest.raises(UserError, match="settings changed"):
        data.load_test(of_folder(content, seed=7))
    with caplog.at_level(logging.WARNING):
        assert data.load_train(of_folder(content, seed=7)).meta.seed == 7
    assert "data.seed: 42 -> 7" in caplog.text


def test_without_a_held_out_share_there_is_no_test_file() -> None:
    params = of_folder(pictures(60), test_size=0)
    assert data.prepare(params).meta.test_rows == 0
    assert not Path("data/processed/test.parquet").exists()
    with pytest.raises(UserError, match="test_size is 0"):
        data.load_test(params)


def test_the_state_of_the_data_is_told_without_preparing_any() -> None:
    params = of_folder(pictures(60))
    assert data.standing(params) == (None, None)
    dataset = data.prepare(params)
    assert data.standing(params) == (dataset, None)
    Path("data/processed/test.parquet").unlink()
    assert "test.parquet: no such file" in str(data.standing(params)[1])


# --- refusals -------------------------------------------------------------------------------------


def test_too_few_pictures_and_too_few_classes_are_refused() -> None:
    assert "19 pictures, too few" in refusal(of_folder(pictures(19), "few"))
    assert "every picture has the label cat, so there is nothing to tell apart" in refusal(
        of_folder(pictures(30, classes=["cat"]), "one")
    )
    rare = [*pictures(40), *pictures(4, 500, ["bird"])]
    assert "bird/040.png: the label 'bird' is that of only 4 pictures. A class needs 5" in refusal(
        of_folder(rare, "rare")
    )


def test_a_class_that_is_left_with_too_few_readable_pictures_is_refused() -> None:
    params = of_folder([*pictures(40), *pictures(6, 500, ["bird"])])
    for number in (40, 41):
        Path(f"photos/bird/0{number}.png").write_bytes(b"")
    said = refusal(params)
    assert "the label 'bird' is that of only 4 pictures that can be read (2 cannot)" in said


def test_files_of_which_none_can_be_read_are_refused_with_the_first_reason() -> None:
    said = refusal(of_folder([("cat" if i % 2 else "dog", b"BAD") for i in range(30)]))
    assert "none of its 30 files is a picture that can be read. The first is cat/001.png: " in said


def test_a_class_of_which_no_picture_can_be_read_is_refused() -> None:
    said = refusal(of_folder([*pictures(60), *(("wolf", b"BAD") for _ in range(9))]))
    assert "no picture of the class 'wolf' can be read. The first is wolf/060.png: " in said


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_a_name_that_is_no_text_is_refused() -> None:
    params = of_folder(pictures(60))
    with open(b"photos/cat/K\xe4fer.jpg", "wb") as file:
        file.write(file_of(77))
    said = refusal(params)
    assert "K?fer.jpg: its name is not in UTF-8. Rename it" in said


def test_a_path_that_the_source_does_not_read_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        data.prepare(settings(path="photos", max_rows=60))
    assert "data.path and data.test_path are not read, since data.source is sample" in caplog.text


def test_a_class_in_two_spellings_is_refused() -> None:
    said = refusal(of_folder([*pictures(60), *pictures(6, 500, ["Dog"])]))
    assert "the label 'Dog' (6 pictures) is 'dog' (30 pictures) in another spelling" in said


def test_a_class_that_is_only_measured_is_refused() -> None:
    write_folder(pictures(60), "photos/train")
    write_folder(pictures(20, 500, ["cat", "wolf"]), "photos/test")
    said = refusal(settings(source="folder", path="photos"))
    assert "the label 'wolf' is not one of the training pictures' (cat, dog)" in said


def test_a_test_folder_that_is_the_training_folder_is_refused() -> None:
    write_folder(pictures(60))
    shutil.copytree("photos", "again")
    said = refusal(settings(source="folder", path="photos", test_path="again"))
    assert "no picture is left for the part test" in said


def test_pictures_that_are_all_the_same_are_refused() -> None:
    said = refusal(of_folder([("cat" if i % 2 else "dog", file_of(1)) for i in range(40)]))
    assert "too few pictures that differ from one another" in said
