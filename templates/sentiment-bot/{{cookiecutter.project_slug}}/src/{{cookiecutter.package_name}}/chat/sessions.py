"""Conversations that go on: in this process's memory. redis_sessions.py has those of several."""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .machine import Session

T = TypeVar("T")

ID_BYTES = 24
ID = re.compile(r"[A-Za-z0-9_-]{32}")
"""Ids are made here, of 192 random bits; anything else cannot be one."""

Change = Callable[[Session | None], tuple[Session | None, T]]
"""From a session, or None if it is not known, to the session after, None to end it, and a result.

It may be called several times, when something else has changed the session in between.
"""


@dataclass(frozen=True)
class Changed(Generic[T]):
    """What came of a change: the session's id, whether it is a new one, and the result."""

    id: str
    new: bool
    result: T


class SessionsUnavailable(Exception):
    """Where the sessions are kept cannot be reached."""


class Sessions(Protocol):
    """Where conversations are kept: so many at most, and each for so long after its last turn."""

    async def change(self, session_id: str | None, change: Change[T]) -> Changed[T]:
        """Change the session of that id, or a new one if there is none. Loses no change.

        Raises SessionsUnavailable.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def new_id() -> str:
    """An id that nobody guesses."""
    return secrets.token_urlsafe(ID_BYTES)


def known_form(session_id: str | None) -> str | None:
    """The id, if it can be one of ours."""
    return session_id if session_id is not None and ID.fullmatch(session_id) else None


class MemorySessions:
    """Sessions of this process. Beyond `most`, those that were idle for longest go."""

    def __init__(
        self, most: int, ttl_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._ttl_s = ttl_s
        self._clock = clock
        # From the one that was idle for longest to the one that spoke last.
        self._held: OrderedDict[str, tuple[float, Session]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    async def change(self, session_id: str | None, change: Change[T]) -> Changed[T]:
        """See `Sessions`. Nothing waits in here, so that no other change comes in between."""
        now = self._clock()
        while self._held and next(iter(self._held.values()))[0] <= now:
            self._held.popitem(last=False)
        known = known_form(session_id)
        held = self._held.get(known) if known is not None else None
        session_id = known if known is not None and held is not None else new_id()
        after, result = change(held[1] if held is not None else None)
        self._held.pop(session_id, None)
        if after is not None:
            self._held[session_id] = (now + self._ttl_s, after)
            if len(self._held) > self._most:
                self._held.popitem(last=False)
        return Changed(session_id, held is None, result)

    async def close(self) -> None:
        """Nothing to let go of."""
