"""The whole report as one HTML page without a second file, to be sent to someone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .html_page import WIDE, page
from .html_page import facts as boxes
from .plotting import data_uri
from .report_facts import Block, Facts, write_block
from .report_words import day

FIGURE = re.compile(r"figure:([a-z0-9-]+)")
BEFORE_PER_CENT = re.compile(r"(?<=\d) (?=%)")
_AROUND = {"table_open": (f"{WIDE}\n", ""), "table_close": ("", "</div>\n")}


def render(facts: Facts, blocks: Mapping[str, Block]) -> str:
    """The page. The blocks' Markdown is the documents'; raw HTML in it is shown, not obeyed."""
    body = []
    for heading, names in facts.story.page:
        texts = [write_block(blocks[name], facts) for name in names]
        inner = "\n".join(_html(text, facts.folder) for text in texts)
        body.append(f"<section><h2>{escape(heading)}</h2>\n{inner}</section>\n")
    metrics = facts.metrics
    return page(
        f"{facts.project}: results",
        lead=f"<p>{escape(facts.story.what)}.</p>",
        body=_overview(facts) + "".join(body),
        footer=f"<p>Model version {escape(metrics['version'])}, trained on "
        f"{day(metrics['trained'])}. Every figure was measured by a run of this project.</p>",
    )


def _overview(facts: Facts) -> str:
    found, measure, data = facts.section("held_out"), facts.measures[0], facts.metrics["data"]
    unsaid = data["synthetic"] and "synthetic" not in data["name"]
    pairs = [("Data", f"{data['name']}{', synthetic' if unsaid else ''}")]
    if found is None:
        value = measure.form(facts.scores[measure.name]["overall"])
        pairs.append((f"{measure.title}, {facts.story.compared.adjective}", value))
    else:
        value = measure.form(found["metrics"][measure.name]["value"])
        pairs.append((f"{measure.title}, held out", value))
        pairs.append(("Measured on", day(found["evaluated"])))
    return boxes(pairs)


def _html(text: str, folder: Path) -> str:
    """Markdown as HTML: tables can be scrolled by keyboard, figures are in the page itself."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = []
    for token in markdown.parse(text):
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.children:
            token.children = [_embedded(each, folder) for each in token.children]
        before, after = _AROUND.get(token.type, ("", ""))
        tokens += [_raw("html_block", before), token, _raw("html_block", after)]
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return html


def _embedded(token: Token, folder: Path) -> Token:
    """An image as the picture that it names; in texts no line ends between a number and its %."""
    if token.type == "text":
        token.content = BEFORE_PER_CENT.sub("\u00a0", token.content)
    name = FIGURE.fullmatch(str(token.attrGet("src")))
    if token.type != "image" or name is None:
        return token
    text = "".join(each.content for each in token.children or [])
    source = data_uri((folder / f"{name[1]}.png").read_bytes())
    return _raw("html_inline", f'<img src="{source}" alt="{escape(text)}">')


def _raw(kind: str, html: str) -> Token:
    return Token(kind, "", 0, content=html)
