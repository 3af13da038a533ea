"""What the service was asked and what it answered: SQLite files in one folder, bounded in size.

The request only appends to a list; a thread writes. If the disk is full or gone, predictions go
on and rows are counted as dropped. Each process has files of its own, so that workers never wait
for one another; one file holds one model version's rows.
"""

import heapq
import logging
import os
import sqlite3
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from .errors import UserError

PREFIX, SUFFIX = "predictions-", ".sqlite"
PAUSE_SECONDS = 0.5  # between two writes: what a killed process loses at most
MOST_PENDING = 20_000  # rows that wait to be written; more are dropped
ROWS_PER_STATEMENT = 200  # SQLite takes the interpreter's lock once per statement, not per row
LOAD_TEST = "load-test-"  # requests whose id begins so are nobody's, and are not noted
FILES = 16  # the folder's bound is shared by so many files

CREATE = """
CREATE TABLE about (version TEXT NOT NULL, columns TEXT NOT NULL, left_out TEXT NOT NULL);
CREATE TABLE predictions (
    at REAL NOT NULL, request_id TEXT NOT NULL, inputs TEXT NOT NULL, output TEXT NOT NULL
);
"""

_encode = msgspec.json.Encoder().encode

logger = logging.getLogger(__name__)

Pending = tuple[float, str, Sequence[Any], Any]


@dataclass(frozen=True)
class Record:
    """One prediction as it was logged."""

    at: datetime
    """When it was answered, UTC."""
    request_id: str
    """The request's id; row i of a batch has `/i` after it."""
    version: str
    """The model's."""
    inputs: dict[str, Any]
    """Column -> value as it was sent."""
    output: dict[str, Any]
    left_out: tuple[str, ...] = ()
    """Columns of the model that the settings kept out of the log."""


def ignore(outcome: str, rows: int) -> None:
    """Count nothing."""


class PredictionLog:
    """Writes rows to `folder` until closed.

    columns: the inputs' names, in the order in which `add` gets the values. left_out: those that
    are not to be stored. max_bytes: of the whole folder; the oldest files are deleted beyond it.
    count: told ("written" or "dropped", rows). Raises UserError if the folder cannot be written to,
    or if `left_out` names what is no column.
    """

    def __init__(
        self,
        folder: Path,
        columns: Sequence[str],
        version: str,
        left_out: Collection[str] = (),
        max_bytes: int = 200_000_000,
        count: Callable[[str, int], None] = ignore,
    ) -> None:
        unknown = sorted(set(left_out) - set(columns))
        if unknown:
            raise UserError(
                f"APP_PREDICTION_LOG_LEAVE_OUT names {', '.join(unknown)}, which the model does "
                "not read. Correct the names; GET /model shows them."
            )
        _check_writable(folder)
        self._folder = folder
        self._kept = [i for i, name in enumerate(columns) if name not in left_out]
        kept = [columns[i] for i in self._kept]
        self._about = (version, _encode(kept).decode(), _encode(sorted(left_out)).decode())
        self._max_bytes = max_bytes
        self._count = count
        self._pending: deque[Pending] = deque()
        self._file: sqlite3.Connection | None = None
        self._path = folder
        self._failing = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._thread.start()

    def add(self, request_id: str, inputs: Sequence[Any], output: Any) -> None:
        """Note one prediction: never waits, never fails.

        inputs: the values in the order of `columns`. output: a dict or a msgspec.Struct.
        """
        if request_id.startswith(LOAD_TEST):
            return
        if len(self._pending) >= MOST_PENDING:
            self._count("dropped", 1)
            return
        self._pending.append((time.time(), request_id, inputs, output))

    def close(self) -> None:
        """Write what is pending, and stop."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            self._write_pending()
        self._write_pending()
        self._close_file()

    def _write_pending(self) -> None:
        rows = [self._pending.popleft() for _ in range(len(self._pending))]
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            part = rows[start : start + ROWS_PER_STATEMENT]
            try:
                self._write(part)
            except (sqlite3.Error, OSError) as error:
                self._count("dropped", len(part))
                self._close_file()
                if not self._failing:
                    logger.error("prediction log %s cannot be written: %s", self._folder, error)
                self._failing = True
            else:
                self._count("written", len(part))
                if self._failing:
                    logger.warning("prediction log %s is written again", self._folder)
                self._failing = False

    def _write(self, rows: list[Pending]) -> None:
        file = self._file = self._file or self._open()
        values: list[Any] = []
        for at, request_id, inputs, output in rows:
            kept = [inputs[i] for i in self._kept]
            values += (at, request_id, _encode(kept).decode(), _encode(output).decode())
        places = ",".join(["(?,?,?,?)"] * len(rows))
        with file:
            file.execute(f"INSERT INTO predictions VALUES {places}", values)
        if self._path.stat().st_size > self._max_bytes / FILES:
            self._close_file()

    def _open(self) -> sqlite3.Connection:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._prune()
        now = datetime.now(UTC)
        name = f"{PREFIX}{now:%Y%m%dT%H%M%S.%f}-{os.getpid()}{SUFFIX}"
        self._path = self._folder / name
        # Opened and used by the writing thread alone.
        file = sqlite3.connect(self._path)
        try:
            file.executescript(CREATE)
            with file:
                file.execute("INSERT INTO about VALUES (?, ?, ?)", self._about)
        except sqlite3.Error:
            file.close()
            self._path.unlink(missing_ok=True)
            raise
        return file

    def _prune(self) -> None:
        """Delete the oldest files until one more fits."""
        sizes = {path: path.stat().st_size for path in _files(self._folder)}
        excess = sum(sizes.values()) - self._max_bytes * (1 - 1 / FILES)
        for path, size in sizes.items():
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def read(folder: Path, since: datetime | None = None) -> Iterator[Record]:
    """The logged rows, oldest first, from `since` on.

    Raises UserError if the folder holds no log, or a file that is none.
    """
    files = _files(folder)
    if not files:
        raise UserError(
            f"{folder}: no prediction log. Serve with APP_PREDICTION_LOG={folder} first."
        )
    start = since.timestamp() if since else 0.0
    return heapq.merge(*(_read_file(path, start) for path in files), key=lambda found: found.at)


def _read_file(path: Path, start: float) -> Iterator[Record]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
            about = file.execute("SELECT version, columns, left_out FROM about").fetchone()
            if about is None:
                return
            version, columns = about[0], msgspec.json.decode(about[1])
            left_out = tuple(msgspec.json.decode(about[2]))
            rows = file.execute("SELECT * FROM predictions WHERE at >= ? ORDER BY at", (start,))
            for at, request_id, inputs, output in rows:
                yield Record(
                    datetime.fromtimestamp(at, UTC),
                    request_id,
                    version,
                    dict(zip(columns, msgspec.json.decode(inputs), strict=True)),
                    msgspec.json.decode(output),
                    left_out,
                )
    except (sqlite3.Error, msgspec.DecodeError) as error:
        raise UserError(
            f"{path}: not a readable prediction log ({error}). Move it out of the folder."
        ) from None


def _files(folder: Path) -> list[Path]:
    """The log's files, oldest first: their names begin with the time."""
    return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"APP_PREDICTION_LOG = {folder}: cannot be written to ({error.strerror}). "
            "Name another folder, or leave it empty for no log."
        ) from None
