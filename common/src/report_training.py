"""Blocks on labelled rows, on what was trained on them, and on how the models compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .report_facts import Facts
from .report_words import bullets, day, escape, listed, number, percent, table

PARTS = {"train": "to train on", "validation": "to choose by", "test": "held out"}


def data(facts: Facts) -> str:
    """The rows, their classes, and how they are split."""
    found, classes = facts.metrics["data"], facts.metrics["classes"]
    parts = PARTS if not facts.unheld else {part: PARTS[part] for part in ("train", "validation")}
    header = ("class", *parts.values())
    rows = [
        [escape(name), *(f"{counts[part]:,}" for part in parts)] for name, counts in classes.items()
    ]
    lines = [
        f"Data set: {facts.data}. To predict: {escape(found['label'])}.",
        f"{facts.story.rows.capitalize()}: {found['rows']:,}{_repeated(found)}. "
        f"{facts.unheld or facts.story.split(found)}.",
        f"Hash of the raw data: `{found['sha256']}`. Prepared on {day(found['created'])}.",
    ]
    return f"{table(header, rows)}\n\n{bullets(lines)}"


def _repeated(found: Mapping[str, Any]) -> str:
    """What was found of rows that stand more than once, or that cannot be read."""
    told = []
    if found["duplicates"]:
        told.append(f"{found['duplicates']:,} repeat another one")
    if found["across"]:
        told.append(
            f"{found['across']:,} stood in two parts and were taken out of the one to measure on"
        )
    if found["two_labels"]:
        told.append(f"{found['two_labels']:,} stand with more than one label")
    if found.get("unreadable"):
        told.append(f"{found['unreadable']:,} more cannot be read and are left out")
    return f"; {listed(told)}" if told else ""


def tried(facts: Facts) -> str:
    """The models, simplest first, each with what it brings over the one before."""
    measure, names = facts.measures[0], list(facts.compared["models"])
    lines = []
    for place, name in enumerate(names):
        score = facts.compared["models"][name]
        lift = score.get("lift")
        step = "" if lift is None else f", {measure.against(lift, facts.title(names[place - 1]))}"
        lines.append(
            f"{facts.title(name)}: {measure.form(score[measure.name]['overall'])}{step} "
            f"({score['seconds']:.1f} s)"
        )
    return (
        f"{bullets(lines)}\n\n{escape(measure.title)} on {facts.compared['rows']:,} validation "
        f"{facts.story.rows}, seed {facts.compared['seed']}; time of the training. "
        f"Data: {facts.data}."
    )


def training(facts: Facts) -> str:
    """How the training went, epoch by epoch."""
    found = facts.metrics["training"]
    rows = [
        [
            f"{each['epoch']:.0f}",
            number(each["train_loss"]),
            number(each["validation_loss"]),
            number(each["macro_f1"], 3, like=1.0),
        ]
        for each in found["curve"]
    ]
    header = ("epoch", "loss, training", "loss, validation", "Macro-F1, validation")
    place = escape(facts.metrics["environment"]["machine"])
    # Of a run that had nothing left to train when it went on, there is none.
    speed = found["examples_per_second"]
    told = f" {speed:,.1f} {facts.story.rows} a second ({place})." if speed else ""
    return (
        f"{table(header, rows)}\n\n"
        f"The weights of epoch {found['best_epoch']:.0f} were kept, of {found['epochs']:.0f} run; "
        f"{found['parameters']:,} parameters, learning rate {number(found['learning_rate'])}."
        f"{told} Data: {facts.data}."
    )


def temperature(facts: Facts) -> str:
    """What the temperature does on the validation rows, on which it is fitted."""
    found = facts.metrics["calibration"]
    return (
        f"Temperature {number(found['temperature'], 2)}, fitted on the validation "
        f"{facts.story.rows}; their calibration error goes from {percent(found['ece_before'])} to "
        f"{percent(found['ece_after'])}. Data: {facts.data}."
    )
