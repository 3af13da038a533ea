"""The frame of the web page at `/`: what every model's page shows around its form and its answer.

A page is one response: style and scripts stand within it, so that it needs no second request and
no other host. `security.page_headers` lets the scripts run by their hashes.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

SYNTHETIC = (
    "The data are synthetic: they were made up by this project's own generator, so the answers "
    "and the figures above say nothing about the real world."
)
SCRIPTS = ("ask.js", "fields.js", "bars.js")


@dataclass(frozen=True)
class Figure:
    """A measured figure of the model, and what it means in words."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class About:
    """What a page says of its model. Plain texts."""

    title: str
    purpose: str
    """One sentence: what the visitor gives, and what the model answers."""
    model: str
    version: str
    data: str
    synthetic: bool
    headline: str
    """How good the model is, in a few words."""
    measured: str
    """How and on what the figures were measured."""
    figures: Sequence[Figure]
    example: Mapping[str, Any] | str
    """A body of POST /predict, or the name of a file to upload: for those without JavaScript."""


def frame(
    about: About,
    body: str,
    most_bytes: int,
    styles: Sequence[str],
    scripts: Sequence[str],
    shared: Sequence[str] = (),
) -> str:
    """The whole page. body: HTML, in which all text is escaped.

    most_bytes: of the body of a request; what is larger is not sent. styles, scripts: the names of
    the page's own files in static/. A script may use what those of the frame and `shared` define:
    `ask`, `showError`, `once`, `barChart` and the others. What it defines is its own: each is a
    block.
    """
    texts = {
        name: escape(getattr(about, name))
        for name in ("title", "purpose", "model", "version", "data", "headline", "measured")
    }
    # In one go: a value that looks like a placeholder is a text, and stays one.
    return Template(static("page.html")).substitute(
        texts,
        style="\n".join(static(name) for name in ("page.css", *styles)),
        script="\n".join([*map(static, (*SCRIPTS, *shared)), *map(_block, scripts)]),
        badge='<span class="badge">Synthetic data</span>' if about.synthetic else "",
        caveat=f'<p class="notice">{SYNTHETIC}</p>\n' if about.synthetic else "",
        figures="".join(_figure(figure) for figure in about.figures),
        curl=escape(_curl(about.example)),
        most_bytes=str(most_bytes),
        body=body,
    )


def field(control_id: str, label: str, control: str, unit: str = "", hint: str = "") -> str:
    """A control with its label and unit and, below it, a hint; the last three plain texts.

    control: HTML, with that id, and with `described_by(control_id)` among its attributes if there
    is a hint. What is said of a value later is added by fields.js.
    """
    beside = f' <span class="unit">{escape(unit)}</span>' if unit else ""
    below = f'<p class="hint" id="{control_id}-hint">{escape(hint)}</p>' if hint else ""
    return (
        f'<div class="field"><label for="{control_id}"><span>{escape(label)}</span>{beside}</label>'
        f"{control}{below}</div>\n"
    )


def described_by(control_id: str) -> str:
    """The attribute that ties a control to its hint."""
    return f' aria-describedby="{control_id}-hint"'


def key_field() -> str:
    """The field for the service's key, which shows itself when the service asks for one."""
    control = '<input id="key-control" type="password" autocomplete="off">'
    return f'<div id="key" hidden>{field("key-control", "Key of this service", control)}</div>\n'


def static(name: str) -> str:
    """A file of static/."""
    return files(__package__).joinpath(f"static/{name}").read_text(encoding="utf-8")


def _curl(example: Mapping[str, Any] | str) -> str:
    """The command that asks for a prediction of the example."""
    if isinstance(example, str):
        sent = f"-F {shlex.quote(f'file=@{example}')}"
    else:
        request = shlex.quote(json.dumps(example, ensure_ascii=False))
        sent = f"-H 'Content-Type: application/json' -d {request}"
    return f"curl {sent} THIS-ADDRESS/predict"


def _block(name: str) -> str:
    return "{\n" + static(name) + "}\n"


def _figure(figure: Figure) -> str:
    return (
        f"<div><dt>{escape(figure.name)}</dt>"
        f'<dd class="value">{escape(figure.value)}</dd>'
        f'<dd class="meaning">{escape(figure.meaning)}</dd></div>\n'
    )
