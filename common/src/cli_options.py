"""The options that commands share, and the check of settings that a command does not read."""

from pathlib import Path
from typing import Annotated

import typer

from . import config

ParamsFile = Annotated[Path, typer.Option("--params", help="The YAML file with the settings.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable."),
]
GivenParams = Annotated[
    Path | None, typer.Option("--params", help="Checked if given; the model has its own settings.")
]
DEFAULT_PARAMS = Path("params.yaml")


def check_given(params: Path | None, overrides: list[str] | None) -> None:
    """What serves the model reads no settings, and needs no params.yaml; wrong ones are refused."""
    if params is not None or overrides:
        config.load(params or DEFAULT_PARAMS, overrides or [])
