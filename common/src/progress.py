"""A progress bar for whatever takes longer than a glance."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

# Progress is not a result: it goes to stderr, so that what a command prints can be piped.
CONSOLE = Console(stderr=True)


class Steps:
    """The bar of one loop. `advance` moves it on and says what it is at."""

    def __init__(self, progress: Progress, title: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total, title=title)

    def advance(self, text: str) -> None:
        """One more is done; `text` is shown beside the bar."""
        self._progress.update(self._task, advance=1, description=text)


@contextmanager
def steps(title: str, total: int, *, shown: bool = True) -> Iterator[Steps]:
    """Show a bar of `total` steps headed `title` while the block runs.

    shown: false where another process shows the same one.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[title]}", style="bold", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    # In a notebook, rich draws a bar by ipywidgets, and warns where that is not installed.
    possible = not CONSOLE.is_jupyter or find_spec("ipywidgets") is not None
    with Progress(*columns, console=CONSOLE, disable=not (shown and possible)) as progress:
        yield Steps(progress, title, total)
