"""One loaded model with all that answers in its name; exchanged as a whole on a reload."""

from __future__ import annotations

from typing import Any

from ..errors import UserError
from ..prediction_log import PredictionLog
from .lasting import Lasting
from .metrics import Metrics
from .page import page
from .predictor import Predictor
from .routes import Routes
from .security import page_headers
from .settings import Settings
from .work import WorkPool

SHOWN = {"name", "version", "created", "metrics", "data", "libraries", "git_revision"}
MEGABYTE = 1_000_000


class Service:
    """The routes, the page and the prediction log of one model.

    Raises UserError if the prediction log cannot be written, or if what is answered beside the
    predictions cannot be answered with this model.
    """

    def __init__(
        self,
        predictor: Predictor,
        settings: Settings,
        metrics: Metrics,
        pool: WorkPool,
        lasting: Lasting,
    ) -> None:
        self.predictor = predictor
        self._log = _open_log(predictor, settings, metrics)
        self._routes = Routes(
            predictor,
            settings,
            pool,
            self._log,
            metrics.predictions(predictor.prediction_buckets),
        )
        try:
            beside = lasting.around(predictor, self._routes)
        except UserError:
            self.close()
            raise
        self.direct = {**self._routes.direct(), **beside.direct}
        self.operations = {**self._routes.operations(), **beside.operations}
        self.title = self._routes.title
        self.page = page(predictor, settings.max_body_bytes)
        self.page_headers = page_headers(self.page, settings.frame_ancestors)

    def about(self) -> dict[str, Any]:
        """What `GET /model` says."""
        return self.predictor.manifest.model_dump(include=SHOWN) | self._routes.about()

    def close(self) -> None:
        """Write what is still to be logged."""
        if self._log is not None:
            self._log.close()


def _open_log(predictor: Predictor, settings: Settings, metrics: Metrics) -> PredictionLog | None:
    if settings.prediction_log is None:
        return None
    return PredictionLog(
        settings.prediction_log,
        predictor.inputs,
        predictor.manifest.version,
        settings.prediction_log_leave_out,
        settings.prediction_log_mb * MEGABYTE,
        metrics.logged,
    )
