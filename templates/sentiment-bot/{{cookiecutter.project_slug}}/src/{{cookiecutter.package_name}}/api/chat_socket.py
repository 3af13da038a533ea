"""The WebSocket /chat/ws: the same as POST /chat, message by message, for as long as it is open.

A frame is the body of POST /chat, and what comes back is its answer or its problem document. The
session is remembered: it needs to be sent only to go on with an older one. Since a browser cannot
send the header with the key, a first frame {"key": "..."} does as well.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from . import problems
from .chat_metrics import ChatMetrics
from .chat_routes import PATH
from .keys import HEADER, ApiKey
from .problems import Problem
from .settings import Settings
from .shell import Ask

SOCKET_PATH = f"{PATH}/ws"
MOST_OPEN = 500
"""Sockets of one process."""
ANY_ORIGIN = "*"
"""What stands for every origin in APP_CORS_ORIGINS."""
IDLE_S = 600.0
"""Seconds without a message after which a socket is closed; its session lives for its own time."""
KEY_WAIT_S = 10.0
LONGEST_FRAME = 16_384
MESSAGES_PER_MINUTE = 120

WRONG_KEY, TOO_BIG, RESTARTING, FAILED, IDLE = 4401, 1009, 1012, 1011, 1000

encode = msgspec.json.Encoder().encode
logger = structlog.get_logger()


class _Closed(Exception):
    """The socket is to be closed, for this reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ChatSocket:
    """All open sockets of this process."""

    def __init__(self, settings: Settings, metrics: ChatMetrics) -> None:
        self._key = ApiKey(settings.api_key)
        self._origins = settings.cors_origins
        self._metrics = metrics
        self._draining = False
        self._open: set[_Talk] = set()

    def drain(self) -> None:
        """Take no new socket, and close each open one once it has its answer."""
        self._draining = True
        for talk in self._open:
            talk.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send, ask: Ask) -> None:
        """Answer one socket until it is closed."""
        websocket = WebSocket(scope, receive, send)
        await websocket.receive()  # that somebody wants to connect
        try:
            needs_key = self._admit(websocket)
        except Problem as problem:
            await websocket.send_denial_response(problems.response(problem))
            return
        talk = _Talk(websocket, ask, self._key)
        # Before anything is waited for: else more than may be would be let in at once.
        self._open.add(talk)
        self._metrics.sockets.inc()
        try:
            await websocket.accept()
            await talk.run(needs_key)
        except WebSocketDisconnect:
            pass
        except _Closed as closed:
            await _close(websocket, closed.code, closed.reason)
        except Exception:
            logger.exception("unhandled", path=SOCKET_PATH)
            await _close(websocket, FAILED, "An error on our side.")
        finally:
            self._open.discard(talk)
            self._metrics.sockets.dec()

    def _admit(self, websocket: WebSocket) -> bool:
        """Whether a key is still wanted. Raises Problem for who may not connect."""
        origin = websocket.headers.get("origin")
        # Other than for requests, browsers leave it to the server who may open a socket.
        own = origin is None or _host(origin) == websocket.headers.get("host")
        if not own and not {origin, ANY_ORIGIN} & set(self._origins):
            raise Problem(403, f"{origin} may not connect. APP_CORS_ORIGINS names who may.")
        if self._draining:
            raise Problem(503, "The service is being stopped.")
        if len(self._open) >= MOST_OPEN:
            raise Problem(
                503, "Too many open conversations. Try again later.", headers={"Retry-After": "1"}
            )
        if self._key.required and HEADER in websocket.headers:
            self._key.check(websocket.headers.raw)
            return False
        return self._key.required


class _Talk:
    """One open socket."""

    def __init__(self, websocket: WebSocket, ask: Ask, key: ApiKey) -> None:
        self._websocket = websocket
        self._ask = ask
        self._key = key
        self._stopped = asyncio.Event()
        self._session: str | None = None
        self._times: deque[float] = deque(maxlen=MESSAGES_PER_MINUTE)

    def stop(self) -> None:
        """Close it, once what has been said has its answer."""
        self._stopped.set()

    async def run(self, needs_key: bool) -> None:
        """Take the key, greet, and answer until the socket is closed. Raises _Closed."""
        if needs_key:
            await self._take_key()
        await self._websocket.send_text((await self._answer({})).decode())
        while True:
            frame = await self._frame(IDLE_S)
            await self._websocket.send_text((await self._reply(frame)).decode())

    async def _take_key(self) -> None:
        frame = _decoded(await self._frame(KEY_WAIT_S))
        key = frame.get("key") if isinstance(frame, dict) else None
        sent = key.encode() if isinstance(key, str) else b""
        try:
            self._key.check([(HEADER.lower().encode(), sent)])
        except Problem as problem:
            raise _Closed(WRONG_KEY, problem.detail) from None

    async def _frame(self, patience_s: float) -> str:
        """The next message. Raises _Closed if it is too long in coming, or too long."""
        message = asyncio.ensure_future(self._websocket.receive())
        stop = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait(
                (message, stop), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not message.done():
                if stop.done():
                    raise _Closed(RESTARTING, "The service is being stopped; connect again.")
                raise _Closed(IDLE, "Nothing was said for long.")
            found = message.result()
        finally:
            message.cancel()
            stop.cancel()
        if found["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(found.get("code", IDLE))
        text = found.get("text")
        if text is None:
            text = (found.get("bytes") or b"").decode("utf-8", "replace")
        if len(text) > LONGEST_FRAME:
            raise _Closed(TOO_BIG, f"A message has at most {LONGEST_FRAME:,} characters.")
        return str(text)

    async def _reply(self, text: str) -> bytes:
        now = time.monotonic()
        if len(self._times) == MESSAGES_PER_MINUTE and now - self._times[0] < 60:
            return bytes(problems.response(Problem(429, "Too many messages. Wait a little.")).body)
        self._times.append(now)
        frame = _decoded(text)
        if isinstance(frame, dict):
            frame.pop("key", None)
            if self._session is not None:
                frame.setdefault("session", self._session)
        return await self._answer(text if frame is None else frame)

    async def _answer(self, body: Any) -> bytes:
        """What POST /chat answers to it, or the problem document."""
        sent = body.encode() if isinstance(body, str) else encode(body)
        try:
            answer = await self._ask(PATH, sent, uuid.uuid4().hex)
        except Problem as problem:
            return bytes(problems.response(problem).body)
        found = msgspec.json.decode(answer)
        self._session = None if found["ended"] else found["session"]
        return answer


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close it, unless who was at its other end has gone in the meantime."""
    with suppress(WebSocketDisconnect, RuntimeError):
        await websocket.close(code, reason)


def _host(origin: str) -> str | None:
    """The host and port of an origin; None if it is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _decoded(text: str) -> Any:
    """The JSON value; None if it is no JSON, or too deep, which POST /chat will say."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
