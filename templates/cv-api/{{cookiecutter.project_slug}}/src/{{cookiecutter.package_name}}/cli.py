"""The commands, in their order. Those that every project has are in cli_steps.py."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import cli_steps as steps
from .cli_options import GivenParams, Overrides, check_given
from .commands import Commands

app = Commands("CV API: what a picture shows, how sure that is, and where it can be seen.")

app.add(steps.data, steps.eda, steps.train, steps.tune, steps.evaluate)
app.add(steps.explain, steps.ablate, steps.report)


@app.command()
def predict(
    input_: Annotated[
        Path, typer.Option("--input", help="A folder of pictures, one picture, or a Parquet file.")
    ],
    output: Annotated[Path, typer.Option("--output", help="Where the predictions go, as CSV.")],
    image: Annotated[
        str | None, typer.Option(help="A Parquet file's column of pictures; else the one it has.")
    ] = None,
    models: Annotated[Path, typer.Option(help="The folder that `train` wrote.")] = Path("models"),
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Score pictures: the label and the probability of each class."""
    check_given(params, set_)
    from . import predict as scoring

    scoring.show(scoring.predict_files(input_, output, models, image), Console())


app.add(steps.serve, steps.loadtest, steps.drift, steps.retrain, steps.doctor)
