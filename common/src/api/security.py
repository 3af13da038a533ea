"""Headers of HTML pages: what a browser may load, run and frame."""

from __future__ import annotations

import base64
import hashlib
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def page_headers(html: str, frame_ancestors: tuple[str, ...]) -> dict[str, str]:
    """Headers of a page of our own: its scripts run because their hashes are named, no others.

    frame_ancestors: origins that may show the page in a frame; none by default.
    """
    digests = [hashlib.sha256(script.encode()).digest() for script in SCRIPT.findall(html)]
    hashes = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    return _headers(" ".join(["script-src", *(hashes or ["'none'"])]), frame_ancestors)


class DocumentationHeaders:
    """Middleware that adds the headers of /docs: Swagger UI has a script within its page."""

    def __init__(self, app: ASGIApp, path: str, frame_ancestors: tuple[str, ...]) -> None:
        self._app = app
        self._path = path
        headers = _headers("script-src 'self' 'unsafe-inline'", frame_ancestors)
        self._headers = [(name.lower().encode(), text.encode()) for name, text in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        here = scope.get("path") == self._path
        await self._app(scope, receive, send_with_headers if here else send)


def _headers(script_src: str, frame_ancestors: tuple[str, ...]) -> dict[str, str]:
    policy = [
        "default-src 'none'",
        script_src,
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        " ".join(["frame-ancestors", *(frame_ancestors or ("'none'",))]),
    ]
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if not frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    return headers
