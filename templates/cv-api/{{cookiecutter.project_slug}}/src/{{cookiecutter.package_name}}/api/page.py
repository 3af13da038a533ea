"""The web page at `/`: a picture, which class it shows, how sure that is, and where it looked."""

from __future__ import annotations

from html import escape
from itertools import accumulate

from ..artifacts import Manifest
from ..examples import Example
from ..picture import FORMATS
from .page_frame import About, Figure, described_by, field, frame, key_field
from .predictor import Predictor

MOST_NAMED = 10  # classes that the page's first sentence names
MOST_SHOWN = 80_000  # characters of all examples: a slow phone is to have the page in a second


def page(predictor: Predictor, most_bytes: int) -> str:
    """The page as HTML. Every text that comes from the data is escaped.

    most_bytes: of the body of a request.
    """
    body = _form(most_bytes) + _answer(predictor.manifest) + _examples(predictor)
    return frame(
        _about(predictor),
        body,
        most_bytes,
        ["chances.css", "picture.css"],
        ["picture.js", "intake.js", "camera.js"],
        shared=["chances.js"],
    )


def shown(predictor: Predictor) -> list[Example]:
    """As many of the model's examples as the page has room for."""
    sizes = accumulate(len(example.image) for example in predictor.examples)
    return [
        example
        for example, size in zip(predictor.examples, sizes, strict=True)
        if size <= MOST_SHOWN
    ]


def _about(predictor: Predictor) -> About:
    manifest = predictor.manifest
    rows = manifest.data.get("validation_rows")
    return About(
        title="What does a picture show?",
        purpose=(
            f"Give it a picture: the model says which it shows, {_listed(predictor.classes)}, how "
            "sure it is, and where it looked."
        ),
        model=manifest.name,
        version=manifest.version,
        data=str(manifest.data["name"]),
        synthetic=bool(manifest.data.get("synthetic")),
        headline=f"{manifest.metrics['accuracy']['overall']:.1%} right",
        measured=(
            f"Measured on {f'{rows:,} ' if rows else ''}validation pictures, which it was not "
            "trained on, but by which it was set from where on it is sure."
        ),
        figures=_figures(manifest),
        example="picture.jpg",
    )


def _figures(manifest: Manifest) -> list[Figure]:
    metrics, threshold = manifest.metrics, manifest.settings["threshold"]
    figures = [
        Figure(
            "Accuracy",
            f"{metrics['accuracy']['overall']:.1%}",
            "The share of pictures that it got right.",
        ),
        Figure(
            "Macro-F1",
            f"{metrics['macro_f1']['overall']:.3f}",
            "The mean of the classes' F1, so that a rare class counts as much as a frequent one; "
            "1 would be no error.",
        ),
    ]
    if threshold["reached"]:
        figures.append(
            Figure(
                "Sure answers",
                f"{threshold['coverage']:.1%}",
                f"The share of pictures that it is sure of. Of these answers, "
                f"{threshold['precision']:.1%} were right.",
            )
        )
    return figures


def _form(most_bytes: int) -> str:
    hint = f"JPEG, PNG, WebP, GIF or BMP, up to {most_bytes / 1e6:g} MB."
    types = ",".join(f"image/{name.lower()}" for name in FORMATS)
    control = f'<input id="file" type="file" accept="{types}"{described_by("file")}>'
    strength = '<input id="strength" type="range" min="0" max="100" step="5" value="60">'
    return (
        '<form id="picture" class="card" novalidate aria-label="A picture to look at">\n'
        '<div id="stage">\n'
        '<p id="empty">Drop a picture here, paste one, choose a file, or use the camera.</p>\n'
        '<div id="whole" hidden><img id="shown" alt="Your picture">'
        '<div id="seen" hidden><img id="heat" alt=""></div></div>\n'
        '<video id="live" playsinline muted hidden aria-label="What the camera sees"></video>\n'
        "</div>\n"
        '<p id="looked" class="small"></p>\n'
        f'<div id="blend" hidden>{field("strength", "Strength of the heat map", strength)}</div>\n'
        f"{field('file', 'Your picture', control, hint=hint)}"
        '<div class="choices">\n'
        '<button type="button" id="camera">Use the camera</button>\n'
        '<button type="button" id="shutter" hidden>Take the picture</button>\n'
        '<button type="button" id="stop" hidden>Stop the camera</button>\n'
        "</div>\n"
        # What a phone without a camera for web pages opens instead: its own.
        f'<input id="capture" type="file" accept="image/*" capture="environment" hidden>\n'
        f"{key_field()}</form>\n"
    )


def _answer(manifest: Manifest) -> str:
    """Where the script writes what the service answers."""
    threshold, kept = manifest.settings["threshold"], manifest.settings["energy"]["kept"]
    enough = repr(threshold["confidence"]) if threshold["reached"] else ""
    return (
        '<section id="answer" class="card" aria-labelledby="answer-title" '
        f'data-enough="{enough}" data-kept="{kept!r}">\n'
        '<h2 id="answer-title">What it shows</h2>\n'
        '<div id="headline"><p class="waiting">Give it a picture, or take an example. What the '
        "model sees in it comes here.</p></div>\n"
        '<div id="chances" hidden></div>\n</section>\n'
    )


def _examples(predictor: Predictor) -> str:
    buttons = "".join(
        f'<button type="button" data-name="{escape(example.name)}">'
        f'<img src="{_address(example)}" alt="Example:" width="64" height="64">'
        f"<span>{escape(example.label)}</span></button>\n"
        for example in shown(predictor)
    )
    if not buttons:
        return ""
    return (
        '<section id="examples" class="card" aria-labelledby="examples-title">\n'
        '<h2 id="examples-title">Or take an example</h2>\n'
        '<p class="small">Pictures that it was not trained on, each with its true class.</p>\n'
        f'<div class="choices">\n{buttons}</div>\n</section>\n'
    )


def _address(example: Example) -> str:
    kind = "png" if example.image.startswith("iVBOR") else "jpeg"
    return f"data:image/{kind};base64,{escape(example.image)}"


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > MOST_NAMED:
        return f"one of {len(names)} classes such as {', '.join(names[:3])}"
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
