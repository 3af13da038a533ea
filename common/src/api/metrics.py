"""What Prometheus is told: requests, the model, its predictions, the prediction log, drift.

With several workers, prometheus_client keeps each worker's figures in files of one folder
(PROMETHEUS_MULTIPROC_DIR, which `serve` sets), and whichever worker is asked adds them up.
"""

import os
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from .drift_metrics import DriftCollector

# From what a constant answer takes to what nobody waits for, in seconds.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
ATTEMPTS, PAUSE_SECONDS = 5, 0.002
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

# A second sample per counter, for when it was created, which nothing here asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

Bound = tuple[Callable[[], None], Callable[[float], None]]


class Metrics:
    """The metrics of one process. drift_report: where `drift` writes reports/drift.json.

    registry: for metrics of a template's own.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, drift_report: Path) -> None:
        self.registry = registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("http_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time from the first byte read to the last byte written.",
            ("route", "status"),
            buckets=BUCKETS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "http_requests_in_flight",
            "Requests that are being answered.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._model = Gauge(
            "model_info",
            "Workers that serve this model.",
            ("name", "version"),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._reloads = Counter(
            "model_reloads", "Reloads, by what came of them.", ("outcome",), registry=registry
        )
        self._logged = Counter(
            "prediction_log_rows",
            "Predictions written to the log, and those that could not be.",
            ("outcome",),
            registry=registry,
        )
        for outcome in ("loaded", "refused"):
            self._reloads.labels(outcome)
        for outcome in ("written", "dropped"):
            self._logged.labels(outcome)
        self._predictions: Histogram | None = None
        self._drift = DriftCollector(drift_report)
        self._served: tuple[str, str] | None = None
        # Looking a labelled child up costs more than adding to it.
        self._bound: dict[tuple[str, str, int], Bound] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, status)
        bound = self._bound.get(key)
        if bound is None:
            count = self._requests.labels(method, route, str(status))
            timer = self._seconds.labels(route, str(status))
            bound = self._bound[key] = (count.inc, timer.observe)
        bound[0]()
        bound[1](seconds)

    def serves(self, name: str, version: str) -> None:
        """Say which model this process serves from now on."""
        if self._served:
            self._model.labels(*self._served).set(0)
        self._served = (name, version)
        self._model.labels(name, version).set(1)

    def reloaded(self, outcome: str) -> None:
        """Count a reload: "loaded" or "refused"."""
        self._reloads.labels(outcome).inc()

    def logged(self, outcome: str, rows: int) -> None:
        """Count rows of the prediction log: "written" or "dropped"."""
        self._logged.labels(outcome).inc(rows)

    def predictions(self, buckets: Sequence[float]) -> Callable[[float], None]:
        """What each numeric prediction is to be passed to.

        The first model's buckets stay until the process ends: a histogram cannot change its own.
        """
        if self._predictions is None:
            self._predictions = Histogram(
                "prediction_value", "Predictions.", buckets=buckets, registry=self.registry
            )
        return self._predictions.observe

    def text(self) -> bytes:
        """All metrics of all workers, in Prometheus' text format."""
        if not os.environ.get(FOLDER_VARIABLE):
            drift = CollectorRegistry()
            drift.register(self._drift)
            return generate_latest(self.registry) + generate_latest(drift)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # registers itself
        registry.register(self._drift)
        for _ in range(ATTEMPTS):
            try:
                return generate_latest(registry)
            except struct.error:
                # Another worker has begun a file and not yet given it its size.
                time.sleep(PAUSE_SECONDS)
        return generate_latest(registry)
