"""The prepared parts: stored whole, read back as they were, and known to be damaged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

from {{ cookiecutter.package_name }}.artifacts import write_json
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prepared_parts import (
    DATASET,
    PROCESSED,
    changed_settings,
    first_damage,
    read_dataset,
    read_part,
    write_parts,
)

TABLE = pd.DataFrame({"size": [1.0, 2.0, 3.0]}, index=[2, 3, 5])


class Settings(BaseModel):
    """Two settings of the data."""

    seed: int = 42
    path: str | None = None


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_part_comes_back_with_its_rows_and_their_index() -> None:
    files = write_parts(TABLE, {"train": np.array([0, 2]), "test": np.array([1])})
    pd.testing.assert_frame_equal(read_part("train", files["train"]), TABLE.iloc[[0, 2]])
    pd.testing.assert_frame_equal(read_part("test", files["test"]), TABLE.iloc[[1]])
    assert first_damage(files) is None


def test_a_part_without_rows_leaves_no_file_of_an_older_split() -> None:
    write_parts(TABLE, {"train": np.array([0, 2]), "test": np.array([1])})
    none = np.array([], dtype=np.int64)
    assert list(write_parts(TABLE, {"train": np.array([0, 1, 2]), "test": none})) == ["train"]
    assert [path.name for path in PROCESSED.iterdir()] == ["train.parquet"]


def test_a_part_that_was_changed_or_is_gone_is_not_read() -> None:
    files = write_parts(TABLE, {"train": np.array([0, 2]), "test": np.array([1])})
    path = PROCESSED / "test.parquet"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(UserError, match=r"test\.parquet: changed since it was written"):
        read_part("test", files["test"])
    path.unlink()
    assert first_damage(files) == f"{path}: no such file"


def test_a_description_of_another_version_counts_as_none() -> None:
    assert read_dataset(Settings) is None
    write_json(DATASET, {"seed": "a word"})
    assert read_dataset(Settings) is None
    write_json(DATASET, {"seed": 7})
    assert read_dataset(Settings) == Settings(seed=7)


def test_settings_that_changed_are_named_with_both_values() -> None:
    assert changed_settings(Settings(), Settings()) is None
    found = changed_settings(Settings(), Settings(seed=7, path="rows.csv"))
    assert found is not None
    assert "data.seed: 42 -> 7; data.path: None -> rows.csv" in found
