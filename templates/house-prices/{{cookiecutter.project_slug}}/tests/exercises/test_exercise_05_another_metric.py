"""Exercise 5: the median absolute percentage error, `mdape`, wherever models are measured."""

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import evaluate
from {{ cookiecutter.package_name }}.held_out import with_confidence
from {{ cookiecutter.package_name }}.metrics import headline, regression_metrics

NAME = "mdape"


def test_it_is_the_median_of_the_errors_as_shares_of_the_true_price() -> None:
    target = np.array([100.0, 200.0, 400.0, 1_000.0])
    found = regression_metrics(target, target * np.array([1.1, 0.8, 1.4, 1.3]))
    assert NAME in found, "regression_metrics in metrics.py has no mdape"
    assert found[NAME] == pytest.approx(0.25), "the median of 0.1, 0.2, 0.4 and 0.3 is 0.25"


def test_one_wild_row_does_not_move_it() -> None:
    target = np.full(101, 100.0)
    wild = target * 1.1
    wild[0] = 1e9
    found = regression_metrics(target, wild)
    assert found.get(NAME) == pytest.approx(0.1), "a median does not follow one wild row"


def test_a_price_of_zero_has_no_percentage() -> None:
    found = regression_metrics(np.array([0.0, 100.0, 200.0]), np.array([1.0, 110.0, 180.0]))
    assert NAME not in found, "leave mdape out where a true price is 0, as rmse_log is left out"
    assert "rmse" in found, "the other metrics are still there"


def test_models_are_still_ranked_by_the_same_metric() -> None:
    target = np.array([100.0, 200.0, 300.0])
    assert headline(regression_metrics(target, target * 1.1)) == "rmse_log"


def test_its_interval_is_the_bootstraps() -> None:
    rng = np.random.default_rng(0)
    target = rng.lognormal(12, 0.4, 200)
    found: dict[str, float] = {}
    with suppress(KeyError):
        found = with_confidence(target, target * rng.lognormal(0, 0.1, 200), 200, seed=0)[NAME]
    assert found, (
        "held_out.py cannot resample mdape. Give it a function there that takes many resamples at "
        "once, as _mae does."
    )
    assert found["low"] < found["value"] < found["high"]
    assert found["high"] - found["low"] < 0.1, "an interval that wide is not that of a median"


def test_train_and_evaluate_write_it(project: Path) -> None:
    metrics = json.loads(Path("reports/metrics.json").read_text())
    for name, scores in metrics["cross_validation"]["models"].items():
        assert NAME in scores, f"reports/metrics.json has no mdape of {name} after `train`"
    held_out = evaluate.evaluate(small_params()).metrics["held_out"]["metrics"]
    assert NAME in held_out, "reports/metrics.json has no mdape after `evaluate`"
