"""Work that takes longer than other requests should wait: in threads, and only so much at once."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from .problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

THREADS = min(4, os.cpu_count() or 1)


class WorkPool:
    """Runs functions in threads. Beyond `limit` at once, counting those that wait, it refuses.

    model: one more thread, for a model that is too slow for the event loop; see model_thread.py.
    """

    def __init__(self, limit: int, timeout_s: float) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="work")
        # It starts with the first work that it is given.
        self.model = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._places = threading.BoundedSemaphore(limit)
        self._timeout_s = timeout_s

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns. Raises Problem (503) if there is no room, or no end in sight."""
        if not self._places.acquire(blocking=False):
            raise overloaded()
        work = self._threads.submit(function, *args, **kwargs)
        # A thread cannot be stopped: its place is free when it has ended, not when we give up.
        work.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(asyncio.wrap_future(work))
        except TimeoutError:
            raise Problem(
                503,
                f"It took longer than {self._timeout_s:g} s. Send less at once, or try later.",
                headers={"Retry-After": "1"},
            ) from None

    def close(self) -> None:
        """Drop what waits; what runs ends by itself."""
        for threads in (self._threads, self.model):
            threads.shutdown(wait=False, cancel_futures=True)


def overloaded() -> Problem:
    """The answer to a request for which there is no room."""
    return Problem(
        503, "More requests than can be answered. Try again later.", headers={"Retry-After": "1"}
    )
