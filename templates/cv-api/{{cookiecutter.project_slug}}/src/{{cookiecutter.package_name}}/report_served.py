"""Blocks on what the model sees of a picture, how it was trained, and what is served."""

from __future__ import annotations

from . import report_training
from .report_facts import Facts
from .report_words import bullets, escape, number, percent


def image(facts: Facts) -> str:
    """The square that the model sees."""
    found = facts.metrics["image"]
    size = found["size"]
    share = (
        "the largest square in the middle of a picture"
        if found["crop"] == 1.0
        else f"a square in the middle of a picture, of {percent(found['crop'], 0)} of its shorter "
        "side"
    )
    return (
        f"The model sees {share}, at {size:,} by {size:,} pixels in red, green and blue; what lies "
        f"outside of it is not seen. Data: {facts.data}."
    )


def training(facts: Facts) -> str:
    """How the training went, and what was done about a small set."""
    told = report_training.training(facts)
    small = facts.metrics["training"].get("small")
    if not small:
        return told
    done = bullets(escape(line) for line in small["done"])
    return (
        f"{told}\n\nWith {small['pictures']:,} pictures to train on, the set is small. What was "
        f"done about it:\n\n{done}"
    )


def export(facts: Facts) -> str:
    """What is served, and what the gate measured of it."""
    found = facts.metrics["export"]
    return (
        f"Served: an ONNX graph in 32-bit floats, {found['bytes_served']:,} bytes. The largest "
        "difference of a logit from PyTorch's on validation pictures: "
        f"{number(found['fp32_difference'])}. Data: {facts.data}."
    )


def threshold(facts: Facts) -> str:
    """From which confidence on an answer is sure, as it was chosen."""
    found = facts.metrics["answer"]
    asked = percent(found["asked"], 0)
    if not found["reached"]:
        return (
            f"Asked for: {asked} of the sure answers right. No confidence gave that on the "
            f"validation pictures (at best {percent(found['precision'])}), so no answer is given "
            f"as sure. Data: {facts.data}."
        )
    return (
        f"Asked for: {asked} of the sure answers right. From a confidence of "
        f"{percent(found['confidence'])} on, an answer is sure: on the validation pictures that "
        f"is {percent(found['coverage'])} of them, and {percent(found['precision'])} of those "
        f"answers are right. Data: {facts.data}."
    )
