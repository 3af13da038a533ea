"""Exercise 4: extremely randomised trees (Geurts, Ernst and Wehenkel 2006) as a candidate."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from conftest import small_params
from pydantic import ValidationError

from {{ cookiecutter.package_name }} import models, train
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.errors import UserError

NAME = "extra_trees"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(model: str) -> Params:
    small = {model: {"n_estimators": 15}}
    with suppress(ValidationError):
        return small_params(train={"model": model}, models=small)
    pytest.fail(f"{model} is not a model yet: add it to ModelName in config.py", pytrace=False)


def test_it_is_a_candidate_with_defaults() -> None:
    assert NAME in models.DEFAULTS, f"models.py has no DEFAULTS for {NAME}"
    assert NAME in models.CANDIDATES, f"{NAME} is not among the CANDIDATES of models.py"
    assert NAME in models.TREES, f"{NAME} is to see the TreeView: add it to TREES in models.py"


def test_it_trains_exports_and_serves() -> None:
    params = settings(NAME)
    result = train.train(params)
    lift = result.metrics["cross_validation"]["models"][NAME]["lift"]["mean"]
    assert lift > 0.2, f"{NAME} is {lift:.0%} better than the mean; something is not right"
    served, rows = Predictor.load(Path("models")), load_train(params).frame
    encoded = [served.encode(row) for row in rows.itertuples(index=False, name=None)]
    # Fully grown extra trees know their training rows; a random forest's bootstrap leaves some out.
    prices = served.prices(np.array(encoded))
    assert len(np.unique(prices)) > 50, "the served model gives few different prices"


def test_its_trees_are_not_a_random_forests() -> None:
    params = settings(NAME)
    data = load_train(params)
    price = np.log(data.target.to_numpy())
    few = {"n_estimators": 15}
    found = models.build_model(NAME, data.schema, few, 0).fit(data.frame, price)
    forest = models.build_model("random_forest", data.schema, few, 0).fit(data.frame, price)
    assert not np.allclose(found.predict(data.frame), forest.predict(data.frame)), (
        f"{NAME} predicts what random_forest predicts: use scikit-learn's ExtraTreesRegressor"
    )


def test_it_can_be_tuned() -> None:
    suggested: dict[str, Any] = {}
    with suppress(UserError):
        suggested = models.search_space(NAME, optuna.create_study().ask())
    assert suggested, f"search_space in models.py has no case for {NAME}"
    assert set(models.DEFAULTS[NAME]) <= set(suggested), "suggest all that DEFAULTS sets"
