"""Where the model to serve lies: the folder models/, or a version in MLflow's registry."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from .. import registry, tracking
from ..errors import UserError

URI = re.compile(r"models:/(?P<name>[^/@]+)(@(?P<alias>[^/@]+)|/(?P<number>\d+))")
# Where `train` logs to, unless it is told otherwise.
DEFAULT_TRACKING = "sqlite:///mlflow.db"


@contextmanager
def model_folder(models: Path, uri: str | None) -> Iterator[Path]:
    """The folder to load the model from while the block runs.

    models: the folder itself, unless `uri` names a registered version: models:/NAME@ALIAS or
    models:/NAME/NUMBER, on the server in MLFLOW_TRACKING_URI. It is downloaded to a temporary
    folder, which is gone when the block ends. Waits for the network: not for an event loop.
    Raises UserError that names MODEL_URI and the reason.
    """
    if uri is None:
        yield models
        return
    try:
        temporary = tempfile.TemporaryDirectory(prefix="model-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UserError(
            f"MODEL_URI = {uri}: no folder to download to ({error.strerror}). "
            "Give the server a writable /tmp, or name another folder in TMPDIR."
        ) from None
    with temporary as name:
        yield _download(uri, Path(name))


def _download(uri: str, folder: Path) -> Path:
    parts = URI.fullmatch(uri)
    if parts is None:
        raise UserError(
            f"MODEL_URI = {uri}: not of the form models:/NAME@ALIAS or models:/NAME/NUMBER. "
            f"For example models:/my-model@{registry.CHAMPION}."
        )
    server = tracking.tracking_uri(DEFAULT_TRACKING)
    _check_client(uri, server)
    try:
        tracking.check_reachable(server)
        known = registry.Registry(parts["name"], server)
        found = known.alias(parts["alias"]) if parts["alias"] else known.number(parts["number"])
        if found is not None:
            return known.download(found, registry.SERVING, folder)
    except UserError as error:
        raise UserError(
            f"MODEL_URI = {uri}: {_cause(error)}. Correct MODEL_URI or MLFLOW_TRACKING_URI, "
            "start that server, or unset MODEL_URI to serve the folder models/."
        ) from None
    raise UserError(
        f"MODEL_URI = {uri}: {tracking.without_password(server)} has no such version. "
        "Correct the name, or run `train` against that server first."
    )


def _cause(error: UserError) -> str:
    """What happened, without the advice that is meant for training."""
    return str(error).partition(". Start it")[0]


def _check_client(uri: str, server: str) -> None:
    """Raise UserError if what is installed cannot speak to the server."""
    scheme = urlsplit(server).scheme.partition("+")[0]
    path = server.removeprefix("sqlite:///")
    if scheme == "sqlite" and not os.path.isfile(path):
        # MLflow would make an empty one.
        raise UserError(
            f"MODEL_URI = {uri}: {path}: no such file, and no MLFLOW_TRACKING_URI that names a "
            "server. Set it, or unset MODEL_URI to serve the folder models/."
        )
    try:
        tracking.load_mlflow()
        if scheme not in ("http", "https") and find_spec("sqlalchemy") is None:
            raise ImportError(name="sqlalchemy")
    except ImportError as error:
        extra = "registry" if scheme in ("http", "https") else "train"
        raise UserError(
            f"MODEL_URI = {uri}: {error.name} is not installed. Install the project's extra "
            f"`{extra}`: pip install '.[{extra}]'. Or unset MODEL_URI to serve the folder models/."
        ) from None
