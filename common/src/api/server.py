"""`serve`: check what can be checked before the start, then run uvicorn."""

import os
import socket

import uvicorn

from ..errors import UserError
from . import logs
from .app import create_app, load_predictor
from .settings import load_settings

GRACE_SECONDS = 10


def serve(host: str, port: int, workers: int) -> None:
    """Serve until stopped. Raises UserError for a bad setting, no model, or a taken port."""
    settings = load_settings()
    load_predictor(settings)
    _check_free(host, port)
    factory = f"{__package__}.server:application"
    # Structured logs have their own access line; uvicorn's would be a second one.
    uvicorn.run(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=workers if workers > 1 else None,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )


def application() -> object:
    """The ASGI application of one worker process."""
    settings = load_settings()
    logs.configure(settings.log_level)
    return create_app(settings)


def _check_free(host: str, port: int) -> None:
    """Raise UserError if the address cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise UserError(
            f"--host {host} --port {port}: cannot be listened on ({error.strerror or error}). "
            "Stop what uses it, or name another: --port 8001."
        ) from None
