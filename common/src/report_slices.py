"""Blocks on where the model is worse than on the whole: slices, and the largest errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .report_facts import Facts
from .report_words import bullets, escape, listed, percent, table
from .slices import called, clearly_worse

CASES = 5  # of the listed errors, told in words


def slices(facts: Facts) -> str:
    """The metric by slice, and what stands out."""
    found = facts.need("held_out")
    parts: Sequence[Mapping[str, Any]] = found["slices"]
    if not parts:
        return _too_small(facts)
    measure = facts.measure(parts[0]["metric"])
    rows = [
        [
            escape(each["slice"]),
            escape(each["value"]),
            f"{each['rows']:,}",
            measure.form(each["error"]),
            measure.ends(each),
            measure.form(each["bias"], sign=True, like=each["error"]),
        ]
        for each in parts
    ]
    header = (
        "slice",
        "value",
        facts.story.rows,
        escape(measure.title),
        f"{percent(found['confidence'], 0)} interval",
        facts.story.bias,
    )
    return f"{table(header, rows, left=2)}\n\n{slices_finding(facts)}"


def slices_finding(facts: Facts) -> str:
    """What the slices say, in a sentence or two."""
    found = facts.need("held_out")
    if not found["slices"]:
        return _too_small(facts)
    measure = facts.measure(found["slices"][0]["metric"])
    overall = found["metrics"][measure.name]["value"]
    worse = clearly_worse(found["slices"], overall, measure.lower_is_better)
    if not worse:
        return (
            f"No slice is clearly worse than all held-out {facts.story.rows} together "
            f"({measure.form(overall)}): each interval reaches it. That is no proof of fairness: "
            f"the slices are small and their intervals wide. Data: {facts.data}."
        )
    named = [f"{escape(called(each))} ({measure.form(each['error'])})" for each in worse]
    return (
        f"Clearly worse than all held-out {facts.story.rows} together ({measure.form(overall)}), "
        f"with the whole interval: {listed(named)}. About one slice in forty would look "
        f"so by chance. Data: {facts.data}."
    )


def slices_picture(facts: Facts) -> str:
    """The figure of the slices, if there are any."""
    if not facts.need("held_out")["slices"]:
        return f"*No slice to draw: none has {facts.story.rows} enough.*"
    return facts.figure("held-out-slices")


def failures(facts: Facts) -> str:
    """The largest real errors, in words, and what they have in common."""
    found = facts.need("held_out")
    lines = [facts.story.failure(facts, row) for row in found["worst"][:CASES]]
    if not lines:
        return f"None of the held-out {facts.story.rows} is wrong. Data: {facts.data}."
    shared = [
        f"“{escape(each['column'])}: {escape(each['value'])}” ({each['rows']} of the {each['of']} "
        f"{facts.story.errors}, and {percent(each['share'])} of all held-out {facts.story.rows})"
        for each in found["worst_in_common"]
    ]
    common = (
        f"They have in common, more than chance explains: {listed(shared)}."
        if shared
        else f"Nothing is clearly more common among these than among all {facts.story.rows}."
    )
    return f"{bullets(lines)}\n\n{common} Data: {facts.data}."


def _too_small(facts: Facts) -> str:
    """That nothing was measured by itself."""
    return f"No part of the held-out {facts.story.rows} is large enough to be measured by itself."
