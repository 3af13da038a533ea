"""What the documents say of any classifier: its measures, its split, and how to speak of both."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .report_facts import Compared, Facts, Measure
from .report_words import bullets, escape, percent

# In this order they are shown; the first is what models are ranked by.
MEASURES = (
    Measure(
        "macro_f1",
        "Macro-F1",
        lower_is_better=False,
        digits=3,
        identifier="f1",
        relative=False,
    ),
    Measure("accuracy", "Accuracy", lower_is_better=False, share=True),
)


def plainly(facts: Facts) -> str:
    """The share of rows that are given their own class."""
    share = facts.need("held_out")["metrics"]["accuracy"]["value"]
    return f"Right on {percent(share)} of the {facts.story.rows}"


def on_validation(rows: str, use: str = "which also say when the training stops") -> Compared:
    """A ladder of models, compared on the validation part.

    rows: what a row is, in the plural. use: what these rows are for beside that.
    """
    return Compared(
        partial(_note, rows=rows, use=use),
        section="validation",
        adjective=f"on the validation {rows}",
        folds=False,
        ladder=True,
    )


def _note(found: Mapping[str, Any], place: str, rows: str, use: str) -> str:
    return (
        f"The models are compared on {found['rows']:,} validation {rows} (seed {found['seed']}), "
        f"{use}. A lift is in macro-F1, over the model in the line above. "
        f"Time is of the training ({place})."
    )


def parts(found: Mapping[str, Any], rows: str) -> str:
    """How many rows each part has. Takes the section `data`."""
    return (
        f"Split: {found['train_rows']:,} {rows} to train on, {found['validation_rows']:,} to "
        f"choose by, {found['test_rows']:,} held out (seed {found['seed']})"
    )


def demo(facts: Facts) -> str:
    """What to say with the numbers of this run, in two minutes."""
    found, measure = facts.need("held_out"), facts.measures[0]
    own = found["metrics"]
    scale = found["calibration"]
    lines = [
        f"\u201cOn {found['rows']:,} {facts.story.rows} that it had never seen, the model is right "
        f"on {percent(own['accuracy']['value'])}, and has a {escape(measure.title)} of "
        f"{measure.form(own[measure.name]['value'])}. "
        + " ".join(
            f"That is {measure.against(lift, facts.title(name))}."
            for name, lift in reversed(found["lift"].items())
        )
        + "\u201d",
        f"\u201cIts confidence is off by {percent(scale['ece_after'])} on average; before "
        f"temperature scaling it was {percent(scale['ece_before'])}.\u201d",
        f"Say what the data are: {facts.data}.",
    ]
    if found["worst"]:
        worst = facts.story.failure(facts, found["worst"][0])
        lines.insert(2, f"\u201cIts surest mistake: {worst}\u201d")
    return bullets(lines)
