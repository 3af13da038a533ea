"""Requests that are there at the same time run as one batch; none ever waits for another."""

from __future__ import annotations

import asyncio

from .predictor import Prediction, Predictor

# Beyond it a batch would hold up the event loop for other requests.
LARGEST_BATCH = 64


class Batcher:
    """Collects the rows of one turn of the event loop and predicts them together.

    Under load many requests are read from their sockets in one turn: one run of the graph then
    answers all of them. A lone request is answered in the same turn.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._rows: list[list[float]] = []
        self._waiting: list[asyncio.Future[Prediction]] = []

    async def predict(self, row: list[float]) -> Prediction:
        """The prediction of one encoded row."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Prediction] = loop.create_future()
        self._rows.append(row)
        self._waiting.append(answer)
        if len(self._rows) == 1:
            loop.call_soon(self._run)
        elif len(self._rows) == LARGEST_BATCH:
            self._run()
        return await answer

    def _run(self) -> None:
        rows, waiting = self._rows, self._waiting
        self._rows, self._waiting = [], []
        if not rows:
            return
        try:
            predictions = self._predictor.predict(rows)
        except Exception as error:
            for answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        for answer, prediction in zip(waiting, predictions, strict=True):
            if not answer.done():
                answer.set_result(prediction)
