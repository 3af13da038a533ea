"""What the documents are written from: a run's figures, and what a template says about them.

`Story` is the seam between the two halves: the blocks, the page and the command are the same in
every project; names, directions of metrics, titles and further blocks are a template's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .report_words import escape, number, percent

COMMANDS: Mapping[str, str] = {
    "held_out": "evaluate",
    "explanation": "explain",
    "ablation": "ablate",
}
"""Section of reports/metrics.json -> the command that writes it, in every project."""


@dataclass(frozen=True)
class Measure:
    """A metric, as the documents write it."""

    name: str
    """Its key in reports/metrics.json."""
    title: str
    lower_is_better: bool = True
    digits: int = 4
    share: bool = False
    """Whether it is written in per cent."""
    identifier: str = ""
    """Its name in a model card's metadata."""
    relative: bool = True
    """Whether a lift is the share by which the figure is better, or the difference of the two."""

    def form(self, value: float, sign: bool = False, like: float | None = None) -> str:
        """The value, written out; like: see `number`."""
        if self.share:
            return percent(value, sign=sign)
        return number(value, self.digits, sign, like)

    def ends(self, found: Mapping[str, float]) -> str:
        """The ends of an interval, `low` and `high`."""
        return f"{self.form(found['low'])} to {self.form(found['high'])}"

    def spread(self, found: Mapping[str, float]) -> str:
        """The standard deviation over the folds, with as many decimals as the figure itself."""
        return self.form(found["std"], like=found["overall"])

    def lift(self, value: float) -> str:
        """A lift, with its sign."""
        # A difference has as many decimals as the figures that it is between.
        return percent(value, sign=True) if self.relative else self.form(value, True, like=1.0)

    def against(self, lift: float, other: str) -> str:
        """A lift in words: 8.4 % lower than linear regression."""
        lower = (lift >= 0) == self.lower_is_better
        size = percent(abs(lift)) if self.relative else self.form(abs(lift), like=1.0)
        return f"{size} {'lower' if lower else 'higher'} than {other}"


@dataclass(frozen=True)
class Picture:
    """A figure that documents show. command: what draws it. alt: what it shows, in words."""

    command: str
    alt: str


@dataclass(frozen=True)
class Compared:
    """How the models of a run were measured beside each other, before one was chosen.

    Of each model, the section has every metric as {"overall": ...}, `seconds`, and `lift`: over
    named baselines, {name: lift}, or over the model before it, a number (the first has none).
    """

    note: Callable[[Mapping[str, Any], str], str]
    """What stands below the table of results. Takes the section, and the machine in words."""
    section: str = "cross_validation"
    """Of reports/metrics.json: it has `models`, by name."""
    adjective: str = "cross-validated"
    """What a figure of it is called."""
    folds: bool = True
    """Whether each figure has a spread over folds, `std`."""
    ladder: bool = False
    """Whether the models stand in their order in the section, each above the one before; else from
    the worst to the best."""


def over_folds(found: Mapping[str, Any], place: str) -> str:
    """The note on models that were cross-validated."""
    return (
        f"{found['folds']}-fold cross-validation of {found['rows']:,} training rows, seed "
        f"{found['seed']}; \u00b1 is the standard deviation over the folds, time is of all fits "
        f"together ({place})."
    )


def drawn_share(data: Mapping[str, Any]) -> str:
    """How rows came to be held out: a share of all, drawn at random. Takes the section `data`."""
    return f"Split: {percent(data['test_size'], 0)} held out, seed {data['seed']}"


