"""The outcome of the last `drift` run, read from its report whenever Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Stamp = tuple[int, int, int]
"""Inode, time of change and size of a file: what tells that it was written anew."""


class _Domain(msgspec.Struct, frozen=True):
    auc: float


class _Column(msgspec.Struct, frozen=True):
    name: str
    distance: float
    drifted: bool


class _Report(msgspec.Struct, frozen=True):
    """What is read of reports/drift.json; the rest of it is passed over."""

    checked: Annotated[datetime, Meta(tz=True)]
    logged_rows: int
    drifted: bool
    domain: _Domain
    columns: list[_Column]


class DriftCollector(Collector):
    """Gauges of the report at `path`; none while it is absent, cut short or of another shape.

    A file, not a gauge that is set: `drift` runs in a process of its own, and every worker of the
    service gives the same answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[Stamp, _Report | None] | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges. Never raises: a report must not cost the service its other metrics."""
        report = self._report()
        if report is None:
            return
        drifted = sum(column.drifted for column in report.columns)
        yield _gauge("detected", "1 if the last check found drift, else 0.", report.drifted)
        yield _gauge("columns", "Columns that drifted in the last check.", drifted)
        yield _gauge("rows", "Logged rows that the last check read.", report.logged_rows)
        yield _gauge(
            "domain_auc",
            "How well a classifier tells logged from training rows; 0.5: not at all.",
            report.domain.auc,
        )
        yield _gauge(
            "checked_timestamp_seconds", "When the last check ran.", report.checked.timestamp()
        )
        distances = GaugeMetricFamily(
            "drift_column_distance",
            "Distance between a column's logged and training values.",
            labels=["column"],
        )
        # A dictionary: Prometheus refuses the whole answer if a label's value comes twice.
        for name, distance in {each.name: each.distance for each in report.columns}.items():
            distances.add_metric([name], distance)
        yield distances

    def _report(self) -> _Report | None:
        try:
            status = self._path.stat()
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            if self._read is None or self._read[0] != stamp:
                self._read = (stamp, _decoded(self._path.read_bytes()))
        except OSError:
            return None
        return self._read[1]


def _decoded(content: bytes) -> _Report | None:
    try:
        return msgspec.json.decode(content, type=_Report)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"drift_{name}", help_, value=float(value))
