"""Blocks on how much of a text is read, on the training's loss, and on what is served of it."""

from __future__ import annotations

from . import report_training
from .report_facts import Facts
from .report_words import escape, listed, number, percent

# Of the training texts, as metrics.json names the quantiles.
QUANTILES = {"0.5": "half", "0.9": "nine in ten", "0.99": "ninety-nine in a hundred", "1.0": "all"}


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


def training(facts: Facts) -> str:
    """How the training went, and what its loss holds beside the labels."""
    told = report_training.training(facts)
    weight = facts.metrics["training"].get("consistency")
    if not weight:
        return told
    return (
        f"{told} Each text was read twice, and the training loss holds by how much the two answers "
        f"differ (R-Drop, weight {number(weight, 1)})."
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
