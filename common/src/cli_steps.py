"""The commands that are the same in every project; cli.py says which it has, and in which order.

A step is imported once its settings are known to be right: the libraries take seconds to load.
"""

from typing import Annotated

import typer
from rich.console import Console

from . import config
from .cli_options import DEFAULT_PARAMS, GivenParams, Overrides, ParamsFile, check_given

DRIFTED = 3  # exit code: the check ran, and its answer is yes


def data(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Load, check and split the data."""
    settings = config.load(params, set_ or [])
    from . import data as step

    step.show(step.prepare(settings), Console())


def eda(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Look at the training data: reports/eda.html."""
    settings = config.load(params, set_ or [])
    from . import eda as step

    report = step.explore(settings)
    Console().print(f"Wrote {report}")


def train(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Train, measure and export the model: models/."""
    settings = config.load(params, set_ or [])
    from . import train as step

    step.show(step.train(settings), Console())


def tune(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Search for better hyperparameters of one model."""
    settings = config.load(params, set_ or [])
    from . import tune as step

    step.show(step.tune(settings), Console())


def evaluate(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Measure the model on the held-out data."""
    settings = config.load(params, set_ or [])
    from . import evaluate as step

    step.show(step.evaluate(settings), Console())


def explain(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Plot what drives the model's predictions: reports/figures/."""
    settings = config.load(params, set_ or [])
    from . import explain as step

    step.show(step.explain(settings), Console())


def ablate(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Leave out one ingredient of the model at a time: what each is worth."""
    settings = config.load(params, set_ or [])
    from . import ablate as step

    step.show(step.ablate(settings), Console())


def report(params: GivenParams = None, set_: Overrides = None) -> None:
    """Write the figures into README.md, docs/ and reports/index.html."""
    check_given(params, set_)
    from . import report as step

    step.show(step.report(), Console())


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
    check_given(params, set_)
    from .api.server import serve as run

    run(host, port, workers)


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
    check_given(params, set_)
    from . import loadtest as step

    step.show(step.loadtest(url, concurrency, seconds, api_key), Console())


def drift(params: ParamsFile = DEFAULT_PARAMS, set_: Overrides = None) -> None:
    """Compare the prediction log with the training data: reports/drift.html. Exit code 3: drift."""
    settings = config.load(params, set_ or [])
    from . import drift as step

    found = step.drift(settings)
    step.show(found, Console())
    if found.drifted:
        raise typer.Exit(DRIFTED)


def retrain(
    params: ParamsFile = DEFAULT_PARAMS,
    set_: Overrides = None,
    force: Annotated[bool, typer.Option("--force", help="Train even without new rows.")] = False,
) -> None:
    """Add the new labelled data, train, and promote the model if it beats the champion."""
    settings = config.load(params, set_ or [])
    from . import retrain as step

    step.show(step.retrain(settings, force=force), Console())


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
