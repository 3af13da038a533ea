"""The commands, in their order. Those that every project has are in cli_steps.py."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from . import cli_steps as steps
from .cli_options import GivenParams, Overrides, check_given
from .commands import Commands

app = Commands("House prices: from a table of sales to a price with an interval.")

app.add(steps.data, steps.eda, steps.train, steps.tune, steps.evaluate, steps.explain)
app.add(steps.ablate, steps.report)


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
    check_given(params, set_)
    from . import predict as step

    if engine == "plain":
        found = step.predict_file(input_, output, models)
    else:
        from .predict_ray import ray_engine

        found = step.predict_with(ray_engine(models, address), input_, output)
    step.show(found, Console())


app.add(steps.serve, steps.loadtest, steps.drift, steps.retrain, steps.doctor)
