"""The commands, in their order. Those that every project has are in cli_steps.py."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import cli_steps as steps
from . import config
from .cli_options import DEFAULT_PARAMS, GivenParams, Overrides, ParamsFile, check_given
from .commands import Commands

app = Commands("Sentiment bot: the mood of a text, and an answer to it.")

app.add(steps.data, steps.eda, steps.train, steps.tune)


@app.command()
def evaluate(
    params: ParamsFile = DEFAULT_PARAMS,
    set_: Overrides = None,
    behaviour: Annotated[
        bool, typer.Option("--behaviour", help="Test what must and must not change an answer.")
    ] = False,
) -> None:
    """Measure the model on the held-out texts."""
    settings = config.load(params, set_ or [])
    if behaviour:
        from . import behaviour as tests

        tests.show(tests.run(settings), Console())
    else:
        from . import evaluate as measuring

        measuring.show(measuring.evaluate(settings), Console())


app.add(steps.explain, steps.ablate, steps.report)


@app.command()
def predict(
    input_: Annotated[
        Path, typer.Option("--input", help="A CSV, TSV, JSON lines or Parquet file with texts.")
    ],
    output: Annotated[Path, typer.Option("--output", help="Where the predictions go, as CSV.")],
    text: Annotated[
        str | None, typer.Option(help="The column with the texts; else the training data's.")
    ] = None,
    models: Annotated[Path, typer.Option(help="The folder that `train` wrote.")] = Path("models"),
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Score a file of texts: the label and the probability of each class."""
    check_given(params, set_)
    from . import predict as scoring

    scoring.show(scoring.predict_file(input_, output, models, text), Console())


@app.command()
def chat(
    dialog: Annotated[Path, typer.Option(help="The rules of the conversation.")] = Path(
        "dialog.yaml"
    ),
    models: Annotated[Path, typer.Option(help="The folder that `train` wrote.")] = Path("models"),
    check: Annotated[bool, typer.Option("--check", help="Only check the rules.")] = False,
    params: GivenParams = None,
    set_: Overrides = None,
) -> None:
    """Talk to the bot in the terminal."""
    check_given(params, set_)
    from .chat import terminal

    if check:
        terminal.check(dialog, Console())
    else:
        terminal.talk(dialog, models, Console())


app.add(steps.serve, steps.loadtest, steps.drift, steps.retrain, steps.doctor)
