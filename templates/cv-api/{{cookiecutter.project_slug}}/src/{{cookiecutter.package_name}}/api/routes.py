"""The routes that predict: a picture in, as JSON or as a form, and JSON out."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..picture import Reading
from ..picture_header import Header
from ..prediction_log import PredictionLog
from . import requests
from .cam import grad_cam, overlay
from .decoding import SMALL_BODY, Decoder, is_small
from .grouping import Limits
from .model_thread import ModelThread, Steps
from .openapi import operation
from .predictor import Outputs, Prediction, Predictor, stacked
from .problems import Problem
from .requests import Question, Sent
from .settings import Settings
from .shell import Direct, Upload
from .work import WorkPool

encode = msgspec.json.Encoder().encode


class Chance(msgspec.Struct, frozen=True):
    """A class and its probability."""

    label: str
    probability: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one picture shows, and what was found out about the file."""

    label: str
    sure: bool
    confidence: float
    top: list[Chance]
    familiar: bool
    energy: float
    width: int
    height: int
    format: str


class PredictionAnswer(Seen, frozen=True, kw_only=True):
    """The answer of /predict."""

    model: str
    version: str


class BatchAnswer(msgspec.Struct, frozen=True):
    """The answer of /predict/batch, in the order of the pictures."""

    predictions: list[Seen]
    model: str
    version: str


class ExplanationAnswer(Seen, frozen=True, kw_only=True):
    """The answer of /explain: where in the square that the model saw it found `explained`."""

    explained: str
    heat: list[list[float]]
    """By row and column, from 0 to 1."""
    box: Annotated[list[float], Meta(min_length=4, max_length=4)]
    """The square: left, top, right and bottom as shares of the picture's width and height."""
    overlay: str
    """The heat in colours, to lay on the square: a PNG as a data URI."""
    size: int
    """Pixels of each side of the square as the model saw it, and of the overlay."""
    model: str
    version: str


@dataclass(frozen=True)
class Small:
    """A picture that is decoded where the model runs."""

    header: Header
    field: str


