"""`serve`: check what can be checked before the start, then run uvicorn."""

import os
import signal
import socket
import sys
import tempfile
from typing import Any

import structlog
import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.supervisors import Multiprocess

from ..errors import UserError
from . import logs
from .app import check, create_app, load_predictor
from .metrics import FOLDER_VARIABLE
from .predictor import Predictor
from .settings import Settings, load_settings

PARENT_VARIABLE = "APP_PARENT_PID"
LONGEST_FRAME = 65_536
"""Bytes of one message of a WebSocket, of which a process may have hundreds open."""


def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve until stopped. What is None comes from the settings.

    Raises UserError for a bad setting, no model, or a taken port.
    """
    given = {"host": host, "port": port, "workers": workers}
    settings = load_settings()
    settings = settings.model_copy(update={k: v for k, v in given.items() if v is not None})
    _check_free(settings.host, settings.port)
    logs.configure(settings.log_level)
    for remark in settings.remarks(settings.workers):
        structlog.get_logger().warning(remark)
    if sys.stderr.isatty() and settings.port:
        # What follows is a log for machines.
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
        print(f"The page: http://{host}:{settings.port} (Ctrl+C stops it)", file=sys.stderr)
    # After a graceful stop uvicorn raises the signal anew: an orderly end is no failure.
    signal.signal(signal.SIGTERM, _leave)
    if settings.workers == 1:
        _run_one(settings)
    else:
        _run_several(settings)


def _run_one(settings: Settings) -> None:
    failures: list[str] = []
    server: uvicorn.Server

    def stop(reason: str) -> None:
        failures.append(reason)
        server.should_exit = True

    app = create_app(settings, _at_once(settings), on_failure=stop)
    server = uvicorn.Server(_config(app, settings))
    server.run()
    if failures:
        raise UserError(failures[0])


def _at_once(settings: Settings) -> Predictor | None:
    """The model of a folder, which is there in a moment; None for one of a registry.

    That may take a while: the port is opened first, and /health/ready says when it is there.
    """
    return None if settings.model_uri else load_predictor(settings)


def _run_several(settings: Settings) -> None:
    # Once here, so that what cannot be served is one line and not one per worker, again and again.
    check(settings)
    factory = f"{__package__}.server:application"
    with tempfile.TemporaryDirectory(prefix="metrics-") as folder:
        os.environ[FOLDER_VARIABLE] = folder
        os.environ[PARENT_VARIABLE] = str(os.getpid())
        config = _config(factory, settings, factory=True, workers=settings.workers)
        _Workers(config, [config.bind_socket()]).run()


class _Workers(Multiprocess):
    """uvicorn's workers; SIGHUP reaches each of them, instead of replacing them."""

    def handle_hup(self) -> None:
        for process in self.processes:
            if process.pid is not None and process.process.is_alive():
                os.kill(process.pid, signal.SIGHUP)

    def terminate_all(self) -> None:
        # As long as one process listens, the kernel takes connections that nobody will answer.
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

    def keep_subprocess_alive(self) -> None:
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def application() -> object:
    """The ASGI application of one of several workers."""
    settings = load_settings()
    logs.configure(settings.log_level)
    parent = int(os.environ[PARENT_VARIABLE])
    return create_app(
        settings,
        # While other workers answer, this one must take no connection that it cannot answer.
        _at_once(settings),
        # The other workers have to load the model too; the parent tells them all.
        after_reload=lambda: os.kill(parent, signal.SIGHUP),
        on_failure=lambda _: signal.raise_signal(signal.SIGTERM),
    )


def _config(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        # Structured logs have their own access line; uvicorn's would be a second one.
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=settings.grace_s,
        server_header=False,
        # Not uvloop: its libuv takes one new connection per turn of the loop, so that under
        # overload a new caller waits for seconds instead of being refused.
        loop="asyncio",
        ws_max_size=min(LONGEST_FRAME, settings.max_body_bytes),
        **more,
    )


def _leave(*_: Any) -> None:
    raise SystemExit(0)


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
