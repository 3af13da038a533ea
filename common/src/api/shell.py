"""The ASGI shell around the routes: request ids, metrics, logs, limits, and no bare exception.

Routes that have to be fast are called directly; everything else goes to the FastAPI application.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import problems
from .body_reader import BodyReader, header
from .keys import ApiKey
from .metrics import Metrics
from .problems import Problem
from .settings import Settings
from .work import overloaded

Direct = Callable[[bytes, str], Awaitable[bytes]]
"""A route that takes a JSON body and the request's id, and gives JSON. Raises Problem."""

Form = Callable[[str, bytes, str], Awaitable[bytes]]
"""A route that takes a Content-Type of multipart/form-data, a body of it and the request's id."""

Ask = Callable[[str, bytes, str], Awaitable[bytes]]
"""`Shell.ask`: a direct route's path, a JSON body and an id, to the JSON that the route gives."""

Socket = Callable[[Scope, Receive, Send, Ask], Awaitable[None]]
"""What answers a WebSocket. It checks keys and origins by itself; what it asks is limited here."""

# What a caller may send as its request id; anything else is replaced, so that no caller writes
# lines of its own into the log.
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# Answered at any load and before the model is there: orchestrators and Prometheus ask for them.
ALWAYS = frozenset({"/health/live", "/health/ready", "/metrics"})

REFUSALS_LOGGED_EVERY_S = 1.0
_REFUSAL = problems.response(overloaded())
REFUSAL, REFUSAL_HEADERS = bytes(_REFUSAL.body), _REFUSAL.raw_headers


@dataclass(frozen=True)
class Upload:
    """A direct route that takes files, as multipart/form-data, beside JSON."""

    json: Direct
    form: Form

    async def __call__(self, body: bytes, request_id: str) -> bytes:
        """The route that takes JSON."""
        return await self.json(body, request_id)


@dataclass(frozen=True)
class Beside:
    """What is answered beside a model's predictions: path -> its route, and its OpenAPI."""

    direct: Mapping[str, Direct]
    operations: Mapping[str, dict[str, Any]]


class Shell:
    """An ASGI application around `app`. `routes` names the paths of `app`.

    Each path is counted under its own name, and unknown ones as "other", so that a scanner cannot
    fill the metrics. `direct` is None until there is a model; then path -> a route for POST. While
    `closing`, each answer ends its connection. sockets: path -> what answers a WebSocket there.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: frozenset[str],
        metrics: Metrics,
        settings: Settings,
        sockets: Mapping[str, Socket],
    ) -> None:
        self.app = app
        self.direct: Mapping[str, Direct] | None = None
        self.closing = False
        self._routes = routes
        self._sockets = sockets
        self._metrics = metrics
        self._key = ApiKey(settings.api_key)
        self._bodies = BodyReader(settings.max_body_bytes, settings.timeout_s)
        self._max_in_flight = settings.max_in_flight
        self._in_flight = 0
        self._refused = 0
        self._log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] in self._sockets:
            await self._sockets[scope["path"]](scope, receive, send, self.ask)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        path = scope["path"]
        if self._in_flight >= self._max_in_flight and path not in ALWAYS:
            await self._refuse(scope, send, request_id, started)
            return
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
                if self.closing:
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        self._in_flight += 1
        self._metrics.in_flight.inc()
        try:
            await self._route(path, scope, receive, send_with_id, request_id)
        except Problem as problem:
            await problems.response(problem)(scope, receive, send_with_id)
        except Exception:
            unhandled = self._unhandled(path, request_id.decode())
            await problems.response(unhandled)(scope, receive, send_with_id)
        finally:
            self._answered(scope["method"], path, status, started, request_id.decode())

    async def ask(self, path: str, body: bytes, request_id: str) -> bytes:
        """What the direct route at `path` answers to one message of a WebSocket.

        Under the same limit as requests, and counted and logged like one. Raises Problem only.
        """
        if self._in_flight >= self._max_in_flight:
            raise overloaded()
        started = time.perf_counter()
        status = 500
        self._in_flight += 1
        self._metrics.in_flight.inc()
        try:
            if self.direct is None:
                raise Problem(503, "The model is being loaded.", headers={"Retry-After": "1"})
            answer = await self.direct[path](body, request_id)
            status = 200
            return answer
        except Problem as problem:
            status = problem.status
            raise
        except Exception:
            raise self._unhandled(path, request_id) from None
        finally:
            self._answered("MESSAGE", path, status, started, request_id)

    def _unhandled(self, path: str, request_id: str) -> Problem:
        """Log the exception that is being handled. Returns what the caller is told."""
        self._log.exception("unhandled", path=path, request_id=request_id)
        return Problem(500, f"An error on our side; the log has it as {request_id}.")

    def _answered(
        self, method: str, path: str, status: int, started: float, request_id: str
    ) -> None:
        self._in_flight -= 1
        self._metrics.in_flight.dec()
        seconds = time.perf_counter() - started
        self._metrics.observe(method, self._counted_as(path), status, seconds)
        self._log.info(
            "request",
            method=method,
            path=path,
            status=status,
            ms=round(seconds * 1000, 3),
            request_id=request_id,
        )

    async def _refuse(self, scope: Scope, send: Send, request_id: bytes, started: float) -> None:
        """Answer 503 with as little work as can be: under overload it is most of what is done."""
        headers = [*REFUSAL_HEADERS, (b"x-request-id", request_id)]
        if self.closing:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": REFUSAL})
        if self._refused == 0:
            asyncio.get_running_loop().call_later(REFUSALS_LOGGED_EVERY_S, self._log_refused)
        self._refused += 1
        seconds = time.perf_counter() - started
        self._metrics.observe(scope["method"], self._counted_as(scope["path"]), 503, seconds)

    def _log_refused(self) -> None:
        """One line for all of a second: a line for each would slow the refusals down."""
        self._log.warning("refused", requests=self._refused, max_in_flight=self._max_in_flight)
        self._refused = 0

    def _counted_as(self, path: str) -> str:
        known = path in self._routes or (self.direct is not None and path in self.direct)
        return path if known else "other"

    async def _route(
        self, path: str, scope: Scope, receive: Receive, send: Send, request_id: bytes
    ) -> None:
        if self.direct is None and path not in ALWAYS:
            raise Problem(503, "The model is being loaded.", headers={"Retry-After": "1"})
        direct = self.direct.get(path) if self.direct else None
        if direct is None:
            await self.app(scope, receive, send)
            return
        if scope["method"] != "POST":
            raise Problem(405, f"{path} takes POST. See /docs.", headers={"Allow": "POST"})
        self._key.check(scope["headers"])
        answer_to = _of_media_type(direct, header(scope, b"content-type"))
        body = await self._bodies.read(scope, receive)
        try:
            answer = await answer_to(body, request_id.decode())
        finally:
            self._bodies.release(body)
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


def _of_media_type(direct: Direct, content_type: bytes) -> Direct:
    """The handler of a body that comes as this. Raises Problem (415) if there is none."""
    media_type = content_type.partition(b";")[0].strip().lower()
    if media_type == b"application/json":
        return direct
    if not isinstance(direct, Upload):
        raise Problem(415, "Send the body as application/json.")
    if media_type != b"multipart/form-data":
        raise Problem(415, "Send the body as multipart/form-data or as application/json.")
    return partial(direct.form, content_type.decode("latin-1"))


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