@dataclass(frozen=True)
class Answered:
    """What the model said of a picture, and what the log keeps of it."""

    reading: Reading
    prediction: Prediction
    facts: list[float]


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
        self._settings = settings
        self._decoder = Decoder(predictor.preprocessing, settings)
        steps = Steps(prepare=self._read, size=lambda _: 1, run=self._answers)
        at_once = predictor.pictures_per_run
        self._model_thread: ModelThread[Small | Reading, Reading, Answered] = ModelThread(
            pool.model, steps, Limits(rows=at_once, total=at_once, fixed=0)
        )
        self._model, self._version = predictor.manifest.name, predictor.manifest.version
        self.title = "What pictures show"

    def direct(self) -> dict[str, Direct]:
        """Path -> handler, for the shell."""
        return {
            "/predict": Upload(self.predict, self.predict_file),
            "/predict/batch": Upload(self.predict_batch, self.predict_files),
            "/explain": Upload(self.explain, self.explain_file),
        }

    def about(self) -> dict[str, Any]:
        """What `GET /model` says beside the manifest."""
        settings = self._predictor.manifest.settings
        return {
            "classes": self._predictor.classes,
            "preprocessing": self._predictor.preprocessing.as_dict(),
            "threshold": settings["threshold"],
            "energy": settings["energy"],
            "limits": {
                "body_bytes": self._settings.max_body_bytes,
                "pixels": self._settings.max_pixels,
                "pictures": self._settings.max_batch_rows,
            },
            "logged": self._predictor.inputs,
            "example": requests.example(self._predictor),
        }

    async def predict(self, body: bytes, request_id: str) -> bytes:
        """One picture in base64."""
        return await self._predicted(partial(requests.one, body), len(body), request_id)

    async def predict_file(self, content_type: str, body: bytes, request_id: str) -> bytes:
        """One picture as a file."""
        sent = partial(requests.one_file, content_type, body)
        return await self._predicted(sent, len(body), request_id)

    async def predict_batch(self, body: bytes, request_id: str) -> bytes:
        """Many pictures in base64."""
        most = self._settings.max_batch_rows
        return await self._batch(partial(requests.many, body, most), request_id)

    async def predict_files(self, content_type: str, body: bytes, request_id: str) -> bytes:
        """Many pictures as files."""
        most = self._settings.max_batch_rows
        sent = partial(requests.many_files, content_type, body, most)
        return await self._batch(sent, request_id)

    async def explain(self, body: bytes, request_id: str) -> bytes:
        """Where a class was seen in a picture in base64."""
        return await self._pool.run(self._explained, partial(requests.explained, body))

    async def explain_file(self, content_type: str, body: bytes, request_id: str) -> bytes:
        """Where a class was seen in a picture that comes as a file."""
        question = partial(requests.explained_file, content_type, body)
        return await self._pool.run(self._explained, question)

    async def _predicted(self, sent: Callable[[], Sent], size: int, request_id: str) -> bytes:
        found = await self._model_thread.answer(await self._asked(sent, size))
        self._note(request_id, found)
        return encode(PredictionAnswer(**self._seen(found), **self._names()))

    async def _asked(self, sent: Callable[[], Sent], size: int) -> Small | Reading:
        """The picture of a body of `size` bytes. Only a small one is looked at on the loop."""
        if size > SMALL_BODY:
            return await self._decoder.read_aside(sent)
        picture = sent()
        header = self._decoder.header(picture)
        if is_small(header):
            return Small(header, picture.field)
        return await self._decoder.read_aside(lambda: picture)

    async def _batch(self, pictures: Callable[[], list[Sent]], request_id: str) -> bytes:
        # Not in the model's thread: other requests would wait for all of them.
        found = await self._pool.run(self._answer_all, pictures)
        for i, each in enumerate(found):
            self._note(f"{request_id}/{i}", each)
        seen = [Seen(**self._seen(each)) for each in found]
        return encode(BatchAnswer(seen, self._model, self._version))

    def _answer_all(self, pictures: Callable[[], list[Sent]]) -> list[Answered]:
        sent = pictures()
        step = self._predictor.pictures_per_run
        found: list[Answered] = []
        for start in range(0, len(sent), step):
            readings = [self._decoder.read(each) for each in sent[start : start + step]]
            found += self._answers(readings)
        return found

    def _explained(self, question: Callable[[], Question]) -> bytes:
        asked = question()
        predictor = self._predictor
        reading = self._decoder.read(asked.picture)
        outputs = predictor.run(stacked([reading]))
        (prediction,) = predictor.predictions([reading], outputs)
        label = prediction.label if asked.label is None else asked.label
        if label not in predictor.classes:
            known = ", ".join(predictor.classes[:20])
            raise Problem(422, f"label: the model has no such class. It has: {known}.", "label")
        heat = grad_cam(outputs.features[0], predictor.head[predictor.classes.index(label)])
        size = predictor.preprocessing.size
        return encode(
            ExplanationAnswer(
                **self._seen(Answered(reading, prediction, [])),
                explained=label,
                heat=heat.round(4).tolist(),
                box=list(reading.box),
                overlay=overlay(heat, size),
                size=size,
                **self._names(),
            )
        )

    def _read(self, asked: Small | Reading) -> Reading:
        if isinstance(asked, Reading):
            return asked
        return self._decoder.decode(asked.header, asked.field)

    def _answers(self, readings: Sequence[Reading]) -> list[Answered]:
        """What the model says of pictures, in one run of it."""
        outputs = self._predictor.run(stacked(readings))
        predictions = self._predictor.predictions(readings, outputs)
        facts = self._facts(readings, outputs)
        return [Answered(*each) for each in zip(readings, predictions, facts, strict=True)]

    def _facts(self, readings: Sequence[Reading], outputs: Outputs) -> list[list[float]]:
        if self._log is None:
            return [[] for _ in readings]
        return self._predictor.logged(readings, outputs.features.mean(axis=(2, 3)))

    def _note(self, request_id: str, found: Answered) -> None:
        self._observe(found.prediction.confidence)
        if self._log is not None:
            self._log.add(request_id, found.facts, found.prediction)

    def _seen(self, found: Answered) -> dict[str, Any]:
        """The fields of `Seen`."""
        prediction, reading = found.prediction, found.reading
        likeliest = heapq.nlargest(
            self._settings.top, prediction.probabilities.items(), key=itemgetter(1)
        )
        return {
            "label": prediction.label,
            "sure": prediction.sure,
            "confidence": prediction.confidence,
            "top": [Chance(*each) for each in likeliest],
            "familiar": prediction.familiar,
            "energy": prediction.energy,
            "width": reading.width,
            "height": reading.height,
            "format": reading.format,
        }

    def _names(self) -> dict[str, Any]:
        return {"model": self._model, "version": self._version}

    def operations(self) -> dict[str, dict[str, Any]]:
        """Path -> its OpenAPI operation."""
        predictor, most = self._predictor, self._settings.max_batch_rows
        return {
            "/predict": operation(
                "What a picture shows",
                requests.one_schema(predictor),
                PredictionAnswer,
                requests.one_form(),
            ),
            "/predict/batch": operation(
                "What many pictures show",
                requests.many_schema(predictor, most),
                BatchAnswer,
                requests.many_form(most),
            ),
            "/explain": operation(
                "Where in a picture a class was seen",
                requests.explained_schema(predictor),
                ExplanationAnswer,
                requests.explained_form(predictor),
            ),
        }
