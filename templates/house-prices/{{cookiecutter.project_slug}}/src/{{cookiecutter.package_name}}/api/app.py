"""The application: the routes around one model, inside the shell."""

from __future__ import annotations

from typing import Any

from fastapi.responses import HTMLResponse, JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import Response

from . import problems
from .metrics import RequestMetrics
from .page import page
from .predictor import Predictor
from .requests import example
from .routes import Routes
from .settings import Settings
from .shell import Shell, merged


def load_predictor(settings: Settings) -> Predictor:
    """The model that the settings name. Raises UserError if it cannot be used."""
    return Predictor.load(settings.models)


def create_app(settings: Settings, predictor: Predictor | None = None) -> Shell:
    """The ASGI application. Loads the model, unless one is given, and warms it up."""
    predictor = predictor or load_predictor(settings)
    manifest = predictor.manifest
    routes = Routes(predictor, settings.max_batch_rows)
    metrics = RequestMetrics()
    # FastAPI itself, but /docs brings its scripts along instead of fetching them from elsewhere.
    app = FastAPIOffline(
        title=f"{manifest.settings['target']} predictions",
        version=manifest.version,
        description=f"Model {manifest.name}, trained on {manifest.data['name']}.",
        exception_handlers={HTTPException: problems.of_framework},
    )
    html = page(predictor)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index() -> str:
        return html

    @app.get("/model", summary="The model: its name, version, figures and data")
    async def model() -> dict[str, Any]:
        described = manifest.model_dump(
            include={"name", "version", "created", "metrics", "data", "libraries", "git_revision"}
        )
        return described | {
            "target": manifest.settings["target"],
            "coverage": manifest.settings["coverage"],
            "example": example(predictor.schema),
        }

    @app.get("/health/live", summary="The process runs")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get(
        "/health/ready",
        summary="The model is loaded and warm",
        responses=problems.documented(503),
    )
    async def ready() -> Response:
        try:
            predictor.raw(predictor.background[:1])
        except Exception:
            problem = problems.Problem(503, "The model does not answer; see the log.")
            return problems.response(problem)
        return JSONResponse({"status": "ready", "version": manifest.version})

    @app.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    async def metrics_text() -> Response:
        return Response(metrics.text(), media_type=metrics.content_type)

    document = app.openapi()
    app.openapi_schema = merged(document, routes.operations())
    return Shell(
        app,
        routes.direct(),
        frozenset({"/", "/model", "/health/live", "/health/ready", "/metrics", "/docs"}),
        metrics,
        settings.max_body_bytes,
    )
