"""The web page at `/`: a text with its mood as it is typed, and a conversation with the bot."""

from __future__ import annotations

import json
from html import escape

from ..artifacts import Manifest
from .page_chat import chat_part
from .page_frame import About, Figure, described_by, field, frame, key_field
from .predictor import Predictor
from .requests import example

# What is hard about moods, one of each. In English, whatever the model was trained on.
EXAMPLES = {
    "Praise": "I love it, it works perfectly!",
    "A complaint": "It broke after two days and nobody answers.",
    "Negation": "Not bad at all, I would buy it again.",
    "A plain fact": "The parcel arrives on Tuesday.",
    "Irony": "Great, another delay. Just what I needed 🙄",
    "Both at once": "The first half is wonderful, the second is a waste of time.",
}


def page(predictor: Predictor, most_bytes: int) -> str:
    """The page as HTML. Every text that comes from the data is escaped.

    most_bytes: of the body of a request.
    """
    body = _form(predictor) + _answer(predictor) + chat_part()
    return frame(
        _about(predictor),
        body,
        most_bytes,
        ["chances.css", "text.css", "chat.css"],
        ["text.js", "chat.js"],
        shared=["chances.js"],
    )


def _about(predictor: Predictor) -> About:
    manifest = predictor.manifest
    rows = manifest.data.get("validation_rows")
    return About(
        title="What mood is a text in?",
        purpose=(
            f"Type a text: the model says which it is, {_listed(predictor.classes)}, how sure it "
            "is, and which words moved it. Then talk to the bot that uses it."
        ),
        model=manifest.name,
        version=manifest.version,
        data=str(manifest.data["name"]),
        synthetic=bool(manifest.data.get("synthetic")),
        headline=f"Macro-F1 {manifest.metrics['macro_f1']['overall']:.2f}",
        measured=(
            f"Measured on {f'{rows:,} ' if rows else ''}validation texts, which it was not trained "
            "on, but by which the best of its epochs was chosen."
        ),
        figures=_figures(manifest),
        example=example(predictor),
    )


def _figures(manifest: Manifest) -> list[Figure]:
    metrics = manifest.metrics
    figures = [
        Figure(
            "Macro-F1",
            f"{metrics['macro_f1']['overall']:.3f}",
            "The mean of the classes' F1, so that a rare class counts as much as a frequent one; "
            "1 would be no error.",
        )
    ]
    if "accuracy" in metrics:
        found = metrics["accuracy"]["overall"]
        figures.append(Figure("Accuracy", f"{found:.1%}", "The share of texts that it got right."))
    return figures


def _form(predictor: Predictor) -> str:
    hint = f"Its first {predictor.max_length} tokens are read: words, or parts of rare ones."
    control = (
        f'<textarea id="text" rows="5" dir="auto" spellcheck="false"{described_by("text")}>'
        "</textarea>"
    )
    texts = {**EXAMPLES, "From the data": example(predictor)["text"]}
    buttons = "".join(
        f'<button type="button" data-example="{escape(json.dumps(text, ensure_ascii=False))}">'
        f"{escape(name)}</button>\n"
        for name, text in texts.items()
    )
    return (
        '<form id="mood" class="card" novalidate aria-label="A text to read">\n'
        f"{field('text', 'Your text', control, hint=hint)}"
        "<fieldset><legend>Or take an example</legend>\n"
        f'<div class="choices">\n{buttons}</div></fieldset>\n'
        f"{key_field()}</form>\n"
    )


def _answer(predictor: Predictor) -> str:
    """Where the script writes what the service answers."""
    classes = escape(json.dumps(list(predictor.classes), ensure_ascii=False))
    return (
        '<section id="answer" class="card" aria-labelledby="answer-title" '
        f'data-classes="{classes}">\n<h2 id="answer-title">Its mood</h2>\n'
        '<div id="headline"><p class="waiting">Type a text, or take an example. Its mood comes '
        "here as you type.</p></div>\n"
        '<div id="chances" hidden></div>\n<div id="why"></div>\n</section>\n'
    )


def _listed(names: tuple[str, ...]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
