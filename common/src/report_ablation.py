"""Blocks on what each ingredient of the model is worth."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .ablation import CAVEAT
from .report_facts import Facts
from .report_words import bullets, day, escape, percent, table


def ablation(facts: Facts) -> str:
    """What each ingredient is worth."""
    found = facts.need("ablation")
    measure = facts.measure(found["metric"])
    change = partial(measure.form, sign=True, like=found["full"])
    rows = [
        [
            escape(each["title"]),
            measure.form(each["without"]),
            change(each["difference"]),
            f"{change(each['low'])} to {change(each['high'])}",
            percent(each["relative"], sign=True),
            f"{each['worse_folds']} of {found['folds']}",
            escape(each["verdict"]),
        ]
        for each in found["ingredients"]
    ]
    header = (
        "left out",
        escape(measure.title),
        "difference",
        "interval",
        "relative",
        "worse in folds",
        "verdict",
    )
    return (
        f"{table(header, rows)}\n\n"
        f"The whole recipe has {measure.form(found['full'])}, out of fold ({found['folds']} folds, "
        f"seed {found['seed']}, {found['rows']:,} training rows). Data: {facts.data}. Each line is "
        "without one thing, trained again on the same folds. A difference above zero says that "
        f"leaving it out makes the recipe worse. {_joint(found)} {CAVEAT} "
        f"Measured on {day(found['measured'])}.{_remarks(found)}"
    )


def worked(facts: Facts) -> str:
    """The ingredients without which the model is worse."""
    helps = _of_verdict(facts, "helps")
    return f"{_whole(facts)}\n\n{bullets(helps) or _none_helps(facts.need('ablation'))}"


def did_not_work(facts: Facts) -> str:
    """The ingredients that bring nothing that could be told from chance, or do harm."""
    harm, none = _of_verdict(facts, "hurts"), _of_verdict(facts, "no clear effect")
    parts = [_whole(facts)]
    if harm:
        parts.append(f"Better without:\n\n{bullets(harm)}")
    if none:
        parts.append(f"No clear effect:\n\n{bullets(none)}")
    if not harm and not none:
        parts.append(_all_help(facts.need("ablation")))
    return "\n\n".join(parts)


def _none_helps(found: Mapping[str, Any]) -> str:
    # Of those measured: a study may leave ingredients aside.
    if found["comparisons"] == 1:
        return f"{_only(found)} is not shown to help by itself."
    return f"None of the {found['comparisons']} measured ingredients is shown to help by itself."


def _all_help(found: Mapping[str, Any]) -> str:
    if found["comparisons"] == 1:
        return f"{_only(found)} is shown to help."
    return f"Each of the {found['comparisons']} measured ingredients is shown to help."


def _only(found: Mapping[str, Any]) -> str:
    return f"The one measured ingredient ({escape(found['ingredients'][0]['title'])})"


def _whole(facts: Facts) -> str:
    found = facts.need("ablation")
    measure = facts.measure(found["metric"])
    return (
        f"{escape(measure.title)} of the whole recipe, out of fold: "
        f"**{measure.form(found['full'])}**. Data: {facts.data}. {_joint(found)}"
    )


def _of_verdict(facts: Facts, verdict: str) -> list[str]:
    found = facts.need("ablation")
    measure = facts.measure(found["metric"])
    change = partial(measure.form, sign=True, like=found["full"])
    return [
        f"**{escape(each['title'])}**: {measure.form(each['without'])} without it "
        f"({percent(each['relative'], sign=True)}; interval of the difference "
        f"{change(each['low'])} to {change(each['high'])}). "
        f"{escape(each['why'])}"
        for each in found["ingredients"]
        if each["verdict"] == verdict
    ]


def _remarks(found: Mapping[str, Any]) -> str:
    """What a reader has to know of single lines, and what could not be left out."""
    notes = [
        f"{escape(each['title'])}: {escape(each['note'])}."
        for each in found["ingredients"]
        if each["note"]
    ]
    absent = [f"{escape(each['title'])} ({escape(each['reason'])})" for each in found["left_out"]]
    if absent:
        notes.append(f"Not in this recipe: {'; '.join(absent)}.")
    return f"\n\n{bullets(notes)}" if notes else ""


def _joint(found: Mapping[str, Any]) -> str:
    several = found["comparisons"] > 1
    return (
        "An interval is the difference plus and minus Student's t times its standard error (paired "
        f"bootstrap over rows, {found['bootstrap']:,} resamples), wide enough that "
        f"{'all of them together hold' if several else 'it holds'} in about "
        f"{percent(found['confidence'], 0)} of such studies."
    )
