"""The bodies of requests, read no further than they may be large, and no more at once than fit."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope

from .problems import Problem
from .work import overloaded

LARGEST_AT_ONCE = 8
"""Bodies of the largest size that are held at a time; of smaller ones, many more fit."""


class BodyReader:
    """Reads bodies of at most `most_bytes`, each within `timeout_s`."""

    def __init__(self, most_bytes: int, timeout_s: float) -> None:
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s
        self._room = LARGEST_AT_ONCE * most_bytes

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body. To be followed by `release`. Raises Problem, and then is not."""
        length = header(scope, b"content-length")
        if length.isdigit() and int(length) > self._most_bytes:
            raise self._too_large()
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._read(receive, parts)
        except BaseException as error:
            self._room += sum(map(len, parts))
            if isinstance(error, TimeoutError):
                raise self._too_slow() from None
            raise
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def release(self, body: bytes) -> None:
        """Make room for others: the body has been answered."""
        self._room += len(body)

    async def _read(self, receive: Receive, parts: list[bytes]) -> None:
        left = self._most_bytes
        more = True
        while more:
            message = await receive()
            part: bytes = message.get("body", b"")
            left -= len(part)
            if left < 0:
                raise self._too_large()
            if len(part) > self._room:
                raise overloaded()
            self._room -= len(part)
            parts.append(part)
            more = message.get("more_body", False)

    def _too_slow(self) -> Problem:
        return Problem(
            408,
            f"The body was not complete within {self._timeout_s:g} s.",
            headers={"Connection": "close"},
        )

    def _too_large(self) -> Problem:
        # What is left of the body is not read, so the connection is of no more use.
        return Problem(
            413,
            f"The body is over {self._most_bytes:,} bytes. Send less at once.",
            headers={"Connection": "close"},
        )


def header(scope: Scope, wanted: bytes) -> bytes:
    """The value of a request's header; empty if it has none."""
    for name, value in scope["headers"]:
        if name == wanted:
            found: bytes = value
            return found
    return b""
