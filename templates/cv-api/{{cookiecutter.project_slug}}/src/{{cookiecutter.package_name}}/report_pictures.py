"""Blocks on what a classifier of pictures is asked beside its accuracy: damage, doubt, strangers,
and where it looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .report_facts import Facts
from .report_words import bullets, day, escape, number, percent, table

# Of a corruption. No column without a name: a screen reader says it at each cell.
LEVELS = ("mildest", "second", "third", "fourth", "strongest")


def robustness(facts: Facts) -> str:
    """Accuracy per corruption and strength."""
    found = facts.need("held_out")["robustness"]
    header = (
        "made worse by",
        "none",
        *LEVELS,
        "mean",
        "strengths",
    )
    rows = [
        [
            escape(each["name"]),
            percent(found["clean"]),
            *(percent(share) for share in each["accuracy"]),
            f"**{percent(each['mean'])}**",
            f"{', '.join(_plain(strength) for strength in each['strengths'])} "
            f"({escape(each['unit'])})",
        ]
        for each in found["corruptions"]
    ]
    return (
        f"{table(header, rows)}\n\n"
        f"Accuracy on {found['rows']:,} held-out pictures (seed {found['seed']}), each made worse "
        f"at the size that the model sees; {percent(found['mean'])} on average over all. The "
        f"strengths are those of {escape(found['like'])} (Hendrycks and Dietterich). "
        f"Data: {facts.data}."
    )


def _plain(strength: float) -> str:
    """A setting as it was set: 80, 0.04."""
    return f"{strength:g}"


def answers(facts: Facts) -> str:
    """How many pictures get a sure answer, and how many of those are right."""
    section = facts.need("held_out")
    found = section["answers"]
    if not found["rows"]:
        return (
            f"No answer is given as sure: no confidence reached {percent(found['asked'], 0)} right "
            f"ones on the validation pictures. Data: {facts.data}."
        )
    others = (
        f" Of the other pictures, {percent(found['precision_of_others'])} are right."
        if "precision_of_others" in found
        else ""
    )
    return (
        f"{percent(found['coverage'])} of the {section['rows']:,} held-out pictures get a sure "
        f"answer, and **{percent(found['precision'])}** of those answers are right "
        f"({percent(section['confidence'], 0)} interval {percent(found['low'])} to "
        f"{percent(found['high'])}; asked for: {percent(found['asked'], 0)}; {found['wrong']:,} "
        f"are wrong). The others are answered with “not sure”.{others} An answer is sure from a "
        f"confidence of {percent(found['threshold'])} on, which was chosen on validation pictures. "
        f"Data: {facts.data}."
    )


def strangers(facts: Facts) -> str:
    """Whether pictures of nothing that the model knows are noticed."""
    found = facts.need("held_out")["out_of_distribution"]
    rows = [
        [
            escape(each["name"]),
            number(each["auroc"], 3, like=1.0),
            number(each["auroc_logits"], 3, like=1.0),
            percent(each["flagged"]),
            percent(each["sure"]),
            f"{each['rows']:,}",
        ]
        for each in found["sets"]
    ]
    header = (
        "shown instead",
        "AUROC",
        "of the logits alone",
        "called unfamiliar",
        "answered as sure",
        "pictures",
    )
    return (
        f"{table(header, rows)}\n\n"
        "AUROC is the probability that such a picture has a higher energy than a held-out one. The "
        "energy (Liu et al.) is that of the logits, raised by how much of the picture's features "
        "lies where hardly any training picture's do (Wang et al.). The limit lets "
        f"{percent(found['kept'], 0)} of the validation pictures pass; of the held-out ones, "
        f"{percent(found['flagged'])} are called unfamiliar. Drawn with seed {found['seed']}. "
        f"Data: {facts.data}. Pictures that are nearer to the classes are harder to notice than "
        "these."
    )


def errors_picture(facts: Facts) -> str:
    """The figure of the surest mistakes, if there are any."""
    if not facts.need("held_out")["wrong"]:
        return f"*No mistake to show: all held-out {facts.story.rows} are right.*"
    return facts.figure("held-out-errors")


def explanation(facts: Facts) -> str:
    """Whether greying out the hottest part of a picture takes the answer away."""
    found = facts.need("explanation")
    lines = [
        f"Grad-CAM in {found['places'][0]} by {found['places'][1]} places, from "
        f"{found['examined']:,} validation pictures (seed {found['seed']}); shown are "
        f"{found['right']} right and {found['wrong']} wrong answers.",
        _deletion(found["deletion"]),
    ]
    return (
        f"{bullets(lines)}\n\nIt says which places the model uses, not what makes a picture what "
        f"it is. Data: {facts.data}. Explained on {day(found['explained'])}."
    )


def _deletion(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "The heat has one place only, or none, so that nothing could be greyed out."
    ends = [number(found[end], 3, sign=True, like=1.0) for end in ("low", "high")]
    return (
        f"Deletion test on {found['rows']:,} of them: with the hottest "
        f"{percent(found['share'], 0)} of a picture's places greyed out, the answer's probability "
        f"falls by {number(found['hottest'], 3, like=1.0)} on average; with as many others, by "
        f"{number(found['others'], 3, like=1.0)} (difference "
        f"{number(found['difference'], 3, sign=True, like=1.0)}, "
        f"{percent(found['confidence'], 0)} interval {ends[0]} to {ends[1]}, bootstrap over the "
        f"pictures, {found['bootstrap']:,} resamples). In {percent(found['more'])} of the pictures "
        "the hottest places cost more."
    )
