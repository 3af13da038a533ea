"""A model whose runs take milliseconds: in a thread, with what has arrived meanwhile as one batch.

Where a run takes microseconds, the event loop itself is the place for it. Here the loop goes on
reading requests while the model runs, and nobody waits for a batch to fill: a lone request is run
at once, and what arrives during a run is the next one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from .grouping import Limits, groups

Item = TypeVar("Item")
Ready = TypeVar("Ready")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Steps(Generic[Item, Ready, Answer]):
    """What is done with an item. All of it in the model's thread."""

    prepare: Callable[[Item], Ready]
    """One item, as the model takes it. What it raises is that item's alone."""
    size: Callable[[Ready], int]
    run: Callable[[list[Ready]], Sequence[Answer]]
    """The model, on items of like size. What it raises is that of all of them."""


@dataclass(frozen=True)
class _Waiting(Generic[Ready, Answer]):
    ready: Ready
    answer: asyncio.Future[Answer]


class ModelThread(Generic[Item, Ready, Answer]):
    """Answers items with one model, in `thread`: an executor of one thread.

    The item that has waited longest is always in the next run, with those of like size.
    """

    def __init__(self, thread: Executor, steps: Steps[Item, Ready, Answer], limits: Limits) -> None:
        self._thread = thread
        self._steps = steps
        self._limits = limits
        self._arrived: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._works = False
        self._lock = threading.Lock()

    async def answer(self, item: Item) -> Answer:
        """The model's answer to one item. A caller that gives up while it waits costs no run."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._arrived.append((item, answer))
            idle, self._works = not self._works, True
        if idle:
            self._thread.submit(self._work)
        return await answer

    def _work(self) -> None:
        """Run batches until nothing is waiting."""
        waiting: list[_Waiting[Ready, Answer]] = []
        while self._take(waiting):
            batch = self._next_batch(waiting)
            if not batch:
                continue
            try:
                answers = self._steps.run([each.ready for each in batch])
                outcomes: Sequence[Answer | Exception] = list(answers)
            except Exception as error:
                outcomes = [error] * len(batch)
            _deliver([each.answer for each in batch], outcomes)

    def _take(self, waiting: list[_Waiting[Ready, Answer]]) -> bool:
        """Prepare what has arrived. False, and the work ends, if nothing is waiting."""
        with self._lock:
            arrived, self._arrived = self._arrived, []
            self._works = bool(arrived or waiting)
            if not self._works:
                return False
        for item, answer in arrived:
            if answer.cancelled():
                continue
            try:
                waiting.append(_Waiting(self._steps.prepare(item), answer))
            except Exception as error:
                _deliver([answer], [error])
        return True

    def _next_batch(self, waiting: list[_Waiting[Ready, Answer]]) -> list[_Waiting[Ready, Answer]]:
        """Take from `waiting` the first one, and those that run with it."""
        waiting[:] = [each for each in waiting if not each.answer.cancelled()]
        if not waiting:
            return []
        sizes = [self._steps.size(each.ready) for each in waiting]
        chosen = next(group for group in groups(sizes, self._limits) if 0 in group)
        batch = [waiting[position] for position in chosen]
        for position in sorted(chosen, reverse=True):
            del waiting[position]
        return batch


def _deliver(
    answers: Sequence[asyncio.Future[Answer]], outcomes: Sequence[Answer | Exception]
) -> None:
    """Hand the outcomes over, on the event loop that waits for them."""

    def set_all() -> None:
        for answer, outcome in zip(answers, outcomes, strict=True):
            if answer.done():
                continue
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

    # A loop that has been closed meanwhile has nobody who waits.
    with suppress(RuntimeError):
        answers[0].get_loop().call_soon_threadsafe(set_all)
