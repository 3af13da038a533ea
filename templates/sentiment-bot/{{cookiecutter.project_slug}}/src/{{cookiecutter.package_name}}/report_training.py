"""Blocks on the texts, on what was trained on them, and on what is served of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .report_facts import Facts
from .report_words import bullets, day, escape, listed, number, percent, table

PARTS = {"train": "to train on", "validation": "to choose by", "test": "held out"}
# Of the training texts, as metrics.json names the quantiles.
QUANTILES = {"0.5": "half", "0.9": "nine in ten", "0.99": "ninety-nine in a hundred", "1.0": "all"}


def data(facts: Facts) -> str:
    """The texts, their classes, and how they are split."""
    found, classes = facts.metrics["data"], facts.metrics["classes"]
    parts = PARTS if not facts.unheld else {part: PARTS[part] for part in ("train", "validation")}
    header = ("class", *parts.values())
    rows = [
        [escape(name), *(f"{counts[part]:,}" for part in parts)] for name, counts in classes.items()
    ]
    lines = [
        f"Data set: {facts.data}. To predict: {escape(found['label'])}.",
        f"Texts: {found['rows']:,}{_repeated(found)}. {facts.unheld or facts.story.split(found)}.",
        f"Hash of the raw data: `{found['sha256']}`. Prepared on {day(found['created'])}.",
    ]
    return f"{table(header, rows)}\n\n{bullets(lines)}"


def _repeated(found: Mapping[str, Any]) -> str:
    """What was found of texts that stand more than once."""
    told = []
    if found["duplicates"]:
        told.append(f"{found['duplicates']:,} repeat another one")
    if found["across"]:
        told.append(
            f"{found['across']:,} stood in two parts and were taken out of the one to measure on"
        )
    if found["two_labels"]:
        told.append(f"{found['two_labels']:,} stand with more than one label")
    return f"; {listed(told)}" if told else ""


def tokens(facts: Facts) -> str:
    """How long texts are in tokens, and how many are cut."""
    found = facts.metrics["tokens"]
    shares = [
        f"{QUANTILES.get(share, share)} have at most {_count(count)}"
        for share, count in found["quantiles"].items()
    ]
    return (
        f"The model reads {found['max_length']:,} tokens of a text (limit {found['limit']:,}; "
        f"asked for: {percent(found['coverage'])} of the training texts whole). Of the training "
        f"texts, {listed(shares)}; {percent(found['share_cut'])} are cut. Vocabulary: "
        f"{found['vocabulary']:,} pieces. Data: {facts.data}."
    )


def _count(value: float) -> str:
    """A quantile of whole numbers; it may lie between two."""
    return f"{value:,.0f}" if value == int(value) else number(value, 1)


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
        f"texts, seed {facts.compared['seed']}; time of the training. Data: {facts.data}."
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
    told = f" {speed:,.1f} texts a second ({place})." if speed else ""
    weight = found.get("consistency")
    if weight:
        told += (
            " Each text was read twice, and the training loss holds by how much the two answers "
            f"differ (R-Drop, weight {number(weight, 1)})."
        )
    return (
        f"{table(header, rows)}\n\n"
        f"The weights of epoch {found['best_epoch']:.0f} were kept, of {found['epochs']:.0f} run; "
        f"{found['parameters']:,} parameters, learning rate {number(found['learning_rate'])}."
        f"{told} Data: {facts.data}."
    )


def temperature(facts: Facts) -> str:
    """What the temperature does on the validation texts, on which it is fitted."""
    found = facts.metrics["calibration"]
    return (
        f"Temperature {number(found['temperature'], 2)}, fitted on the validation texts; their "
        f"calibration error goes from {percent(found['ece_before'])} to "
        f"{percent(found['ece_after'])}. Data: {facts.data}."
    )


def export(facts: Facts) -> str:
    """What is served, and what the gate measured of it."""
    found = facts.metrics["export"]
    sizes = f"{found['bytes_served']:,} bytes; {found['bytes_fp32']:,} in full precision"
    change = number(found["f1_served"], like=1.0), number(found["f1_fp32"], like=1.0)
    line = (
        f"Served: {escape(found['precision'])} ({sizes}). Macro-F1 on the validation texts: "
        f"{change[0]} as served, {change[1]} in full precision. The largest difference of a logit "
        f"in full precision from PyTorch's: {number(found['fp32_difference'])}. Data: {facts.data}."
    )
    refused = (
        f" The quantised model was refused: {escape(found['refused'])}." if found["refused"] else ""
    )
    return f"{line}{refused}"
