"""Runs in MLflow: what went in, what came out, and the model.

`MLFLOW_TRACKING_URI` comes before the settings. A server that does not answer is an error before
any work is done, not after.
"""

import logging
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

from .errors import UserError

CONNECT_SECONDS = 5.0
# MLflow's own defaults retry for minutes, draw bars into logs, and report its use to its makers.
# Set only where the user has not.
ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
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

    uri: str | None = None
    """Where the run is logged; None: nowhere."""
    run_id: str | None = None

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Tag the run."""

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log settings; nested ones get dotted names."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log figures, of one fold or trial if `step` is given."""

    def log_files(self, paths: Sequence[Path], folder: str) -> None:
        """Log files under `folder` of the run's artifacts."""

    def log_model(self, model: Any, example: Any, prediction: Any, requirements: list[str]) -> str:
        """Log a scikit-learn model with its signature and an input example. Returns its id."""
        return ""

    def log_folder(
        self, folder: Path, loader: str, example: Any, prediction: Any, requirements: list[str]
    ) -> str:
        """Log a folder of files as a model with its signature and an input example.

        loader: the module of this package whose `_load_pyfunc` takes the folder and gives what has
        a method `predict`. Nothing is pickled. Returns the model's id.
        """
        return ""


class _MlflowRun(Run):
    uri: str

    def __init__(self, mlflow: Any, uri: str, run_id: str) -> None:
        self._mlflow = mlflow
        self.uri = uri
        self.run_id = run_id

    def set_tags(self, tags: Mapping[str, str]) -> None:
        with answering(self.uri):
            self._mlflow.set_tags(dict(tags))

    def log_params(self, params: Mapping[str, Any]) -> None:
        with answering(self.uri):
            self._mlflow.log_params(_flat(params))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        with answering(self.uri):
            self._mlflow.log_metrics(dict(metrics), step=step)

    def log_files(self, paths: Sequence[Path], folder: str) -> None:
        with answering(self.uri):
            for path in paths:
                self._mlflow.log_artifact(str(path), artifact_path=folder)

    def log_model(self, model: Any, example: Any, prediction: Any, requirements: list[str]) -> str:
        import mlflow.sklearn
        from mlflow.models import infer_signature

        with answering(self.uri):
            logged = mlflow.sklearn.log_model(
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
        return str(logged.model_id)

    def log_folder(
        self, folder: Path, loader: str, example: Any, prediction: Any, requirements: list[str]
    ) -> str:
        import mlflow.pyfunc
        from mlflow.models import infer_signature

        with answering(self.uri):
            logged = mlflow.pyfunc.log_model(
                name="model",
                loader_module=loader,
                data_path=str(folder),
                signature=infer_signature(example, prediction),
                input_example=example,
                pip_requirements=requirements,
                # The loader is this package's.
                code_paths=[str(Path(__file__).parent)],
            )
        return str(logged.model_id)


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
    uri = tracking_uri(settings.uri)
    check_reachable(uri)
    mlflow = load_mlflow()
    with answering(uri):
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(settings.experiment or project)
        run_id = mlflow.start_run(run_name=name, tags=dict(tags)).info.run_id
    try:
        yield _MlflowRun(mlflow, uri, run_id)
    except BaseException:
        # A server that went away cannot be told how the run ended; what happened comes first.
        with suppress(Exception):
            mlflow.end_run("FAILED")
        raise
    with answering(uri):
        mlflow.end_run("FINISHED")


def tracking_uri(default: str) -> str:
    """The address in MLFLOW_TRACKING_URI, or else `default`, in the form that MLflow needs."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or default
    # The driver that the extra `postgres` installs; SQLAlchemy 2.1 would look for another.
    return uri.replace("postgresql://", "postgresql+psycopg2://", 1)


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Whatever MLflow's stores and clients raise, as one line."""
    try:
        yield
    except Exception as error:
        raise UserError(_unreachable(uri, str(error))) from None


def check_reachable(uri: str) -> None:
    """Raise UserError if the server that a tracking URI names does not answer within seconds.

    A folder or an sqlite file has no server and passes.
    """
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
    except (OSError, ValueError, ImportError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
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
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(uri, connect_args={"connect_timeout": int(CONNECT_SECONDS)})
        engine.connect().close()
        engine.dispose()
    except SQLAlchemyError as error:
        raise OSError(getattr(error, "orig", None) or error) from None


def _unreachable(uri: str, reason: str) -> str:
    password = urlsplit(uri).password
    first = next(iter(reason.splitlines()), "no reason given")[:200]
    if password:
        # Clients quote the address in their own messages, too.
        first = first.replace(f":{password}@", ":***@")
    return (
        f"tracking server {without_password(uri)}: cannot be used ({first}). Start it, correct "
        "MLFLOW_TRACKING_URI or tracking.uri, or go without: --set tracking.enabled=false."
    )


def without_password(uri: str) -> str:
    """The address as it may be shown."""
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":***@") if password else uri


def load_mlflow() -> Any:
    """MLflow, imported when it is needed (it takes a second), without its notices.

    Raises ImportError if it is not installed.
    """
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)
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
