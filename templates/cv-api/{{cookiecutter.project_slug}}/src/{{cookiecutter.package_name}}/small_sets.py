"""Few pictures to train on: when a set is small, and what is to be said about it."""

from __future__ import annotations

from typing import Any

# Fewer pictures to train on are a small set.
SMALL = 1000
VARIED = {
    "light": "shifted and partly covered",
    "strong": "shifted, turned, made larger or smaller, recoloured and partly covered",
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
    kind, epochs = training["augmentation"]["kind"], training["epochs"]
    varied = f", each time another way: {VARIED[kind]}" if kind in VARIED else ""
    done = [
        "Each class has its share of every part.",
        f"The network saw each picture {epochs:,} times{varied}.",
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
