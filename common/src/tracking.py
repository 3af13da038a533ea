"""Runs in MLflow: what went in, what came out, and the model.

`MLFLOW_TRACKING_URI` comes before the settings. A server that does not answer is an error before
any work is done, not after.
"""

import logging
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

from .errors import UserError

CONNECT_SECONDS = 5.0
# MLflow's own defaults retry for minutes. Set only where the user has not.
HTTP_SETTINGS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
DEFAULT_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}


class TrackingSettings(Protocol):
    """The settings that tracking reads."""

    @property
    def enabled(self) -> bool: ...
    @property
    def uri(self) -> str: ...
    @property
    def experiment(self) -> str | None: ...


class Run:
    """What a step may log. This one drops all of it: tracking is off."""

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log settings; nested ones get dotted names."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log figures, of one fold or trial if `step` is given."""

    def log_files(self, paths: Sequence[Path], folder: str) -> None:
        """Log files under `folder` of the run's artifacts."""

    def log_model(self, model: Any, example: Any, prediction: Any, requirements: list[str]) -> None:
        """Log a scikit-learn model with its signature and an input example."""


class _MlflowRun(Run):
    def __init__(self, mlflow: Any, uri: str) -> None:
        self._mlflow = mlflow
        self._uri = uri

    def log_params(self, params: Mapping[str, Any]) -> None:
        with _answering(self._uri):
            self._mlflow.log_params(_flat(params))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        with _answering(self._uri):
            self._mlflow.log_metrics(dict(metrics), step=step)

    def log_files(self, paths: Sequence[Path], folder: str) -> None:
        with _answering(self._uri):
            for path in paths:
                self._mlflow.log_artifact(str(path), artifact_path=folder)

    def log_model(self, model: Any, example: Any, prediction: Any, requirements: list[str]) -> None:
        import mlflow.sklearn
        from mlflow.models import infer_signature

        with _answering(self._uri):
            mlflow.sklearn.log_model(
                model,
                name="model",
                signature=infer_signature(example, prediction),
                input_example=example,
                # Named, or MLflow imports everything in a second process to find them out.
                pip_requirements=requirements,
                # The model's classes are this package's.
                code_paths=[str(Path(__file__).parent)],
                serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
            )


@contextmanager
def start_run(
    settings: TrackingSettings, project: str, name: str, tags: Mapping[str, str]
) -> Iterator[Run]:
    """A run named `name` in the project's experiment; marked failed if the block raises.

    Checks first that the server answers. Raises UserError, within ten seconds, if it does not.
    """
    if not settings.enabled:
        yield Run()
        return
    uri = os.environ.get("MLFLOW_TRACKING_URI") or settings.uri
    if uri.startswith("postgresql://"):
        # The driver that the extra `postgres` installs; SQLAlchemy 2.1 would look for another.
        uri = uri.replace("postgresql:", "postgresql+psycopg2:", 1)
    check_reachable(uri)
    for key, value in HTTP_SETTINGS.items():
        os.environ.setdefault(key, value)
    mlflow = _quiet_mlflow()
    with _answering(uri):
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(settings.experiment or project)
    try:
        with mlflow.start_run(run_name=name, tags=dict(tags)):
            yield _MlflowRun(mlflow, uri)
    except mlflow.exceptions.MlflowException as error:
        # A server that went away cannot be told how the run ended, either.
        raise UserError(_unreachable(uri, str(error))) from None


@contextmanager
def _answering(uri: str) -> Iterator[None]:
    """Whatever MLflow's stores and clients raise, as one line."""
    try:
        yield
    except Exception as error:
        raise UserError(_unreachable(uri, str(error))) from None


def check_reachable(uri: str) -> None:
    """Raise UserError if the server that a tracking URI names does not answer within seconds.

    A folder or an sqlite file has no server and passes.
    """
    from sqlalchemy.exc import SQLAlchemyError

    parts = urlsplit(uri)
    scheme = parts.scheme.partition("+")[0]
    if scheme not in DEFAULT_PORTS:
        return
    try:
        if scheme in ("http", "https"):
            _ask_http(uri)
        elif scheme == "postgresql":
            _ask_postgresql(uri)
        else:
            address = (parts.hostname or "localhost", parts.port or DEFAULT_PORTS[scheme])
            with socket.create_connection(address, timeout=CONNECT_SECONDS):
                pass
    except (OSError, ValueError, ImportError, HTTPException, SQLAlchemyError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "orig", None) or error
        raise UserError(_unreachable(uri, " ".join(str(reason).split())[:200])) from None


def _ask_http(uri: str) -> None:
    """Wait for an answer, not for a connection alone: a server that hangs accepts those too."""
    parts = urlsplit(uri)
    # urllib takes credentials in an address for a part of the host's name.
    address = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
    try:
        urlopen(f"{address.rstrip('/')}/health", timeout=CONNECT_SECONDS).close()
    except HTTPError as answer:
        # It is there. Whether it lets us in, MLflow finds out with the credentials that it has.
        answer.close()


def _ask_postgresql(uri: str) -> None:
    """Log in: MLflow would try ten times, with pauses, whatever the reason."""
    from sqlalchemy import create_engine

    engine = create_engine(uri, connect_args={"connect_timeout": int(CONNECT_SECONDS)})
    engine.connect().close()
    engine.dispose()


def _unreachable(uri: str, reason: str) -> str:
    password = urlsplit(uri).password
    first = next(iter(reason.splitlines()), "no reason given")[:200]
    if password:
        # Clients quote the address in their own messages, too.
        uri, first = (text.replace(f":{password}@", ":***@") for text in (uri, first))
    return (
        f"tracking server {uri}: cannot be used ({first}). Start it, correct "
        "MLFLOW_TRACKING_URI or tracking.uri, or go without: --set tracking.enabled=false."
    )


def _quiet_mlflow() -> Any:
    """MLflow, imported when it is needed (it takes a second), without its notices."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


def _flat(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in params.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
