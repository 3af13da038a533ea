"""Blocks on a classifier: its classes, its baselines, and how far its confidence can be trusted."""

from __future__ import annotations

from .report_facts import Facts
from .report_words import bullets, day, escape, number, percent, table


def per_class(facts: Facts) -> str:
    """Precision, recall and F1 of each class on the held-out rows."""
    found = facts.need("held_out")
    average = found["average_precision"]
    rows = [
        [
            escape(each["class"]),
            *(_figure(each[key]) for key in ("precision", "recall", "f1")),
            f"{_figure(each['low'])} to {_figure(each['high'])}" if "low" in each else "",
            _figure(average.get(each["class"])),
            f"{each['support']:,}",
        ]
        for each in found["per_class"]
    ]
    header = (
        "class",
        "precision",
        "recall",
        "F1",
        f"{percent(found['confidence'], 0)} interval of F1",
        "average precision",
        facts.story.rows,
    )
    return (
        f"{table(header, rows)}\n\n"
        f"On {found['rows']:,} held-out {facts.story.rows}, of which {found['wrong']:,} are given "
        "another class than their own. Average precision: the area under the precision-recall "
        f"curve. Data: {facts.data}. Measured on {day(found['evaluated'])}."
    )


def against(facts: Facts) -> str:
    """The model against each baseline on the same rows, with McNemar's test."""
    found, measure = facts.need("held_out"), facts.measures[0]
    lines = []
    for name, each in reversed(found["against"].items()):
        lift = each["lift"]
        lines.append(
            f"Against {facts.title(name)}: {escape(measure.title)} {measure.lift(lift['value'])} "
            f"({percent(found['confidence'], 0)} interval {measure.lift(lift['low'])} to "
            f"{measure.lift(lift['high'])}, paired bootstrap). The model alone is right on "
            f"{each['only_model_right']:,} {facts.story.rows}, the baseline alone on "
            f"{each['only_baseline_right']:,}; McNemar's test, mid-p: "
            f"p = {number(each['p_value'], 3)}."
        )
    return (
        f"{bullets(lines)}\n\n{found['rows']:,} held-out {facts.story.rows}. McNemar's test is of "
        f"accuracy, and asks whether the two err equally often. Data: {facts.data}."
    )


def calibration(facts: Facts) -> str:
    """How confidence and accuracy go together, before and after temperature scaling."""
    found = facts.need("held_out")
    scale = found["calibration"]
    surest = scale["after"][-1]
    return (
        f"Mean gap between confidence and accuracy on {found['rows']:,} held-out "
        f"{facts.story.rows}: {percent(scale['ece_before'])} as trained, "
        f"**{percent(scale['ece_after'])}** with temperature {number(scale['temperature'], 2)}, "
        "which was fitted on the validation part. Of the "
        f"{surest['rows']:,} {facts.story.rows} of which it is surest (confidence "
        f"{percent(surest['confidence'])} on average), {percent(surest['accuracy'])} are right. "
        f"Data: {facts.data}."
    )


def _figure(value: float | None) -> str:
    """A share as these tables write it; empty where there is none."""
    return "" if value is None else number(value, 3, like=1.0)
