"""The routes that predict: JSON body in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..prediction_log import PredictionLog
from .explanation import Word, explain
from .model_thread import ModelThread, Steps
from .openapi import operation
from .predictor import LIMITS, Prediction, Predictor
from .reading import Reading
from .requests import example, many_schema, many_texts, one_schema, one_text
from .settings import Settings
from .shell import Direct
from .work import WorkPool

encode = msgspec.json.Encoder().encode


class PredictionAnswer(msgspec.Struct, frozen=True):
    """The answer of /predict."""

    label: str
    confidence: float
    probabilities: dict[str, float]
    truncated: bool
    tokens: int
    model: str
    version: str


class BatchAnswer(msgspec.Struct, frozen=True):
    """The answer of /predict/batch, in the order of the texts."""

    predictions: list[Prediction]
    model: str
    version: str


class ExplanationAnswer(msgspec.Struct, frozen=True):
    """The answer of /explain: the words that were read, in their order."""

    label: str
    confidence: float
    probabilities: dict[str, float]
    truncated: bool
    words: list[Word]
    model: str
    version: str


class Routes:
    """The handlers, around one loaded model.

    pool: for what takes long. log: where predictions are noted, if anywhere. observe: is told each
    confidence.
    """

    def __init__(
        self,
        predictor: Predictor,
        settings: Settings,
        pool: WorkPool,
        log: PredictionLog | None,
        observe: Callable[[float], None],
    ) -> None:
        self._predictor = predictor
        self._pool = pool
        self._log = log
        self._observe = observe
        self._max_rows = settings.max_batch_rows
        steps = Steps(prepare=predictor.reader.read, size=_tokens, run=predictor.predict_group)
        self._model_thread: ModelThread[str, Reading, Prediction] = ModelThread(
            pool.model, steps, LIMITS
        )
        self._model, self._version = predictor.manifest.name, predictor.manifest.version
        self.title = "Moods of texts"

    def direct(self) -> dict[str, Direct]:
        """Path -> handler, for the shell."""
        return {
            "/predict": self.predict,
            "/predict/batch": self.predict_batch,
            "/explain": self.explain,
        }

    def about(self) -> dict[str, Any]:
        """What `GET /model` says beside the manifest."""
        return {
            "classes": self._predictor.classes,
            "max_length": self._predictor.max_length,
            "example": example(self._predictor),
        }

    async def answer(self, text: str) -> Prediction:
        """The mood of one text, in one run of the model with what else is waiting."""
        return await self._model_thread.answer(text)

    async def predict(self, body: bytes, request_id: str) -> bytes:
        """One text."""
        text = one_text(body)
        found = await self.answer(text)
        self._note(request_id, text, found)
        return encode(
            PredictionAnswer(
                found.label,
                found.confidence,
                found.probabilities,
                found.truncated,
                found.tokens,
                self._model,
                self._version,
            )
        )

    async def predict_batch(self, body: bytes, request_id: str) -> bytes:
        """Many texts at once."""
        # Not in the model's thread: other requests would wait for all of them.
        texts, found = await self._pool.run(self._predict_all, body)
        for i, (text, each) in enumerate(zip(texts, found, strict=True)):
            self._note(f"{request_id}/{i}", text, each)
        return encode(BatchAnswer(found, self._model, self._version))

    async def explain(self, body: bytes, request_id: str) -> bytes:
        """One text's words."""
        found = await self._pool.run(explain, self._predictor, one_text(body))
        prediction = found.prediction
        return encode(
            ExplanationAnswer(
                prediction.label,
                prediction.confidence,
                prediction.probabilities,
                prediction.truncated,
                found.words,
                self._model,
                self._version,
            )
        )

    def _predict_all(self, body: bytes) -> tuple[list[str], list[Prediction]]:
        texts = many_texts(body, self._max_rows)
        return texts, self._predictor.predict(texts)

    def _note(self, request_id: str, text: str, found: Prediction) -> None:
        self._observe(found.confidence)
        if self._log is not None:
            # No more of a text than the model can have looked at.
            self._log.add(request_id, (text[: self._predictor.reader.looks[-1]],), found)

    def operations(self) -> dict[str, dict[str, Any]]:
        """Path -> its OpenAPI operation."""
        one = one_schema(self._predictor)
        many = many_schema(self._predictor, self._max_rows)
        return {
            "/predict": operation("The mood of a text", one, PredictionAnswer),
            "/predict/batch": operation("The moods of many texts", many, BatchAnswer),
            "/explain": operation("Which words moved a prediction", one, ExplanationAnswer),
        }


def _tokens(reading: Reading) -> int:
    return len(reading.ids)
