"""The ASGI shell around the routes: request ids, metrics, logs, limits, and no bare exception.

Routes that have to be fast are called directly; everything else goes to the FastAPI application.
"""

import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import problems
from .metrics import RequestMetrics
from .problems import Problem

Direct = Callable[[bytes], Awaitable[bytes]]
"""A route that takes a JSON body and gives one. It raises Problem for what is wrong."""

# What a caller may send as its request id; anything else is replaced, so that no caller writes
# lines of its own into the log.
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Shell:
    """An ASGI application. `direct`: path -> a route for POST with a JSON body.

    `routes` names the paths that are counted under their own name; others count as "other", so
    that a scanner cannot fill the metrics.
    """

    def __init__(
        self,
        app: ASGIApp,
        direct: Mapping[str, Direct],
        routes: frozenset[str],
        metrics: RequestMetrics,
        max_body_bytes: int,
    ) -> None:
        self.app = app
        self.direct = dict(direct)
        self._routes = routes | direct.keys()
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        path = scope["path"]
        try:
            await self._route(path, scope, receive, send_with_id)
        except Problem as problem:
            await problems.response(problem)(scope, receive, send_with_id)
        except Exception:
            self._log.exception("unhandled", path=path, request_id=request_id.decode())
            detail = f"An error on our side; the log has it as {request_id.decode()}."
            await problems.response(Problem(500, detail))(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            route = path if path in self._routes else "other"
            self._metrics.observe(scope["method"], route, status, seconds)
            self._log.info(
                "request",
                method=scope["method"],
                path=path,
                status=status,
                ms=round(seconds * 1000, 3),
                request_id=request_id.decode(),
            )

    async def _route(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        direct = self.direct.get(path)
        if direct is None:
            await self.app(scope, receive, send)
            return
        if scope["method"] != "POST":
            raise Problem(405, f"{path} takes POST. See /docs.", headers={"Allow": "POST"})
        body = await self._json_body(scope, receive)
        answer = await direct(body)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(answer)),
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer})

    async def _json_body(self, scope: Scope, receive: Receive) -> bytes:
        """The request's body, read no further than the limit."""
        media_type = length = b""
        for name, value in scope["headers"]:
            if name == b"content-type":
                media_type = value
            elif name == b"content-length":
                length = value
        if media_type.partition(b";")[0].strip().lower() != b"application/json":
            raise Problem(415, "Send the body as application/json.")
        if length.isdigit() and int(length) > self._max_body_bytes:
            raise self._too_large()
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body") and len(body) <= self._max_body_bytes:
            message = await receive()
            body += message.get("body", b"")
        if len(body) > self._max_body_bytes:
            raise self._too_large()
        return body

    def _too_large(self) -> Problem:
        # What is left of the body is not read, so the connection is of no more use.
        return Problem(
            413,
            f"The body is over {self._max_body_bytes:,} bytes. Send fewer rows at once.",
            headers={"Connection": "close"},
        )


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            found: bytes = value
            return found
    return uuid.uuid4().hex.encode()


def merged(document: dict[str, Any], operations: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """An OpenAPI document with the direct routes' operations added."""
    paths = document.setdefault("paths", {})
    for path, operation in operations.items():
        paths[path] = {"post": operation}
    return document
