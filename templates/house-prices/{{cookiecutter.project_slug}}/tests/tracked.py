"""What the tests of the registry share: settings that log to a database of the current folder."""

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from conftest import small_params

from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.registry import Registry
from {{ cookiecutter.package_name }}.tracking import load_mlflow

NAME = "houses"
WEAK = {"ridge": {"alpha": 1e7}}
"""Hyperparameters of a model that is sure to be worse."""


def uri() -> str:
    """The database of the current folder; by its full path, since MLflow remembers."""
    return f"sqlite:///{Path.cwd().as_posix()}/mlflow.db"


def tracked(**sections: dict[str, Any]) -> Params:
    """Settings with tracking on, and with a model that is trained at once."""
    if not Path("mlflow.db").exists():
        shutil.copyfile(_empty_database(), "mlflow.db")
    given = {
        "train": {"model": "ridge"},
        "tracking": {"enabled": True, "uri": uri()},
        "registry": {"name": NAME},
    }
    for section, values in sections.items():
        given[section] = {**given.get(section, {}), **values}
    return small_params(**given)


def registry() -> Registry:
    """The registry of the current folder."""
    return Registry(NAME, uri())


def aliases() -> dict[str, str]:
    """Alias -> number of the version that has it."""
    found = {alias: registry().alias(alias) for alias in ("champion", "challenger")}
    return {alias: version.number for alias, version in found.items() if version}


@lru_cache
def _empty_database() -> Path:
    """A database with MLflow's tables, made once: that takes a second."""
    path = Path(tempfile.mkdtemp()) / "mlflow.db"
    load_mlflow().MlflowClient(tracking_uri=f"sqlite:///{path.as_posix()}").search_experiments()
    return path
