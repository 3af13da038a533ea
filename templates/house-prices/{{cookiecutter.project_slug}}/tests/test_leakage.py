"""Does anything of what is predicted reach what it is predicted from? Each check is shown to fail.

The checks of the split, the folds and the columns look at the learner's own rows, if params.yaml
names them and `data` has prepared them; otherwise at the synthetic sample. Those that train models
use the sample, since they take wild values in place of real ones.
"""

import ast
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import small_params

from {{ cookiecutter.package_name }} import config, data, split, train
from {{ cookiecutter.package_name }}.cli import app
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.crossvalidation import (
    cross_validate,
    fold_numbers,
)
from {{ cookiecutter.package_name }}.data import TableData
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.leakage import (
    divided,
    joined,
    moved_by_own_target,
    near_pairs,
)
from {{ cookiecutter.package_name }}.leakage_columns import target_leaks
from {{ cookiecutter.package_name }}.leakage_rows import near_duplicates
from {{ cookiecutter.package_name }}.models import (
    BASELINES,
    CANDIDATES,
    blend_weights,
    build_model,
    build_stack,
    cross_fitted_blend,
)
from {{ cookiecutter.package_name }}.target import forward

ROOT = Path(__file__).parents[1]
SOURCE = Path(data.__file__).parent
SAMPLE = {"sample_rows": 400}


@dataclass(frozen=True)
class Own:
    """The project's own rows, in their two parts."""

    params: Params
    train: TableData
    test: TableData


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """What params.yaml names, if it is prepared, with rows held out; otherwise the sample."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        params = config.load(Path("params.yaml"), [])
        # Never prepares anything, so the project's folder is left as it is.
        held_out = data.load_test(params)
    except UserError:
        params = small_params(data=SAMPLE)
        os.chdir(tmp_path_factory.mktemp("sample"))
        data.prepare(params)
        held_out = data.load_test(params)
    try:
        yield Own(params, data.load_train(params), held_out)
    finally:
        os.chdir(before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- rows, groups and near duplicates -------------------------------------------------------------


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


def houses(rows: int = 300) -> pd.DataFrame:
    """Rows with enough to tell them apart."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        rng.uniform(10, 99, (rows, 6)).round(2), columns=[f"size{i}" for i in range(6)]
    )
    return frame.assign(price=(1e3 * frame.sum(axis=1) + rng.normal(0, 2e4, rows)).round())


def run_data(frame: pd.DataFrame, capsys: pytest.CaptureFixture[str], **settings: Any) -> str:
    """What the command `data` says about these rows."""
    params = as_csv(frame, **settings)
    Path("params.yaml").write_text(yaml.safe_dump(params.model_dump(mode="json")))
    capsys.readouterr()
    assert exit_code("data") == 0
    return capsys.readouterr().out


def as_csv(frame: pd.DataFrame, **settings: Any) -> Params:
    frame.to_csv("rows.csv", index=False)
    return small_params(data={"source": "csv", "path": "rows.csv", "target": "price", **settings})


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


def test_near_pairs_are_those_that_comparing_all_with_all_finds() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 3, (200, 8))

    def alike(left: Any, right: Any) -> Any:
        return (words[left] != words[right]).sum(axis=1) <= 1

    blocks = [words[:, half] @ 3 ** np.arange(4) for half in (slice(0, 4), slice(4, 8))]
    found = near_pairs([block.astype(np.uint64) for block in blocks], alike)
    first, second = np.triu_indices(200, 1)
    wanted = np.column_stack([first, second])[alike(first, second)]
    assert len(wanted) > 5
    assert found.tolist() == wanted.tolist()


def test_chains_of_pairs_become_one_group() -> None:
    pairs = np.array([[0, 2], [2, 5]])
    assert joined(np.array([7, 1, 9, 3, 4, 8]), pairs).tolist() == [7, 1, 7, 3, 4, 7]


# --- columns that give the target away ------------------------------------------------------------


def test_no_column_or_pair_of_columns_gives_the_target_away(own: Own) -> None:
    """If it fails on your data: is the column known when a prediction is asked for?"""
    found = target_leaks(own.train.frame, own.train.target, own.train.schema)
    assert [str(leak) for leak in found] == []


