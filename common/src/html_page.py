"""One look for every report that a person reads in a browser: a page with no second file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from .plotting import data_uri

# Around a table: on a narrow screen it is scrolled, with the keyboard too.
WIDE = '<div class="wide" tabindex="0" role="group" aria-label="Table">'

SCOPE = ' scope="col"'


def page(title: str, *, lead: str, body: str, footer: str) -> str:
    """A whole page. title: plain text; the other three: HTML, in which all text is escaped."""
    frame = Template(files(__package__).joinpath("html_page.html").read_text(encoding="utf-8"))
    return frame.substitute(title=escape(title), lead=lead, body=body, footer=footer)


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """A row of boxes, each with a name and a value. Plain text."""
    boxes = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>\n" for name, value in pairs
    )
    return f'<dl class="facts">\n{boxes}</dl>\n'


def picture(png: bytes, text: str, caption: str = "") -> str:
    """A figure. text: what it shows, for those who cannot see it. Plain text."""
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img src="{data_uri(png)}" alt="{escape(text)}">{below}</figure>'


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """A table of plain texts. right: the columns that hold numbers."""

    def cells(row: Sequence[str], tag: str, more: str = "") -> str:
        return "".join(
            f'<{tag}{more} class="number">{escape(cell)}</{tag}>'
            if position in right
            else f"<{tag}{more}>{escape(cell)}</{tag}>"
            for position, cell in enumerate(row)
        )

    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    head = f"<thead><tr>{cells(header, 'th', SCOPE)}</tr></thead>"
    return f"{WIDE}<table>{head}<tbody>\n{body}\n</tbody></table></div>"


def shorten(text: str, width: int = 24) -> str:
    """The text, cut to `width` characters if it is longer."""
    return text if len(text) <= width else f"{text[: width - 3]}..."
