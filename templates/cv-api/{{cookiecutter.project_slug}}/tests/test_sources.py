"""Folders, Parquet files and the hub: what is read, and what is refused in one line."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_stub import COMMIT, serving
from made_pictures import copy_of, file_of, pictures, write_folder, write_parquet

from {{ cookiecutter.package_name }} import data, sources
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.split import TEST, TRAIN, VALIDATION

SOURCE = Path(sources.__file__).parents[1]
FILES = [file_of(seed) for seed in range(40)]
NUMBERS = [row % 2 for row in range(40)]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(source: str, path: str, **values: Any) -> DataParams:
    return DataParams.model_validate({"source": source, "path": path, **values})


def refusal(params: DataParams) -> str:
    with pytest.raises(UserError) as caught:
        data.prepare(Params(data=params))
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- a folder -------------------------------------------------------------------------------------


def test_a_class_is_a_folder_whatever_lies_in_it_at_any_depth() -> None:
    write_folder(pictures(40))
    for name in ("deep/er/a.JPEG", "no ending", "b.bmp.old"):
        path = Path("photos/cat") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(copy_of(900))
    Path("photos/.hidden").mkdir()
    Path("photos/.hidden/c.png").write_bytes(file_of(1))
    Path("photos/__MACOSX/cat").mkdir(parents=True)
    Path("photos/__MACOSX/cat/d.png").write_bytes(file_of(1))
    raw = sources.load_raw(settings("folder", "photos"))
    assert len(raw.labels) == 43
    assert set(raw.labels) == {"cat", "dog"}
    assert {"cat/deep/er/a.JPEG", "cat/no ending", "cat/b.bmp.old"} < set(raw.names)
    assert raw.official == frozenset()


def test_folders_named_after_parts_are_the_sources_own_parts() -> None:
    for part, count, first in (("Train", 40, 0), ("val", 10, 100), ("TEST", 10, 200)):
        write_folder(pictures(count, first), f"photos/{part}")
    raw = sources.load_raw(settings("folder", "photos"))
    assert raw.official == {"validation", "test"}
    counts = [int((raw.parts == code).sum()) for code in (TRAIN, VALIDATION, TEST)]
    assert counts == [40, 10, 10]
    assert set(raw.labels) == {"cat", "dog"}


def test_without_a_part_to_train_on_such_names_are_classes() -> None:
    write_folder(pictures(40, classes=["test", "valid"]))
    assert set(sources.load_raw(settings("folder", "photos")).labels) == {"test", "valid"}


def test_held_out_pictures_may_lie_in_a_folder_of_their_own() -> None:
    write_folder(pictures(40), "here/photos")
    write_folder(pictures(10, 100), "there/held-out")
    raw = sources.load_raw(settings("folder", "here/photos", test_path="there/held-out"))
    assert raw.official == {"test"}
    assert int((raw.parts == TEST).sum()) == 10
    assert {raw.names[0], raw.names[-1]} == {"cat/000.png", "there/held-out/dog/009.png"}


def test_a_link_that_leads_back_into_its_own_folder_is_not_followed() -> None:
    write_folder(pictures(40))
    Path("photos/cat/again").symlink_to(Path("photos/cat").resolve())
    assert len(sources.load_raw(settings("folder", "photos")).labels) == 40


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("none", "photos: no such folder. Put one there"),
        ("empty", "photos: holds nothing. Put the pictures of each class into a folder"),
        ("flat", "photos: 3 files, but no folder for a class"),
        ("notes", "photos: holds nothing but 1 files that are no pictures"),
        ("bare", "photos: no picture in any of its folders (cat, dog)"),
        ("zip", "photos: an archive, not a folder. Unpack it"),
        ("file", "photos: a file, not a folder"),
        ("nested", "every picture has the label photos"),
    ],
)
def test_what_is_no_folder_of_classes_is_one_line_that_says_what_to_do(
    made: str, words: str
) -> None:
    folder = Path("photos")
    if made == "zip":
        with zipfile.ZipFile(folder, "w") as archive:
            archive.writestr("cat/1.png", file_of(1))
    elif made == "file":
        folder.write_bytes(file_of(1))
    elif made == "nested":
        write_folder(pictures(40), "photos/photos")
    elif made != "none":
        folder.mkdir()
    if made == "flat":
        for seed in range(3):
            (folder / f"{seed}.png").write_bytes(file_of(seed))
    if made == "notes":
        (folder / "readme.txt").write_text("nothing here")
    if made == "bare":
        for name in ("cat", "dog"):
            (folder / name).mkdir()
    assert words in refusal(settings("folder", "photos"))


# --- Parquet --------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
def test_the_hubs_form_and_plain_bytes_are_read_with_the_names_of_the_classes(plain: bool) -> None:
    path = write_parquet(FILES, NUMBERS, names=["cat", "dog"], plain=plain)
    raw = sources.load_raw(settings("parquet", path))
    assert list(raw.pictures) == FILES
    assert raw.labels[:3] == ["cat", "dog", "cat"]
    assert (raw.image, raw.label, raw.classes) == ("picture", "label", ("cat", "dog"))
    assert raw.names[:2] == ["row 1", "row 2"]


def test_names_of_classes_come_from_the_settings_first_and_may_be_missing() -> None:
    path = write_parquet(FILES, NUMBERS, names=["cat", "dog"])
    named = sources.load_raw(settings("parquet", path, classes=["Katze", "Hund"]))
    assert named.labels[:2] == ["Katze", "Hund"]
    bare = write_parquet(FILES, NUMBERS, "bare.parquet")
    assert sources.load_raw(settings("parquet", bare)).labels[:2] == ["0", "1"]
    texts = write_parquet(FILES, ["b", "a"] * 20, "texts.parquet")
    assert data.prepare(Params(data=settings("parquet", texts))).meta.classes == ("a", "b")


def test_a_second_file_is_the_held_out_part() -> None:
    path = write_parquet(FILES, NUMBERS, names=["cat", "dog"])
    more = write_parquet([file_of(100 + i) for i in range(10)], NUMBERS[:10], "test.parquet")
    params = Params(data=settings("parquet", path, test_path=more))
    dataset = data.prepare(params)
    assert (dataset.official, dataset.meta.test_rows) == (("test",), 10)
    assert data.load_test(params).names[0] == "test.parquet row 1"
    assert data.load_test(params).classes == ("cat", "dog")


def test_a_row_without_a_picture_is_unreadable_and_told() -> None:
    path = write_parquet([*FILES, None], [*NUMBERS, 0])
    dataset = data.prepare(Params(data=settings("parquet", path)))
    assert dataset.unreadable == ("row 41: empty: 0 bytes",)


@pytest.mark.parametrize(
    ("labels", "values", "words"),
    [
        (NUMBERS, {"label": "kind"}, "no column kind (data.label). Set data.label to the column"),
        (NUMBERS, {"label": "score"}, "column score: holds double, which is no class"),
        (NUMBERS, {"label": "id"}, "40 different labels of 40 pictures, which is no set"),
        (NUMBERS, {"image": "photo"}, "the column photo (data.image) is not there"),
        (NUMBERS, {"image": "score"}, "the column score (data.image) holds no bytes"),
        (NUMBERS, {"classes": ["cat"]}, "row 2: 1, but only 1 classes are named (cat)"),
        ([None, *NUMBERS[1:]], {}, "column label, row 1: empty. Every picture needs a class"),
        ([-1, *NUMBERS[1:]], {}, "row 1: -1, which on the hub means that the class is not told"),
    ],
)
def test_what_does_not_fit_a_file_is_told_with_its_column_or_row(
    labels: list[Any], values: dict[str, Any], words: str
) -> None:
    columns = {"score": [0.5] * 40, "id": [str(row) for row in range(40)]}
    path = write_parquet(FILES, labels, columns=columns)
    assert words in refusal(settings("parquet", path, **values))


def test_a_file_that_is_not_there_or_none_of_its_kind_is_told() -> None:
    assert "images.parquet: no such file" in refusal(settings("parquet", "images.parquet"))
    Path("images.parquet").write_bytes(b"PAR1 and no more")
    assert "not a Parquet file" in refusal(settings("parquet", "images.parquet"))
    write_folder(pictures(20))
    assert "a folder, not a Parquet file" in refusal(settings("parquet", "photos"))
    pq.write_table(pa.table({"text": ["a"], "label": [0]}), "images.parquet")
    assert "no column holds pictures (text, label)" in refusal(
        settings("parquet", "images.parquet")
    )
    several = {"picture": [b"a"], "mask": [b"b"], "label": [0]}
    pq.write_table(pa.table(several), "images.parquet")
    assert "several columns hold bytes (picture, mask)" in refusal(
        settings("parquet", "images.parquet")
    )


# --- the hub --------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """CIFAR-10 as the hub has it: a Parquet file for each split."""
    folder = tmp_path / "repository"
    (folder / "plain_text").mkdir(parents=True)
    label = {"names": ["airplane", "bird"], "_type": "ClassLabel"}
    features = {"info": {"features": {"img": {"_type": "Image"}, "label": label}}}
    paths = []
    for split, rows, first in (("train", 60, 0), ("test", 20, 100)):
        cells = [{"bytes": file_of(first + row), "path": None} for row in range(rows)]
        table = pa.table({"img": cells, "label": [row % 2 for row in range(rows)]})
        path = folder / "plain_text" / f"{split}-00000-of-00001.parquet"
        pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), path)
        paths.append(f"  - split: {split}\n    path: plain_text/{split}-*\n")
    readme = f"---\nconfigs:\n- config_name: plain_text\n  data_files:\n{''.join(paths)}---\n"
    (folder / "README.md").write_text(readme)
    return folder


def run_data(*overrides: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`data` in a process of its own: the hub's address is read when its client is imported."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("HF_") and not key.endswith("_OFFLINE")
    }
    Path("params.yaml").write_text("{}\n")
    given = [part for each in overrides for part in ("--set", each)]
    return subprocess.run(
        [sys.executable, "-m", "{{ cookiecutter.package_name }}", "data", *given],
        env={**inherited, "HF_HOME": "hub", "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_cifar10_is_downloaded_once_as_it_was_encoded_with_its_own_test_part(
    repository: Path,
) -> None:
    with serving(repository) as (address, asked):
        process = run_data("data.source=cifar10", HF_ENDPOINT=address)
        assert process.returncode == 0, process.stderr
        assert any(f"/resolve/{COMMIT}/plain_text/train" in path for path in asked)
    # The hub is gone by now.
    params = Params(data=DataParams(source="cifar10"))
    dataset = data.prepare(params)
    assert dataset.meta.classes == ("airplane", "bird")
    assert (dataset.meta.rows, dataset.meta.test_rows, dataset.official) == (80, 20, ("test",))
    assert "uoft-cs/cifar10" in dataset.meta.name
    test = data.load_test(params)
    assert list(test.pictures) == [file_of(100 + row) for row in range(20)]
    assert test.labels.tolist() == [row % 2 for row in range(20)]
    cached = Path("data/raw/cifar10.parquet")
    cached.write_bytes(cached.read_bytes() + b"\0")
    with pytest.raises(UserError, match="changed since it was downloaded"):
        data.prepare(params)


def test_offline_without_a_cache_is_one_line_that_says_what_to_do() -> None:
    process = run_data("data.source=cifar10", HF_HUB_OFFLINE="1")
    assert process.returncode == 2, process.stderr
    (line,) = process.stderr.splitlines()
    assert "uoft-cs/cifar10: HF_HUB_OFFLINE is set" in line
    assert "--set data.source=sample" in line
    assert not list(Path("data").rglob("*.parquet*"))


def test_a_revision_has_a_file_of_its_own() -> None:
    names = [
        sources.raw_file(DataParams(source="cifar10", revision=revision)).name
        for revision in (None, "v1", "a/b")
    ]
    assert names == ["cifar10.parquet", "cifar10-v1.parquet", "cifar10-a-b.parquet"]
