"""A registry for the tests: a database of the current folder, and the aliases in it."""

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from {{ cookiecutter.package_name }}.registry import Registry
from {{ cookiecutter.package_name }}.tracking import load_mlflow

NAME = "tested"


def uri() -> str:
    """The database of the current folder; by its full path, since MLflow remembers."""
    return f"sqlite:///{Path.cwd().as_posix()}/mlflow.db"


def sections() -> dict[str, dict[str, Any]]:
    """Settings with tracking on, into the current folder."""
    if not Path("mlflow.db").exists():
        shutil.copyfile(_empty_database(), "mlflow.db")
    return {"tracking": {"enabled": True, "uri": uri()}, "registry": {"name": NAME}}


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
