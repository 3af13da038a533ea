"""The commands. Each reads its settings, calls one function and shows what came out.

A step is imported once its settings are known to be right: the libraries take seconds to load.
"""

from pathlib import Path
from typing import Annotated

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
def predict(
    input_: Annotated[Path, typer.Option("--input", help="A CSV file of rows to score.")],
    output: Annotated[Path, typer.Option("--output", help="Where the predictions go, as CSV.")],
    models: Annotated[Path, typer.Option(help="The folder that `train` wrote.")] = Path("models"),
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Score a CSV file: the identifier, the prediction and its interval for each row."""
    from . import predict as step

    _check(params, set_)
    step.show(step.predict_file(input_, output, models), Console())


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Server processes.")] = 1,
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Serve the model: the API, its documentation and a web page."""
    from .api import server

    _check(params, set_)
    server.serve(host, port, workers)


def _check(params: Path | None, overrides: list[str] | None) -> None:
    """What serves the model reads no settings, and needs no params.yaml; wrong ones are refused."""
    if params is not None or overrides:
        config.load(params or DEFAULT_PARAMS, overrides or [])
