"""OpenAPI operations of the direct routes, made from the types of their answers."""

from __future__ import annotations

from typing import Any

import msgspec

from . import problems

STATUSES = (400, 401, 408, 413, 415, 422, 500, 503)
"""What any direct route may answer beside 200."""


def operation(
    summary: str, body: dict[str, Any], answer: type, form: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A POST that takes JSON of the schema `body` and gives an `answer`, a type of msgspec.

    form: the schema of a body of multipart/form-data, if it takes that too. The operation's id is
    the answer's name without "Answer", in lower case.
    """
    (reference,), parts = msgspec.json.schema_components(
        [answer], ref_template="#/components/schemas/{name}"
    )
    name = reference["$ref"].rsplit("/", 1)[1]
    # Written out in place: components are the framework's own, and these are used once each.
    shape = _inlined(parts[name], parts)
    content = {"application/json": {"schema": body}}
    if form is not None:
        content["multipart/form-data"] = {"schema": form}
    return {
        "summary": summary,
        "operationId": answer.__name__.removesuffix("Answer").lower(),
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {"application/json": {"schema": shape}},
            },
            **problems.documented(*STATUSES),
        },
    }


def _inlined(shape: Any, parts: dict[str, Any]) -> Any:
    if isinstance(shape, dict):
        if "$ref" in shape:
            return _inlined(parts[shape["$ref"].rsplit("/", 1)[1]], parts)
        return {key: _inlined(value, parts) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_inlined(value, parts) for value in shape]
    return shape
