"""The application: one model, which can be exchanged while requests are answered."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from ..artifacts import Manifest
from ..errors import UserError
from . import problems
from .keys import HEADER, ApiKey
from .lasting import Lasting
from .metrics import Metrics
from .model_source import model_folder
from .predictor import Predictor
from .problems import Problem
from .security import DocumentationHeaders
from .service import Service
from .settings import Settings
from .shell import Shell, merged
from .work import WorkPool

ROUTES = ("/", "/model", "/model/reload", "/health/live", "/health/ready", "/metrics", "/docs")
DRAIN_SECONDS = 0.5
KEY_SCHEME = {"ApiKey": {"type": "apiKey", "in": "header", "name": HEADER}}

logger = structlog.get_logger()


def load_predictor(settings: Settings) -> Predictor:
    """The model that the settings name, warmed up. Raises UserError if it cannot be used."""
    with model_folder(settings.models, settings.model_uri) as folder:
        predictor = Predictor.load(folder)
    predictor.warm_up()
    return predictor


def check(settings: Settings) -> Manifest:
    """What a server with these settings would serve. Raises UserError if it could not."""
    application = Application(settings, load_predictor(settings))
    service = application.ready()
    service.close()
    return service.predictor.manifest


class Application:
    """The routes around a model.

    predictor: a loaded model; without one it is loaded while the application starts. on_failure is
    told why the first model could not be loaded. after_reload is called when this process has been
    told by request to load the model anew, and has done so.
    """

    def __init__(
        self,
        settings: Settings,
        predictor: Predictor | None = None,
        on_failure: Callable[[str], None] | None = None,
        after_reload: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._on_failure = on_failure
        self._after_reload = after_reload
        self._metrics = Metrics(settings.drift_report)
        self._pool = WorkPool(settings.max_slow_in_flight, settings.timeout_s)
        self._lasting = Lasting(settings, self._metrics)
        self._key = ApiKey(settings.api_key)
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._retired: list[Service] = []
        self.service: Service | None = None
        self._app = FastAPIOffline(
            title="Predictions",
            lifespan=self._lifespan,
            exception_handlers={HTTPException: problems.of_framework, Problem: problems.of_route},
        )
        self._app.add_middleware(
            DocumentationHeaders, path="/docs", frame_ancestors=settings.frame_ancestors
        )
        self._add_routes()
        self.shell = Shell(
            self._app, frozenset(ROUTES), self._metrics, settings, self._lasting.sockets
        )
        if predictor is not None:
            self._exchange(self._service(predictor))

    def _service(self, predictor: Predictor) -> Service:
        return Service(predictor, self._settings, self._metrics, self._pool, self._lasting)

    def _exchange(self, service: Service) -> None:
        """Answer with `service` from now on. What the old one has begun, it ends."""
        old, self.service = self.service, service
        self._describe(service)
        self.shell.direct = service.direct
        manifest = service.predictor.manifest
        self._metrics.serves(manifest.name, manifest.version)
        if old is not None:
            self._retired.append(old)
            self._in_background(self._retire(old))

    async def _retire(self, service: Service) -> None:
        """Close it when the last request that it began has ended."""
        await asyncio.sleep(self._settings.timeout_s)
        self._retired.remove(service)
        await asyncio.to_thread(service.close)

    @asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        self._listen_to_signals()
        if self.service is None:
            self._in_background(self._first_load())
        try:
            yield
        finally:
            self._pool.close()
            await self._lasting.close()
            for service in (*self._retired, self.service):
                if service is not None:
                    service.close()

    def _listen_to_signals(self) -> None:
        # Windows has neither; and only the main thread may set handlers: tests run in another.
        if os.name != "posix" or threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: self._in_background(self._on_hangup()))
        stop = signal.getsignal(signal.SIGTERM)
        if callable(stop):
            loop.add_signal_handler(signal.SIGTERM, self._drain, stop)

    def _drain(self, stop: Callable[[int, Any], Any]) -> None:
        """Take no new connection, ask callers to close theirs, and a moment later `stop`.

        uvicorn closes a connection on which nothing is being answered: a request that has just
        been sent there would be lost.
        """
        if self.shell.closing:
            stop(signal.SIGTERM, None)
            return
        self.shell.closing = True
        self._lasting.drain()
        # `stop` is a method of uvicorn's server, which is known here by it alone.
        for listener in getattr(getattr(stop, "__self__", None), "servers", ()):
            listener.close()
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, stop, signal.SIGTERM, None)

    def _in_background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        # The loop holds tasks by weak references only.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self) -> Service:
        # All of it beside the loop, which answers requests meanwhile.
        return await asyncio.to_thread(lambda: self._service(load_predictor(self._settings)))

    async def _first_load(self) -> None:
        try:
            self._exchange(await self._load())
        except UserError as error:
            if self._on_failure is not None:
                self._on_failure(str(error))
            logger.error("the model cannot be loaded", reason=str(error))

    async def reload(self) -> str:
        """Load the model anew and exchange it. Returns its version.

        Raises UserError if the new model cannot be used; the old one then goes on.
        """
        async with self._reloading:
            try:
                service = await self._load()
            except UserError as error:
                self._metrics.reloaded("refused")
                logger.error("the new model is refused, the old one goes on", reason=str(error))
                raise
            self._exchange(service)
            self._metrics.reloaded("loaded")
        version: str = service.predictor.manifest.version
        logger.info("the model was reloaded", version=version)
        return version

    async def _on_hangup(self) -> None:
        try:
            await self.reload()
        except UserError:
            return  # The log has it, and there is nobody to tell.

    def _describe(self, service: Service) -> None:
        """The OpenAPI document of this model."""
        manifest = service.predictor.manifest
        self._app.title = service.title
        self._app.version = manifest.version
        self._app.description = f"Model {manifest.name}, trained on {manifest.data['name']}."
        self._app.openapi_schema = None
        document = merged(self._app.openapi(), service.operations)
        if self._key.required:
            document.setdefault("components", {})["securitySchemes"] = KEY_SCHEME
            for path in ("/model/reload", *service.operations):
                document["paths"][path]["post"]["security"] = [{"ApiKey": []}]
        self._app.openapi_schema = document

    def ready(self) -> Service:
        """The service, once its model is loaded. Raises Problem (503) until then."""
        if self.service is None:
            raise Problem(503, "The model is being loaded.", headers={"Retry-After": "1"})
        return self.service

    def _add_routes(self) -> None:
        app = self._app

        @app.get("/", include_in_schema=False)
        async def index() -> Response:
            service = self.ready()
            return HTMLResponse(service.page, headers=service.page_headers)

        @app.get(
            "/model",
            summary="The model: its name, version, figures and data",
            responses=problems.documented(503),
        )
        async def model() -> dict[str, Any]:
            return self.ready().about()

        @app.post(
            "/model/reload",
            summary="Load the model anew, without a pause",
            responses=problems.documented(401, 403, 409, 503),
        )
        async def reload(request: Request) -> dict[str, str]:
            self._key.check_operator(request.headers.raw)
            before = self.ready().predictor.manifest.version
            try:
                version = await self.reload()
            except UserError as error:
                raise Problem(
                    409, f"The new model is refused, and {before} goes on: {error}"
                ) from None
            if self._after_reload is not None:
                self._after_reload()
            return {"status": "reloaded", "before": before, "version": version}

        @app.get("/health/live", summary="The process runs")
        async def live() -> dict[str, str]:
            return {"status": "alive"}

        @app.get(
            "/health/ready",
            summary="The model is loaded and warm",
            responses=problems.documented(503),
        )
        async def ready() -> Response:
            predictor = self.ready().predictor
            if self.shell.closing:
                raise Problem(503, "The service is being stopped.")
            try:
                predictor.warm_up()
            except Exception:
                logger.exception("the model does not answer")
                raise Problem(503, "The model does not answer; see the log.") from None
            return JSONResponse({"status": "ready", "version": predictor.manifest.version})

        @app.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
        async def metrics() -> Response:
            return Response(self._metrics.text(), media_type=self._metrics.content_type)


def create_app(settings: Settings, predictor: Predictor | None = None, **hooks: Any) -> ASGIApp:
    """The ASGI application; see `Application`."""
    shell = Application(settings, predictor, **hooks).shell
    if not settings.cors_origins:
        return shell
    return CORSMiddleware(
        shell,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type", HEADER, "X-Request-ID"],
    )
