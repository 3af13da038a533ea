"""The routes that predict: JSON body in, JSON out, decoded against the model's schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..prediction_log import PredictionLog
from .batching import Batcher
from .explanation import Contribution, explain
from .openapi import operation
from .predictor import Prediction, Predictor
from .problems import Problem
from .requests import Decoder, batch_schema, example, row_schema
from .settings import Settings
from .shell import Direct
from .work import WorkPool

encode = msgspec.json.Encoder().encode


class PredictionAnswer(msgspec.Struct, frozen=True):
    """The answer of /predict."""

    prediction: float
    lower: float
    upper: float
    coverage: float
    model: str
    version: str


class BatchPrediction(msgspec.Struct, frozen=True):
    """One row's part of the answer of /predict/batch."""

    prediction: float
    lower: float
    upper: float


class BatchAnswer(msgspec.Struct, frozen=True):
    """The answer of /predict/batch, in the order of the rows."""

    predictions: list[BatchPrediction]
    coverage: float
    model: str
    version: str


class ExplanationAnswer(msgspec.Struct, frozen=True):
    """The answer of /explain: base_value plus all contributions is the prediction."""

    prediction: float
    base_value: float
    contributions: list[Contribution]
    model: str
    version: str


class Routes:
    """The handlers, around one loaded model.

    pool: for what takes long. log: where predictions are noted, if anywhere. observe: is told each
    predicted price.
    """

    def __init__(
        self,
        predictor: Predictor,
        settings: Settings,
        pool: WorkPool,
        log: PredictionLog | None,
        observe: Callable[[float], None],
    ) -> None:
        manifest = predictor.manifest
        self._predictor = predictor
        self._pool = pool
        self._log = log
        self._observe = observe
        self._max_rows = settings.max_batch_rows
        self._decoder = Decoder(predictor.schema, self._max_rows)
        self._batcher = Batcher(predictor.predict, settings.batch_wait_ms / 1000)
        self._coverage = float(manifest.settings["coverage"])
        self._model, self._version = manifest.name, manifest.version
        self.title = f"{manifest.settings['target']} predictions"

    def direct(self) -> dict[str, Direct]:
        """Path -> handler, for the shell."""
        return {
            "/predict": self.predict,
            "/predict/batch": self.predict_batch,
            "/explain": self.explain,
        }

    def about(self) -> dict[str, Any]:
        """What `GET /model` says beside the manifest."""
        settings = self._predictor.manifest.settings
        return {
            "target": settings["target"],
            "coverage": settings["coverage"],
            "example": example(self._predictor.schema),
        }

    async def predict(self, body: bytes, request_id: str) -> bytes:
        """One row."""
        values = self._decoder.row(body)
        found = await self._batcher.answer(self._encoded(values))
        self._note(request_id, values, found)
        return encode(
            PredictionAnswer(
                found.prediction,
                found.lower,
                found.upper,
                self._coverage,
                self._model,
                self._version,
            )
        )

    async def predict_batch(self, body: bytes, request_id: str) -> bytes:
        """Many rows at once."""
        # Off the event loop: a thousand rows take longer than other requests should wait.
        rows, found = await self._pool.run(self._predict_all, body)
        for i, (values, each) in enumerate(zip(rows, found, strict=True)):
            self._note(f"{request_id}/{i}", values, each)
        return encode(
            BatchAnswer(
                [BatchPrediction(each.prediction, each.lower, each.upper) for each in found],
                self._coverage,
                self._model,
                self._version,
            )
        )

    async def explain(self, body: bytes, request_id: str) -> bytes:
        """One row's contributions."""
        values = self._decoder.row(body)
        encoded = self._encoded(values)
        base, contributions = await self._pool.run(explain, self._predictor, values, encoded)
        prediction = base + sum(each.contribution for each in contributions)
        return encode(
            ExplanationAnswer(prediction, base, contributions, self._model, self._version)
        )

    def _predict_all(self, body: bytes) -> tuple[list[tuple[Any, ...]], list[Prediction]]:
        rows = self._decoder.batch(body)
        return rows, self._predictor.predict([self._encoded(values) for values in rows])

    def _note(self, request_id: str, values: tuple[Any, ...], found: Prediction) -> None:
        self._observe(found.prediction)
        if self._log is not None:
            self._log.add(request_id, values, found)

    def operations(self) -> dict[str, dict[str, Any]]:
        """Path -> its OpenAPI operation."""
        schema = self._predictor.schema
        row, batch = row_schema(schema), batch_schema(schema, self._max_rows)
        return {
            "/predict": operation("Predict one row", row, PredictionAnswer),
            "/predict/batch": operation("Predict many rows", batch, BatchAnswer),
            "/explain": operation("What moved one prediction", row, ExplanationAnswer),
        }

    def _encoded(self, values: tuple[Any, ...]) -> list[float]:
        try:
            return self._predictor.encode(values)
        except ValueError as error:
            raise Problem(422, f"{error}.") from None
