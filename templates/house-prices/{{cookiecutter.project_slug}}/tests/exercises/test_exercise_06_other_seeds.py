"""Exercise 6: how much of a difference between two models is the luck of the folds?"""

import importlib
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import models
from {{ cookiecutter.package_name }}.crossvalidation import cross_validate, fold_numbers
from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.metrics import regression_metrics
from {{ cookiecutter.package_name }}.target import forward, inverse

SEEDS = (0, 1, 2)
NAMES = ("mean", "ridge")


def own_module() -> ModuleType:
    with suppress(ModuleNotFoundError):
        return importlib.import_module("{{ cookiecutter.package_name }}.seeds")
    pytest.fail(
        "there is no module seeds.py. It is to have a function "
        "over_seeds(params, names, seeds) -> {model: [its rmse_log with each seed's folds]}.",
        pytrace=False,
    )


def by_hand(name: str, seed: int) -> float:
    """The figure of one model on one seed's folds."""
    params = small_params()
    data = load_train(params)
    folds = fold_numbers(data.duplicate_groups(), params.train.folds, seed)
    found = cross_validate(
        {name: lambda: models.build_model(name, data.schema, {}, params.data.seed)},
        data.frame,
        forward(data.target.to_numpy(), log_target=True),
        folds,
        n_jobs=1,
    )
    prices = data.target.to_numpy()
    return regression_metrics(prices, inverse(found[name].prediction, True))["rmse_log"]


def test_each_seed_gives_the_figure_of_its_folds(project: Path) -> None:
    found = own_module().over_seeds(small_params(), NAMES, SEEDS)
    assert set(found) == set(NAMES), f"a list for each of {NAMES}, not {sorted(found)}"
    for name in NAMES:
        assert len(found[name]) == len(SEEDS), f"{name}: one figure per seed"
        assert len(set(found[name])) == len(SEEDS), f"{name}: every seed gave the same folds"
    expected = [by_hand("ridge", seed) for seed in SEEDS]
    assert np.allclose(found["ridge"], expected), (
        f"ridge: {found['ridge']}, and {expected} with fold_numbers(..., seed) and the same rows. "
        "Only the folds are to follow the seed: neither the split nor the sample."
    )


def test_nothing_that_was_there_is_touched(project: Path) -> None:
    def contents() -> dict[Path, bytes]:
        kept = ("data", "models", "reports")
        paths = [path for folder in kept for path in Path(folder).rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in paths}

    before = contents()
    own_module().over_seeds(small_params(), ("mean",), (5, 6))
    assert contents() == before, "an experiment must not change data/, models/ or reports/"
