"""Requests that are there at the same time run as one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")
Answer = TypeVar("Answer")

# Beyond it a batch would hold up the event loop for other requests.
LARGEST_BATCH = 64


class Batcher(Generic[Row, Answer]):
    """Collects the rows of one turn of the event loop, and answers them together.

    run: rows to answers, in one run of the model. wait_s: how long the first row waits for others.
    With 0 none waits: under load many requests are read from their sockets in one turn, and a lone
    request is answered in the same turn.
    """

    def __init__(
        self,
        run: Callable[[list[Row]], Sequence[Answer]],
        wait_s: float = 0.0,
        largest: int = LARGEST_BATCH,
    ) -> None:
        self._model = run
        self._wait_s = wait_s
        self._largest = largest
        self._rows: list[Row] = []
        self._waiting: list[asyncio.Future[Answer]] = []
        self._start: asyncio.Handle | None = None

    async def answer(self, row: Row) -> Answer:
        """The model's answer to one row."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._rows.append(row)
        self._waiting.append(answer)
        if len(self._rows) >= self._largest:
            self._run()
        elif self._start is None:
            if self._wait_s:
                self._start = loop.call_later(self._wait_s, self._run)
            else:
                self._start = loop.call_soon(self._run)
        return await answer

    def _run(self) -> None:
        rows, waiting = self._rows, self._waiting
        self._rows, self._waiting = [], []
        if self._start is not None:
            self._start.cancel()
            self._start = None
        try:
            answers = self._model(rows)
        except Exception as error:
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for future, answer in zip(waiting, answers, strict=True):
            if not future.done():
                future.set_result(answer)
