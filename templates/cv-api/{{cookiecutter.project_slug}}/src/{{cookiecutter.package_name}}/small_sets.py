"""Few pictures to train on: when a set is small, and what is to be said about it."""

from __future__ import annotations

from typing import Any

# Fewer pictures to train on are a small set.
SMALL = 1000
# What each kind of augmentation does to a picture, beside mirroring and cutout.
VARIED = {
    "light": ["shifted"],
    "strong": ["shifted", "turned", "made larger or smaller", "recoloured"],
}


def is_small(pictures: int) -> bool:
    """Whether so few pictures to train on ask for another treatment, see `defaults`.

    They are known by heart before anything has been learned from them. So they are varied more and
    shown more often, to a network that can hold less.
    """
    return pictures < SMALL


def facts(pictures: int, training: dict[str, Any], pretrained: str | None) -> dict[str, Any] | None:
    """A small set's number of pictures and, in sentences, what was done about it; None for others.

    training: as reports/metrics.json holds it. pretrained: which network was fine-tuned, if any.
    """
    if not is_small(pictures):
        return None
    varied = _varied(training["augmentation"])
    done = [
        "Each class has its share of every part.",
        f"The network saw each picture {training['epochs']:,} times{varied}.",
    ]
    if pretrained:
        done.append(f"It was not trained from scratch: {pretrained} has seen other pictures.")
    else:
        done += [
            f"It has only {training['parameters']:,} parameters, since a large one would know so "
            "few pictures by heart.",
            "One that has already seen millions of other pictures does more with few: "
            "--set model.name=microsoft/resnet-18",
        ]
    return {"pictures": pictures, "done": done}


def _varied(augmentation: dict[str, Any]) -> str:
    """What was done to the pictures, as the end of a sentence."""
    done = list(VARIED.get(augmentation["kind"], ()))
    if not done:
        return ""
    done += ["mirrored"] * augmentation["flip"] + ["partly covered"] * (augmentation["cutout"] > 0)
    return f", each time another way: {', '.join(done)}"
