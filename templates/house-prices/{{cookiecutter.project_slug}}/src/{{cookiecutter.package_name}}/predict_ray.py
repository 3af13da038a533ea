"""Score CSV files on many processes or machines with Ray Data; the answer is the plain engine's.

Ray moves whole batches; the functions that read and score them are those of `predict`. On a
cluster the files and the models folder have to lie at the same path on every machine, as on a
shared disk, and each machine needs what serving needs. This package travels by itself.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .api.predictor import Predictor
from .errors import UserError
from .predict import Engine, ScoredBatch, read_batches, score_batch
from .progress import CONSOLE
from .schema import TableSchema

LOOPBACK = "127.0.0.1"
CONNECT_SECONDS = 5.0
READERS = 4  # files that are read at the same time
Row = dict[str, Any]


def ray_engine(models: Path, address: str | None = None) -> Engine:
    """Batches are scored by a process per core, of this machine or of the cluster at `address`.

    Raises UserError if Ray is not installed or the cluster does not answer.
    """
    predictor = Predictor.load(models)  # before Ray starts, which takes seconds
    ray = _import_ray()

    def run(files: Sequence[Path]) -> Iterator[tuple[Path, ScoredBatch]]:
        _start(ray, address)
        try:
            with CONSOLE.status("Scoring with Ray"):
                yield from _results(_dataset(ray, files, predictor.schema, models.resolve()))
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1][:200]
            raise UserError(
                f"Ray stopped ({reason}). Look into its logs, or use --engine plain."
            ) from None
        finally:
            ray.shutdown()

    return run


def _import_ray() -> Any:
    # No reports about its use to its makers, unless the user wants them.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise UserError(
            "--engine ray: Ray is not installed. Install the extra: pip install '.[ray]', or use "
            "--engine plain."
        ) from None
    return ray


def _start(ray: Any, address: str | None) -> None:
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if address is None:
            # A Ray of our own, that listens to this machine alone.
            ray.init("local", include_dashboard=False, _node_ip_address=LOOPBACK, **quiet)
        else:
            _knock(address)
            package = {"py_modules": [str(Path(__file__).parent)]}
            ray.init(address, runtime_env=package, **quiet)
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        where = f"--address {address}" if address else "--engine ray"
        raise UserError(
            f"{where}: Ray does not start ({reason}). Check the address, or use --engine plain."
        ) from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _knock(address: str) -> None:
    """Raise OSError if nobody listens at host:port: Ray itself would try for many minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdecimal():
        with socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS):
            pass


def _dataset(ray: Any, files: Sequence[Path], schema: TableSchema, models: Path) -> Any:
    """Rows {path, scored}, in the order of the files and of their batches."""
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    cores = int(ray.cluster_resources().get("CPU", 1))
    paths = [{"path": str(path)} for path in files]
    return (
        ray.data.from_items(paths, override_num_blocks=len(paths))
        # Readers take no core of their own: with one core there would be none left to score.
        .map_batches(
            _read,
            batch_size=1,
            fn_args=[schema.model_dump_json(), str(Path.cwd())],
            num_cpus=0,
            concurrency=min(READERS, len(paths)),
        )
        .map(Scorer, fn_constructor_args=[str(models)], num_cpus=1, concurrency=(1, cores))
    )


def _results(dataset: Any) -> Iterator[tuple[Path, ScoredBatch]]:
    for row in dataset.iter_rows():
        found = pickle.loads(row["scored"])
        if isinstance(found, UserError):
            raise found
        yield Path(row["path"]), found


# A refusal travels as a value. Were it raised where it happens, the user would be told the bad row
# that was found first; told in its place, it is the first bad row, as from the plain engine.


def _read(paths: dict[str, Any], schema: str, folder: str) -> Iterator[Row]:
    """The batches of a file, pickled; the last one may be a UserError.

    folder: where the command was started; a worker's own is another.
    """
    (path,) = paths["path"]
    table = TableSchema.model_validate_json(schema)
    try:
        for batch in read_batches(Path(path), table, Path(folder)):
            yield {"path": [path], "batch": [pickle.dumps(batch)]}
    except UserError as error:
        yield {"path": [path], "batch": [pickle.dumps(error)]}


class Scorer:
    """Scores pickled batches; loads the model once per process."""

    def __init__(self, models: str) -> None:
        self._predictor = Predictor.load(Path(models))

    def __call__(self, row: Row) -> Row:
        """{path, batch} -> {path, scored}."""
        found = pickle.loads(row["batch"])
        if not isinstance(found, UserError):
            try:
                found = score_batch(self._predictor, found)
            except UserError as error:
                found = error
        return {"path": row["path"], "scored": pickle.dumps(found)}