def alone(leak: Callable[[pd.DataFrame], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(leak=leak(frame))


def apart(
    second: Callable[[pd.Series, pd.Series], pd.Series],
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Two columns: one at random, and one that makes the price with it."""

    def make(frame: pd.DataFrame) -> pd.DataFrame:
        first = pd.Series(np.random.default_rng(3).uniform(50, 900, len(frame)))
        return frame.assign(part=first, rest=second(frame["price"], first).round(4))

    return make


@pytest.mark.parametrize(
    ("plant_in", "columns"),
    [
        (alone(lambda f: f["price"] * 0.02), ("leak",)),
        (alone(lambda f: 1e9 / f["price"]), ("leak",)),
        (alone(lambda f: f["price"].where(f.index % 3 > 0)), ("leak",)),
        (alone(lambda f: f["price"] * (f.index % 2 * 2 - 1)), ("leak",)),
        (alone(lambda f: "class " + pd.qcut(f["price"], 20).cat.codes.astype(str)), ("leak",)),
        (apart(lambda price, first: price - 100 * first), ("part", "rest")),
        (apart(lambda price, first: 100 * first - price), ("part", "rest")),
        (apart(lambda price, first: price / first), ("part", "rest")),
        (apart(lambda price, first: price * first), ("part", "rest")),
    ],
    ids=[
        *("share", "inverse", "with gaps", "bent", "class"),
        *("sum", "difference", "product", "ratio"),
    ],
)
def test_a_planted_leak_is_found(
    folder: Path, plant_in: Callable[[pd.DataFrame], pd.DataFrame], columns: Sequence[str]
) -> None:
    leaky = data.load_train(as_csv(plant_in(houses(1500))))
    found = target_leaks(leaky.frame, leaky.target, leaky.schema)
    assert [leak.columns for leak in found] == [tuple(columns)]


def test_honest_columns_are_no_leak(folder: Path) -> None:
    clean = data.load_train(as_csv(houses(1500)))
    assert target_leaks(clean.frame, clean.target, clean.schema) == []


def test_data_warns_in_one_line_that_says_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    frame = houses().assign(tax=lambda f: f["price"] * 0.01)
    said = [line for line in run_data(frame, capsys).splitlines() if "tax" in line]
    assert len(said) == 1
    assert said[0].startswith("Warning: tax nearly gives price away (rank correlation 1.000)")
    assert "data.ignore: [tax]" in said[0]
    assert "Warning" not in run_data(frame, capsys, ignore=("tax",))


def test_a_row_far_off_does_not_make_a_leak() -> None:
    schema = train_schema("a", "b")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.uniform(0, 1, 300), "b": rng.uniform(0, 1, 300)})
    target = pd.Series(rng.uniform(1, 2, 300))
    frame.loc[9, ["a", "b"]] = 1e6
    target[9] = 2e6
    assert target_leaks(frame, target, schema) == []


def train_schema(*names: str) -> Any:
    from {{ cookiecutter.package_name }}.schema import Column, TableSchema

    columns = tuple(Column(name=name, kind="number") for name in names)
    return TableSchema(target="price", columns=columns)


# --- fitted on training data alone ----------------------------------------------------------------


def wild(part: TableData) -> TableData:
    """Rows with the same columns, and values that are far from all that there were."""
    frame = part.frame.copy()
    for name in part.schema.names:
        if part.schema.column(name).kind == "number":
            frame[name] = frame[name] * 1e4 + 1e6
        else:
            frame[name] = "a level that nobody has seen"
    return replace(part, frame=frame, target=part.target * 1e3)


def model_version(params: Params, load: Callable[[Params], TableData], name: str) -> str:
    """The version of the model that a complete training makes: it ends in its artifacts' hash.

    The hash covers encoder, derived columns, models and weights (as ONNX), the interval, the
    schema and the reference of the drift check.
    """
    staging = Path(name)
    staging.mkdir()
    built = train.build(params, load(params), staging)
    width = built.metrics["interval"]["halfwidth"]
    return f"{built.manifest.version}, {built.metrics['weights']}, {width}"


def leaky_load(params: Params) -> TableData:
    """What a careless step does: all rows, since "the scaler sees no target anyway"."""
    first, second = data.load_train(params), data.load_test(params)
    return plant_all(first, second)


def plant_all(first: TableData, second: TableData) -> TableData:
    frame = pd.concat([first.frame, second.frame], ignore_index=True)
    target = pd.concat([first.target, second.target], ignore_index=True)
    lines = np.concatenate([first.lines, second.lines])
    return replace(first, frame=frame, target=target, lines=lines)


@pytest.mark.parametrize(
    ("load", "same"), [(data.load_train, True), (leaky_load, False)], ids=["ours", "planted"]
)
def test_a_training_learns_nothing_from_the_held_out_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[Params], TableData], same: bool
) -> None:
    params = small_params()
    data.prepare(params)
    before = model_version(params, load, "before")
    changed = wild(data.load_test(params))
    monkeypatch.setattr(data, "load_test", lambda _: changed)
    table = changed.frame.assign(**{params.data.target: changed.target})
    table.to_parquet("data/processed/test.parquet")
    after = model_version(params, load, "after")
    assert (before == after) is same


def small(name: str) -> dict[str, Any]:
    trees = {"random_forest", "xgboost", "lightgbm"}
    return {"n_estimators": 8} if name in trees else {}


@dataclass(frozen=True)
class Folded:
    """Training rows with their folds."""

    rows: TableData
    target: Any
    fold_of: Any

    @classmethod
    def of(cls, rows: TableData) -> "Folded":
        groups = rows.duplicate_groups()
        return cls(rows, forward(rows.target.to_numpy(), True), fold_numbers(groups, 3, 0))

    def predictions(self, names: Sequence[str], target: Any) -> dict[str, Any]:
        builders = {
            name: partial(build_model, name, self.rows.schema, small(name), 42) for name in names
        }
        found = cross_validate(builders, self.rows.frame, target, self.fold_of, 2)
        return {name: found[name].prediction for name in names}

    def stack(self, target: Any, weigh: Callable[..., Any]) -> Any:
        found = self.predictions(("ridge", "xgboost"), target)
        return weigh(np.column_stack(list(found.values())), target, self.fold_of)


@pytest.fixture
def folded(folder: Path) -> Folded:
    return Folded.of(data.load_train(small_params()))


@pytest.mark.parametrize("name", [*BASELINES, *CANDIDATES])
def test_a_models_prediction_of_a_row_does_not_move_with_its_own_target(
    folded: Folded, name: str
) -> None:
    def out_of_fold(target: Any) -> Any:
        return folded.predictions((name,), target)[name]

    assert moved_by_own_target(out_of_fold, folded.target, folded.fold_of == 1).max() == 0.0


def ranked_among_all(frame: pd.DataFrame) -> pd.DataFrame:
    """A careless step before the folds: a number's rank, among held-out rows as well."""
    return frame.assign(GrLivArea=frame["GrLivArea"].rank())


@pytest.mark.parametrize(
    ("before", "same"),
    [(lambda frame: frame, True), (ranked_among_all, False)],
    ids=["ours", "planted"],
)
def test_a_prediction_does_not_move_with_what_other_rows_of_its_fold_hold(
    folded: Folded, before: Callable[[pd.DataFrame], pd.DataFrame], same: bool
) -> None:
    """Encoder, medians, scales and views are fitted in each fold, on the rows of the others."""
    names = ("linear", "ridge", "svr", "xgboost")
    others = folded.fold_of == 1
    row = int(np.flatnonzero(others)[0])
    others[row] = False
    strange = folded.rows.frame.copy()
    strange[others] = wild(folded.rows).frame[others]
    found = []
    for frame in (folded.rows.frame, strange):
        rows = replace(folded.rows, frame=before(frame))
        found.append(replace(folded, rows=rows).predictions(names, folded.target))
    moved = [abs(found[0][name][row] - found[1][name][row]) for name in names]
    # The order of a sum may change its last digits.
    assert bool(max(moved) < 1e-9) is same


def test_a_planted_target_encoding_on_all_rows_is_found(folded: Folded) -> None:
    frame = folded.rows.frame

    def out_of_fold(target: Any) -> Any:
        # Fitted once, before the folds: the commonest leak of all.
        means = pd.Series(target).groupby(frame["Neighborhood"]).transform("mean")
        leaky = replace(folded.rows, frame=frame.assign(LotArea=np.exp(means)))
        return replace(folded, rows=leaky).predictions(("ridge",), target)["ridge"]

    assert moved_by_own_target(out_of_fold, folded.target, folded.fold_of == 1).max() > 0.1


def test_the_members_of_a_stack_are_weighed_without_the_rows_own_fold(folded: Folded) -> None:
    found = folded.predictions(("ridge", "xgboost"), folded.target)
    members = np.column_stack(list(found.values()))

    def out_of_fold(target: Any) -> Any:
        return cross_fitted_blend(members, target, folded.fold_of)

    def at_once(target: Any) -> Any:
        return members @ blend_weights(members, target)

    rows = folded.fold_of == 1
    assert moved_by_own_target(out_of_fold, folded.target, rows).max() == 0.0
    assert moved_by_own_target(at_once, folded.target, rows).max() > 0.0


def test_a_row_hardly_moves_its_own_prediction_by_the_stack(folded: Folded) -> None:
    """Not by nothing: the models of the other folds have seen it, and share in the weights.

    A few weights have no room to remember a row, as models that see their own rows do.
    """
    row = np.arange(len(folded.target)) == 5

    def fitted_on_all(target: Any) -> Any:
        members = {"ridge": small("ridge"), "xgboost": small("xgboost")}
        model = build_stack(members, [0.5, 0.5], folded.rows.schema, 42)
        return model.fit(folded.rows.frame, target).predict(folded.rows.frame)

    def out_of_fold(target: Any) -> Any:
        return folded.stack(target, cross_fitted_blend)

    ours = moved_by_own_target(out_of_fold, folded.target, row).max()
    assert ours < 0.1 * moved_by_own_target(fitted_on_all, folded.target, row).max()


# --- the held-out rows are read once --------------------------------------------------------------


def readers(modules: dict[str, str]) -> set[str]:
    """The modules whose source names the function that opens the held-out rows."""
    return {
        name
        for name, source in modules.items()
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Name) and node.id == "load_test")
        or (isinstance(node, ast.Attribute) and node.attr == "load_test")
    }


def test_only_evaluate_and_the_contest_of_two_models_open_the_held_out_rows() -> None:
    modules = {path.stem: path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    assert readers(modules) == {"evaluate", "contest"}
    planted = "from . import data\n\ndef tune(params):\n    return data.load_test(params)\n"
    assert readers({**modules, "tune": planted}) == {"evaluate", "contest", "tune"}


def portfolio() -> list[str]:
    """The commands of `make portfolio`, in order."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^portfolio:.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    assert recipe is not None
    return re.findall(r"^\t\$\(RUN\) (\w+)", recipe[1], flags=re.MULTILINE)


def exit_code(command: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        app([command])
    return int(stopped.value.code or 0)


@pytest.mark.slow
def test_no_step_of_the_portfolio_but_evaluate_needs_the_held_out_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the file is away, whoever opens it fails: evaluate does, and no other step."""
    params = small_params(explain={"rows": 3, "background": 3, "top": 1})
    Path("params.yaml").write_text(yaml.safe_dump(params.model_dump(mode="json")))
    for name in ("README.md", "docs"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, name)
        else:
            shutil.copy(ROOT / name, name)
    data.prepare(params)
    held_out, away = Path("data/processed/test.parquet"), Path("away.parquet")
    commands = portfolio()
    assert commands[:3] == ["eda", "train", "evaluate"]
    for command in commands:
        held_out.rename(away)
        code = exit_code(command)
        away.rename(held_out)
        if command == "evaluate":
            assert code == 2
            assert "test.parquet: no such file" in capsys.readouterr().err
            code = exit_code(command)
        assert code == 0, command
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["held_out"]["opened"] == 1
