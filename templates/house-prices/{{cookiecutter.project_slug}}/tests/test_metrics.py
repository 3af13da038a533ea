import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.metrics import (
    headline,
    over_folds,
    regression_metrics,
)

TRUE = np.array([100.0, 200.0, 400.0])
PREDICTED = np.array([110.0, 200.0, 300.0])


def test_the_metrics_are_those_of_their_definitions() -> None:
    found = regression_metrics(TRUE, PREDICTED)
    errors = PREDICTED - TRUE
    logs = np.log(PREDICTED) - np.log(TRUE)
    assert found["mae"] == pytest.approx(np.abs(errors).mean())
    assert found["rmse"] == pytest.approx(np.sqrt((errors**2).mean()))
    assert found["r2"] == pytest.approx(1 - (errors**2).sum() / ((TRUE - TRUE.mean()) ** 2).sum())
    assert found["rmse_log"] == pytest.approx(np.sqrt((logs**2).mean()))
    assert found["mae_log"] == pytest.approx(np.abs(logs).mean())


@given(st.floats(0.01, 1000.0))
def test_the_error_in_logs_does_not_depend_on_the_currency(rate: float) -> None:
    there = regression_metrics(TRUE * rate, PREDICTED * rate)
    here = regression_metrics(TRUE, PREDICTED)
    assert there["rmse_log"] == pytest.approx(here["rmse_log"])
    assert there["r2"] == pytest.approx(here["r2"])


@pytest.mark.parametrize("prices", [np.array([0.0, 1.0, 2.0]), np.array([-1.0, 1.0, 2.0])])
def test_prices_without_a_logarithm_have_no_error_in_logs(prices: np.ndarray) -> None:
    for found in (regression_metrics(prices, TRUE), regression_metrics(TRUE, prices)):
        assert not any(name.endswith("_log") for name in found)
        assert headline(found) == "rmse"


def test_each_metric_comes_over_all_rows_and_with_its_spread_over_folds() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(1.0, 2.0, 30)
    predicted = true + rng.normal(0.0, 0.1, 30)
    fold_of = np.arange(30) % 3
    found = over_folds(true, predicted, fold_of)
    folds = [
        regression_metrics(true[fold_of == f], predicted[fold_of == f])["rmse"] for f in range(3)
    ]
    assert found["rmse"]["folds"] == folds
    assert found["rmse"]["mean"] == pytest.approx(np.mean(folds))
    assert found["rmse"]["std"] == pytest.approx(np.std(folds, ddof=1))
    assert found["rmse"]["overall"] == regression_metrics(true, predicted)["rmse"]
    # Squares average, roots do not: with equal folds the overall figure is the larger one.
    assert found["rmse"]["overall"] >= found["rmse"]["mean"]
