"""Which numbers of a document stand in reports/metrics.json, at the precision shown.

Written apart from what writes the documents, so that one's mistake is not the other's.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
BLOCK = re.compile(
    r"^(?:<!-- report:([a-z0-9-]+) -->\n(.*?)<!-- /report:\1 -->"
    r"|# report:([a-z0-9-]+)\n(.*?)# /report:\3)$",
    re.DOTALL | re.MULTILINE,
)
DAY = re.compile(r"\b([0-3]?\d) (" + "|".join(MONTHS) + r") (\d\d\d\d)\b")
# A diagram is made from rules that somebody wrote: its numbers are settings, not results.
DIAGRAM = re.compile(r"^```mermaid\n.*?^```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"(?:(?<![\w.,)])[+\u2212-])?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?(?: ?%)?")


def blocks(markdown: str) -> dict[str, str]:
    """What stands between the marks of each block, as a reader sees it, but for diagrams."""
    found = {}
    for block in BLOCK.finditer(markdown):
        text = DIAGRAM.sub("", block[2] or block[4])
        without_targets = re.sub(r"(?<!\\)\]\([^)]*\)", "]", text)
        found[block[1] or block[3]] = re.sub(r"\\([^\w\s])", r"\1", without_targets)
    return found


class _Seen(HTMLParser):
    """The text of a page and of its images; not its style."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("style", "script")
        self.parts += [" ", *(value or "" for name, value in attrs if name in ("alt", "title"))]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def text_of(page: str) -> str:
    """What a reader of an HTML page sees."""
    parser = _Seen()
    parser.feed(page)
    return "".join(parser.parts).replace("\u00a0", " ")


def numbers(text: str, metrics: dict[str, Any]) -> list[str]:
    """The numbers of a text, without those that are part of a name in metrics.json, or of a day."""
    return NUMBER.findall(DAY.sub(" ", _without_names(text, metrics)))


def strays(text: str, metrics: dict[str, Any]) -> list[str]:
    """The numbers and the days of a text that metrics.json does not hold."""
    leaves = list(_leaves(metrics))
    values = [each for each in leaves if isinstance(each, int | float)]
    values += [_as_number(each) for each in leaves if isinstance(each, str) and _is_number(each)]
    days = {_day(each) for each in leaves if isinstance(each, str)}
    named = _without_names(text, metrics)
    found = [
        match[0]
        for match in DAY.finditer(named)
        if date(int(match[3]), MONTHS.index(match[2]) + 1, int(match[1])) not in days
    ]
    shown = numbers(text, metrics)
    return found + [each for each in shown if not any(_shows(each, value) for value in values)]


def _shows(text: str, value: float) -> bool:
    """Whether a number as written is this value, rounded to the places that are written."""
    sign = {"+": 1, "-": -1, "\u2212": -1}.get(text[0])
    if sign is not None and value * sign <= 0:
        return False
    digits = text.lstrip("+-\u2212").replace(",", "")
    if digits.endswith("%"):
        # A share is a float: the percentage of a count would make nearly any number fit.
        return isinstance(value, float) and _rounds_to(digits.rstrip("% "), 100 * abs(value))
    mantissa, power, _ = digits.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    if power:
        # Fewer than three significant digits would fit too much.
        shown = float(f"{value:.{places}e}") if places > 1 else value
        return float(digits) == abs(shown)
    if float(digits) == 0 and places > 1:
        # 0.0 s is a short time; a figure that reads 0.0000 has lost all that it says.
        return value == 0
    if "." not in digits and isinstance(value, float) and abs(value) < 100:
        return int(digits) == abs(value)
    return _rounds_to(digits, abs(value))


def _rounds_to(digits: str, value: float) -> bool:
    places = len(digits.partition(".")[2])
    return digits == (repr(value) if places > 12 else f"{value:.{places}f}")


def _without_names(text: str, metrics: dict[str, Any]) -> str:
    """The text, on one line, without the names that hold digits: of columns, levels, versions."""
    text = " ".join(text.split())
    names = {
        " ".join(each.split())
        for each in [*_leaves(metrics), *_keys(metrics)]
        if isinstance(each, str) and re.search(r"\d", each) and not _is_number(each)
    }
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w%])", " ", text)
    return text


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    elif not isinstance(value, bool):
        yield value


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _keys(each)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?", text) is not None


def _as_number(text: str) -> float:
    return float(text) if "." in text else int(text)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
