"""HTTP/1.1 for load generators: requests as ready bytes, and of the answers the status.

A general client spends more time on a request than the service that is to be measured. Here a
request is written as it is, and httptools, which the service itself uses, reads the answer.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httptools


@dataclass(frozen=True)
class Address:
    """Where a service listens."""

    host: str
    port: int
    tls: bool
    prefix: str
    """The path under which the service lies; empty as a rule."""

    @classmethod
    def of(cls, url: str) -> Address:
        """The address in a URL. Raises ValueError if it is none of HTTP."""
        parts = urlsplit(url)
        if not url.isascii() or " " in url:
            raise ValueError("holds characters that have to be percent-encoded")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not of the form http://host:port")
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        return cls(parts.hostname, port, tls, parts.path.rstrip("/"))

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> bytes:
        """A POST request of `body` as JSON, as it goes over the wire."""
        content = json.dumps(body).encode()
        host = f"[{self.host}]" if ":" in self.host else self.host
        lines = [
            f"POST {self.prefix}{path} HTTP/1.1",
            f"Host: {host}:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + content


class Connection(asyncio.Protocol):
    """One kept connection with at most one request under way."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: Any = None
        self._parser: Any = None
        self._answer: asyncio.Future[int] | None = None

    @classmethod
    async def open(cls, address: Address) -> Connection:
        """A new connection. Raises OSError."""
        _, connection = await asyncio.get_running_loop().create_connection(
            cls,
            address.host,
            address.port,
            ssl=ssl.create_default_context() if address.tls else None,
        )
        return connection

    async def ask(self, request: bytes) -> int:
        """Send a request, and wait for the whole answer. Returns its status.

        Raises ConnectionError if the connection ends before the answer does.
        """
        if self.closed:
            raise ConnectionResetError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """End it, with whatever is under way."""
        self.closed = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """For asyncio."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """For asyncio."""
        try:
            if self._parser is not None:
                self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not an answer of HTTP ({error})")
            self.close()

    def on_message_complete(self) -> None:
        """For httptools."""
        status = self._parser.get_status_code()
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:
        """For asyncio."""
        self.closed = True
        self._fail(str(error or "closed before the answer was complete"))

    def _fail(self, reason: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError(reason))
