"""No row, and no near copy of one, is on both sides of a split. Each check is shown to fail.

They look at the learner's own rows, if params.yaml names them and `data` has prepared them;
otherwise at the synthetic sample.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import small_params
from own_rows import SAMPLE, Own, as_csv, houses, own_rows, run_data

from {{ cookiecutter.package_name }} import data, split
from {{ cookiecutter.package_name }}.crossvalidation import fold_numbers
from {{ cookiecutter.package_name }}.data import TableData
from {{ cookiecutter.package_name }}.leakage import divided
from {{ cookiecutter.package_name }}.leakage_rows import near_duplicates


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    """The project's own rows."""
    return own_rows(tmp_path_factory.mktemp("sample"))


def twins(first: TableData, second: TableData) -> list[int]:
    """Groups of equal rows, or of near duplicates, with rows in both parts."""
    both = replace(
        first,
        frame=pd.concat([first.frame, second.frame], ignore_index=True),
        target=pd.concat([first.target, second.target], ignore_index=True),
    )
    is_second = np.arange(len(both.frame)) >= len(first.frame)
    return divided(both.duplicate_groups(), is_second).tolist()


def plant(part: TableData, source: TableData, changed: str | None = None) -> TableData:
    """`part` with a row of `source` in it, one column of it changed."""
    row = source.frame.iloc[[7]].copy()
    if changed:
        row[changed] = row[changed] + 1
    return replace(
        part,
        frame=pd.concat([part.frame, row], ignore_index=True),
        target=pd.concat([part.target, source.target.iloc[[7]]], ignore_index=True),
    )


def test_no_row_or_near_duplicate_is_both_trained_on_and_held_out(own: Own) -> None:
    assert twins(own.train, own.test) == []


def test_no_row_or_near_duplicate_is_in_two_folds(own: Own) -> None:
    settings = own.params
    groups = own.train.duplicate_groups()
    fold_of = fold_numbers(groups, settings.train.folds, settings.data.seed)
    hashes = split.row_hashes(own.train.frame, own.train.target)
    pairs = near_duplicates(own.train.frame, own.train.target)
    assert divided(hashes, fold_of).tolist() == []
    assert (fold_of[pairs[:, 0]] == fold_of[pairs[:, 1]]).all()


@pytest.mark.parametrize("changed", [None, "LotArea", "MoSold"])
def test_a_planted_twin_is_found_in_both_parts(folder: Path, changed: str | None) -> None:
    params = small_params(data=SAMPLE)
    data.prepare(params)
    first, second = data.load_train(params), data.load_test(params)
    assert twins(first, second) == []
    assert len(twins(first, plant(second, first, changed))) == 1


def test_folds_that_divide_a_planted_twin_are_found(folder: Path) -> None:
    rows = data.load_train(small_params(data=SAMPLE))
    doubled = plant(rows, rows, "LotArea")
    groups = doubled.duplicate_groups()
    assert divided(groups, fold_numbers(groups, 3, 0)).tolist() == []
    # As if each row stood for itself: some seed puts the two apart.
    naive = [fold_numbers(np.arange(len(groups)), 3, seed) for seed in range(8)]
    assert any(len(divided(groups, fold_of)) == 1 for fold_of in naive)


def test_data_keeps_near_duplicates_on_one_side_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = houses()
    again = frame.sample(60, random_state=1).assign(size3=lambda t: t["size3"] + 0.5)
    params = as_csv(pd.concat([frame, again], ignore_index=True))
    dataset = data.prepare(params)
    assert (dataset.meta.duplicates, dataset.meta.near_duplicates) == (0, 60)
    assert twins(data.load_train(params), data.load_test(params)) == []
    parts = [data.load_train(params).lines, data.load_test(params).lines]
    for first, second in zip(again.index + 2, range(302, 362), strict=True):
        assert sum(first in lines and second in lines for lines in parts) == 1
    said = " ".join(run_data(pd.concat([frame, again]), capsys).split())
    assert "60 do so in all columns but one; kept together on one side of the split" in said


def test_the_split_of_rows_that_all_differ_is_drawn_row_by_row() -> None:
    groups = np.random.default_rng(0).permutation(400)
    target = np.random.default_rng(1).normal(size=400)
    settings, nothing = small_params().data, np.empty((0, 2), dtype=np.int64)
    rows = pd.DataFrame({"a": target})
    alone = split.split(groups, target, settings, 0, rows, nothing)[1]
    assert len(alone) == 80
    pair = np.array([[3, 4]])
    together = split.split(groups, target, settings, 0, rows, pair)[1]
    assert np.isin([3, 4], together).sum() in (0, 2)


@pytest.mark.parametrize("place", [0, 1])
def test_an_added_row_goes_where_the_row_lies_that_it_nearly_repeats(
    folder: Path, place: int
) -> None:
    frame = houses()
    params = as_csv(frame)
    data.prepare(params)
    before = [data.load_train(params).lines, data.load_test(params).lines]
    copies = frame.iloc[before[place][:25] - 2].assign(size0=lambda t: t["size0"] + 0.25)
    Path("rows.added").mkdir()
    pd.concat([copies, copies]).to_csv("rows.added/1.csv", index=False)
    data.prepare(params)
    after = [data.load_train(params).lines, data.load_test(params).lines]
    assert set(before[0]) <= set(after[0])
    assert set(before[1]) <= set(after[1])
    assert len(after[place]) == len(before[place]) + 50


def test_rows_of_a_few_levels_are_not_called_near_duplicates() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 3, (2000, 6)).astype(str), dtype=object)
    target = pd.Series(rng.integers(1, 10, 2000).astype(float))
    pairs = near_duplicates(frame, target)
    equal = frame.assign(target=target).duplicated()
    assert len(pairs) == equal.sum()
    assert set(pairs[:, 1]) == set(np.flatnonzero(equal))
