"""Errors as problem documents (RFC 9457): one form for every route and every status."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string", "description": "The field of the request that is wrong."},
    },
}


class Problem(Exception):
    """An error that the caller is told about. `detail` says what was found and what to do."""

    def __init__(
        self,
        status: int,
        detail: str,
        field: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.headers = headers or {}


def response(problem: Problem) -> Response:
    """The HTTP response for a problem."""
    document = {
        "type": "about:blank",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.field is not None:
        document["field"] = problem.field
    return Response(
        msgspec.json.encode(document),
        problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


async def of_framework(request: Request, error: Any) -> Response:
    """The framework's own errors (404, 405) in the same form."""
    detail = {
        404: f"Nothing is at {request.url.path}. See /docs for what there is.",
        405: f"{request.url.path} does not take {request.method}. See /docs.",
    }.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    return response(Problem(error.status_code, detail, headers=headers))


async def of_route(request: Request, error: Any) -> Response:
    """A Problem that one of the framework's routes raised."""
    return response(error)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` part of an OpenAPI operation for these error statuses."""
    content = {MEDIA_TYPE: {"schema": SCHEMA}}
    return {str(s): {"description": TITLES[s], "content": content} for s in statuses}
