"""What Prometheus is told about requests."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as _generate_latest

# From what a constant answer takes to what nobody waits for, in seconds.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class RequestMetrics:
    """Count and latency of requests, by route, method and status."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._count = Counter("http_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time from the first byte read to the last byte written.",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        # Looking a labelled child up costs more than adding to it.
        self._bound: dict[tuple[str, str, int], tuple[Callable[[], None], Callable[..., None]]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, status)
        bound = self._bound.get(key)
        if bound is None:
            count = self._count.labels(method, route, str(status))
            bound = self._bound[key] = (count.inc, self._seconds.labels(route).observe)
        bound[0]()
        bound[1](seconds)

    def text(self) -> bytes:
        """All metrics, in Prometheus' text format."""
        return _generate_latest(self.registry)
