"""New labelled rows: which are unknown yet, and which requests their ids name."""

from pathlib import Path

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.labelled_rows import requests_of, unseen
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog


def hashes(*values: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, dtype=np.uint64)


def log(folder: Path, *requests: tuple[str, int]) -> Path:
    """A prediction log of these requests: (id, value of its one column)."""
    written = PredictionLog(folder, ["size"], "v1")
    for request, value in requests:
        written.add(request, [value], {})
    written.close()
    return folder


def test_a_row_is_unseen_once_and_only_if_it_is_not_stored() -> None:
    found = unseen(hashes(5, 3, 5, 9), hashes(9, 1))
    assert found.tolist() == [True, True, False, False]
    assert unseen(hashes(), hashes(1)).tolist() == []


def test_the_requests_come_in_the_order_of_the_ids(tmp_path: Path) -> None:
    folder = log(tmp_path, ("a", 1), ("b", 2), ("not asked for", 3), ("not asked for", 4))
    found = requests_of(["b", "a"], [2, 3], "new.csv", folder, "the whole row")
    assert [record.inputs for record in found] == [{"size": 2}, {"size": 1}]


def test_a_request_that_was_logged_twice_alike_is_one(tmp_path: Path) -> None:
    folder = log(tmp_path, ("a", 1), ("a", 1))
    assert len(requests_of(["a"], [2], "new.csv", folder, "the whole row")) == 1


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["a", ""], "new.csv, row 3: request_id is empty. Correct it"),
        (["a", "z"], "new.csv, row 3: request_id z is not in"),
        (["a", "a"], "new.csv, row 2: request_id a stands in more than one row. Keep one"),
        (["two"], "two stands for two different requests. Take that row out of new.csv"),
    ],
)
def test_an_id_that_names_no_one_request_is_refused(
    tmp_path: Path, ids: list[str], words: str
) -> None:
    folder = log(tmp_path, ("a", 1), ("two", 1), ("two", 2))
    with pytest.raises(UserError) as caught:
        requests_of(ids, range(2, 2 + len(ids)), "new.csv", folder, "the whole row")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
