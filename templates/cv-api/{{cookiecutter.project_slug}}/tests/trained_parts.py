"""Small parts of the digits, and a network trained on them, for the tests of the training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from conftest import small_params

from {{ cookiecutter.package_name }}.config import Network, Params
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.fitting import Trained, fit_network
from {{ cookiecutter.package_name }}.training_state import Epoch

ROWS = 160


def tiny(**sections: dict[str, Any]) -> Params:
    """Settings that train in a second."""
    given: dict[str, dict[str, Any]] = {
        "data": {"max_rows": ROWS},
        "model": {"width": 4},
        "train": {"epochs": 3, "batch_size": 16, "augment": "light"},
    }
    for section, values in sections.items():
        given[section] = {**given.get(section, {}), **values}
    return small_params(**given)


def fit(
    params: Params,
    name: Network = "resnet",
    checkpoints: Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Trained:
    """Train on the digits in the current folder."""
    return fit_network(
        name,
        params,
        load_train(params),
        load_validation(params),
        checkpoints=checkpoints,
        on_epoch=on_epoch,
    )


def same_weights(one: Trained, other: Trained) -> bool:
    """Whether two networks have the same numbers, to the bit."""
    first, second = one.model.state_dict(), other.model.state_dict()
    return list(first) == list(second) and all(
        np.array_equal(first[name].numpy(), second[name].numpy()) for name in first
    )