@dataclass(frozen=True)
class Block:
    """What stands between two marks. needs: the sections of metrics.json that it is made from."""

    write: Callable[[Facts], str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """What a template says about its figures."""

    measures: tuple[Measure, ...]
    """The main metric first; of those that a run has, the documents show the first ones."""
    models: Mapping[str, str]
    """Name of a model -> its title."""
    what: str
    """What the project predicts, for a line that stands alone."""
    rows: str
    """What a row is, in the plural."""
    task: str
    """The task, as model cards call it."""
    tools: str
    """What it is built with."""
    plainly: Callable[[Facts], str]
    """The held-out result in a unit that anybody knows (Markdown); empty where there is none."""
    failure: Callable[[Facts, Mapping[str, Any]], str]
    """A row with a large error, in words (Markdown)."""
    pictures: Mapping[str, Picture]
    """Name of a file in reports/figures/, without its ending -> what it is."""
    blocks: Mapping[str, Block]
    """Blocks of the template's own."""
    documents: Mapping[str, tuple[str, ...]]
    """Path of a document -> the blocks that it comes with."""
    page: tuple[tuple[str, tuple[str, ...]], ...]
    """reports/index.html: heading -> its blocks."""
    compared: Compared = Compared(over_folds)
    """How the models were compared."""
    split: Callable[[Mapping[str, Any]], str] = drawn_share
    """How rows came to be held out, from the section `data`."""
    commands: Mapping[str, str] = field(default_factory=lambda: COMMANDS)
    """Section of reports/metrics.json -> the command that writes it."""
    errors: str = "largest errors"
    """What the listed errors are called."""
    bias: str = "bias"
    """What the mean signed error of a slice is called."""


@dataclass(frozen=True)
class Facts:
    """A run's figures. metrics: reports/metrics.json, known to be of the model in models/."""

    metrics: Mapping[str, Any]
    story: Story
    project: str
    """The project's name."""
    folder: Path
    """Where figures are."""
    shown: set[str] = field(default_factory=set)
    """Names of the figures that blocks have asked for."""

    def section(self, name: str) -> Mapping[str, Any] | None:
        """A section that a step added; None if it has not been run for this model."""
        found: Mapping[str, Any] | None = self.metrics.get(name)
        if found is None or found.get("version") != self.metrics["version"]:
            return None
        return found

    def need(self, name: str) -> Mapping[str, Any]:
        """A section that is known to be there: a block names it in `needs`."""
        found = self.section(name)
        if found is None:
            raise KeyError(f"{name} is not in {sorted(self.metrics)}")
        return found

    @property
    def unheld(self) -> str:
        """That no rows are held out, in words (Markdown); empty where some are."""
        if self.metrics["data"]["test_rows"]:
            return ""
        return "No rows are held out (`data.test_size` is 0)"

    def missing(self, section: str) -> str:
        """What a block says that needs a section which this model lacks."""
        if section == "held_out" and self.unheld:
            return f"*{self.unheld}.*"
        return missing(self.story.commands[section])

    @property
    def model(self) -> str:
        return str(self.metrics["model"])

    @property
    def compared(self) -> Mapping[str, Any]:
        """The section with the compared models."""
        found: Mapping[str, Any] = self.metrics[self.story.compared.section]
        return found

    @property
    def scores(self) -> Mapping[str, Any]:
        """The chosen model's figures in that comparison."""
        found: Mapping[str, Any] = self.compared["models"][self.model]
        return found

    @property
    def measures(self) -> list[Measure]:
        """The metrics that this run has of every model, the main one first."""
        found = [*self.compared["models"].values()]
        if held_out := self.section("held_out"):
            found.append(held_out["metrics"])
        return [each for each in self.story.measures if all(each.name in one for one in found)]

    def measure(self, name: str) -> Measure:
        """The metric of that name."""
        return next(each for each in self.story.measures if each.name == name)

    def title(self, model: str) -> str:
        """A model's name in words."""
        return escape(self.story.models.get(model, model))

    @property
    def data(self) -> str:
        """The data set's name; that it is made up is said wherever it is named."""
        data = self.metrics["data"]
        name = escape(data["name"])
        if not data["synthetic"]:
            return name
        made_up = "" if "synthetic" in name else "made up, "
        return f"{name}, **{made_up}which says nothing about real {self.story.rows}**"

    def figure(self, name: str) -> str:
        """A figure, or a line that says which command draws it.

        One of another model is not used: its step has left no section for this one. Nor is one
        from before the data were prepared, which shows other rows.
        """
        picture = self.story.pictures[name]
        # The section that the command writes along with the figure, if it writes one.
        commands = self.story.commands.items()
        section = next((each for each, command in commands if command == picture.command), None)
        if section is not None and self.section(section) is None:
            return self.missing(section)
        path = self.folder / f"{name}.png"
        prepared = datetime.fromisoformat(self.metrics["data"]["created"]).timestamp()
        if not path.is_file() or path.stat().st_mtime < prepared - 1.0:
            return missing(picture.command)
        self.shown.add(name)
        return f"![{escape(picture.alt)}](figure:{name})"


def missing(command: str) -> str:
    """What a block says whose step has not been run for the model."""
    return f"*Not measured for this model yet. `make {target(command)} report` fills this in.*"


def target(command: str) -> str:
    """The Makefile's target for a command: its name, or that of its option."""
    return command.rpartition("--")[2]


def write_block(block: Block, facts: Facts) -> str:
    """The block's Markdown, or the line that says which command is missing."""
    for name in block.needs:
        if facts.section(name) is None:
            return facts.missing(name)
    return block.write(facts)
