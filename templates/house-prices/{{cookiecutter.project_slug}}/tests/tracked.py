"""What the tests of the registry share: settings that log to a database of the current folder."""

from typing import Any

from conftest import small_params
from tracked_registry import NAME as NAME
from tracked_registry import aliases as aliases
from tracked_registry import registry as registry
from tracked_registry import sections
from tracked_registry import uri as uri

from {{ cookiecutter.package_name }}.config import Params

WEAK = {"ridge": {"alpha": 1e7}}
"""Hyperparameters of a model that is sure to be worse."""


def tracked(**changes: dict[str, Any]) -> Params:
    """Settings with tracking on, and with a model that is trained at once."""
    given = {"train": {"model": "ridge"}, **sections()}
    for section, values in changes.items():
        given[section] = {**given.get(section, {}), **values}
    return small_params(**given)
