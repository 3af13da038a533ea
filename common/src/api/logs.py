"""Structured logs: one JSON object per line on standard output."""

import logging
from typing import Any

import msgspec
import structlog


def configure(level: str) -> None:
    """Send structlog's events and the standard library's to stdout as JSON, from `level` up."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = _Forward()
    logging.basicConfig(level=number, handlers=[handler], force=True)


class _Forward(logging.Handler):
    """Hands what uvicorn and others log to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger().bind(logger=record.name)
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info or None)


def _to_json(event: dict[str, Any], **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)
