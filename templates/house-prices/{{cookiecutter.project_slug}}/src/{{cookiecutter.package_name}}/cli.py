"""The commands. Each reads its settings, calls one function and shows what came out.

A step is imported once its settings are known to be right: the libraries take seconds to load.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from . import config
from .commands import Commands

app = Commands("House prices: from a table of sales to a price with an interval.")

ParamsFile = Annotated[Path, typer.Option("--params", help="The YAML file with the settings.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable."),
]
GivenParams = Annotated[
    Path | None, typer.Option("--params", help="Checked if given; the model has its own settings.")
]
DEFAULT_PARAMS = Path("params.yaml")
DRIFTED = 3  # exit code: the check ran, and its answer is yes


@app.command()
def data(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Load, check and split the rows."""
    settings = config.load(params, set_ or [])
    from . import data as step

    step.show(step.prepare(settings), Console())


@app.command()
def eda(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Look at the training rows: reports/eda.html."""
    settings = config.load(params, set_ or [])
    from . import eda as step

    report = step.explore(settings)
    Console().print(f"Wrote {report}")


@app.command()
def train(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Cross-validate, fit and export the model: models/."""
    settings = config.load(params, set_ or [])
    from . import train as step

    step.show(step.train(settings), Console())


@app.command()
def tune(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Search for better hyperparameters of one model."""
    settings = config.load(params, set_ or [])
    from . import tune as step

    step.show(step.tune(settings), Console())


@app.command()
def evaluate(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Measure the model on the held-out rows."""
    settings = config.load(params, set_ or [])
    from . import evaluate as step

    step.show(step.evaluate(settings), Console())


@app.command()
def explain(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Plot what drives the model's predictions: reports/figures/."""
    settings = config.load(params, set_ or [])
    from . import explain as step

    step.show(step.explain(settings), Console())


@app.command()
def ablate(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Leave out one ingredient of the model at a time: what each is worth."""
    settings = config.load(params, set_ or [])
    from . import ablate as step

    step.show(step.ablate(settings), Console())


@app.command()
def report(params: GivenParams = None, set_: Overrides = None) -> None:
    """Write the figures into README.md, docs/ and reports/index.html."""
    _check(params, set_)
    from . import report as step

    step.show(step.report(), Console())


@app.command()
def predict(
    input_: Annotated[
        Path, typer.Option("--input", help="A CSV file; a folder or a quoted pattern for several.")
    ],
    output: Annotated[
        Path, typer.Option("--output", help="Where the predictions go: a file, or a folder.")
    ],
    models: Annotated[Path, typer.Option(help="The folder that `train` wrote.")] = Path("models"),
    engine: Annotated[
        Literal["plain", "ray"], typer.Option(help="ray: on all cores, or on a cluster.")
    ] = "plain",
    address: Annotated[
        str | None, typer.Option(envvar="RAY_ADDRESS", help="The cluster; else this machine.")
    ] = None,
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Score CSV files: the identifier, the prediction and its interval for each row."""
    from . import predict as step

    _check(params, set_)
    if engine == "plain":
        found = step.predict_file(input_, output, models)
    else:
        from .predict_ray import ray_engine

        found = step.predict_with(ray_engine(models, address), input_, output)
    step.show(found, Console())


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address; else APP_HOST, 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; else APP_PORT, 8000.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes; else APP_WORKERS, 1.")
    ] = None,
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Serve the model: the API, its documentation and a web page."""
    from .api import server

    _check(params, set_)
    server.serve(host, port, workers)


@app.command()
def loadtest(
    url: Annotated[str, typer.Option(help="The service.")] = "http://127.0.0.1:8000",
    concurrency: Annotated[str, typer.Option(help="Connections, one after the other.")] = "1,8,32",
    seconds: Annotated[float, typer.Option(min=0.5, max=3600, help="Of each concurrency.")] = 5.0,
    api_key: Annotated[
        str | None, typer.Option(envvar="APP_API_KEY", show_envvar=True, help="Its key, if any.")
    ] = None,
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Measure a running service under load: reports/loadtest.json."""
    _check(params, set_)
    from . import loadtest as step

    step.show(step.loadtest(url, concurrency, seconds, api_key), Console())


@app.command()
def drift(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Compare the prediction log with the training rows: reports/drift.html. Exit code 3: drift."""
    settings = config.load(params, set_ or [])
    from . import drift as step

    found = step.drift(settings)
    step.show(found, Console())
    if found.drifted:
        raise typer.Exit(DRIFTED)


@app.command()
def retrain(
    params: ParamsFile = DEFAULT_PARAMS,
    set_: Overrides = None,
    force: Annotated[bool, typer.Option("--force", help="Train even without new rows.")] = False,
) -> None:
    """Add the new labelled rows, train, and promote the model if it beats the champion."""
    settings = config.load(params, set_ or [])
    from . import retrain as step

    step.show(step.retrain(settings, force=force), Console())


@app.command()
def doctor(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Check the machine, the settings, the data and the model. Exit code 1: something to mend."""
    from . import doctor as step
    from . import doctor_data

    found = step.doctor(
        lambda: config.load(params, set_ or []),
        lambda settings: settings.tracking,
        doctor_data.checks,
        doctor_data.RUNTIME,
    )
    if step.show(found, Console()):
        raise typer.Exit(step.PROBLEMS)


def _check(params: Path | None, overrides: list[str] | None) -> None:
    """What serves the model reads no settings, and needs no params.yaml; wrong ones are refused."""
    if params is not None or overrides:
        config.load(params or DEFAULT_PARAMS, overrides or [])
