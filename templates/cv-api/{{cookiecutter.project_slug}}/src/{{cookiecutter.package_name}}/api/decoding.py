"""Files to pixels while a service answers others: large ones in threads, and not too many at once.

A photo takes tens of milliseconds to decode, and tens of megabytes meanwhile. A small picture takes
less than a run of the model, and is decoded where that runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from ..picture import PictureError, PictureTooLargeError, Preprocessing, Reading, checked_header
from ..picture_header import Header
from .problems import Problem
from .requests import Sent
from .settings import Settings
from .work import WorkPool

# A picture of so many pixels in a body of so many bytes is found there and decoded in under two
# milliseconds, whatever its format.
SMALL_PIXELS, SMALL_BODY = 25_600, 64_000


class Decoder:
    """Reads pictures for one model. May be used by several threads.

    Of all large ones that are decoded at a time, the pixels are no more than one may have.
    """

    def __init__(self, preprocessing: Preprocessing, settings: Settings) -> None:
        self._preprocessing = preprocessing
        self._most_pixels = settings.max_pixels
        self._room = _Room(settings.max_pixels)
        # Who is answered at all may wait here for a thread; and for no longer than a slow answer.
        self._threads = WorkPool(settings.max_in_flight, settings.timeout_s)

    def header(self, sent: Sent) -> Header:
        """What a file says of itself. Raises Problem for one that cannot be a picture."""
        try:
            return checked_header(sent.content, self._most_pixels)
        except PictureError as error:
            raise _problem(error, sent.field) from None

    def decode(self, header: Header, field: str) -> Reading:
        """A picture of which the header is known. Raises Problem for one that is damaged.

        A large one waits for its turn; a small one never does.
        """
        room = nullcontext() if is_small(header) else self._room.taken(header.cost)
        try:
            with room:
                return self._preprocessing.decode(header)
        except PictureError as error:
            raise _problem(error, field) from None

    def read(self, sent: Sent) -> Reading:
        """Both at once."""
        return self.decode(self.header(sent), sent.field)

    async def read_aside(self, sent: Callable[[], Sent]) -> Reading:
        """What `sent` finds in a body, read in a thread while the event loop goes on."""
        return await self._threads.run(lambda: self.read(sent()))


def is_small(header: Header) -> bool:
    """Whether it takes less to decode than to hand to a thread and back under load."""
    return header.cost <= SMALL_PIXELS


def _problem(error: PictureError, field: str) -> Problem:
    status = 413 if isinstance(error, PictureTooLargeError) else 422
    return Problem(status, f"{field}: {error}.", field)


class _Room:
    """So many pixels that may be decoded at a time."""

    def __init__(self, pixels: int) -> None:
        self._free = pixels
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Waits until there is room for so many, and keeps it while the block runs."""
        with self._changed:
            self._changed.wait_for(lambda: pixels <= self._free)
            self._free -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()
