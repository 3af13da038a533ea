"""Figures and texts as the documents write them, in Markdown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

MINUS = "\u2212"
_SPECIAL = re.compile(r"[\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def escape(text: object) -> str:
    """Markdown that shows a text as it is, on one line; also inside a table."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(str(text).split()))


def number(value: float, digits: int = 4, sign: bool = False, like: float | None = None) -> str:
    """1,234 from a hundred on, `digits` decimals below, and what is small as 0.00123 or 1.23e-6.

    Below 0.01 three significant digits are kept, or the errors of a small target would read 0.0000.
    like: a figure that this one stands beside, such as the one that it is a difference of; it then
    has as many decimals, unless that makes it nought.
    """
    size = abs(value)
    scale = size if like is None or _rounds_to_nought(size, like, digits) else abs(like)
    if scale >= 100:
        text = f"{size:,.0f}"
    elif scale >= 0.01 or size == 0:
        text = f"{size:.{digits}f}"
    elif size >= 0.0001:
        # 0.00999 has its first digit at the third place.
        text = f"{size:.{2 - math.floor(math.log10(size))}f}"
    else:
        mantissa, exponent = f"{size:.2e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return _signed(text, value, sign)


def _rounds_to_nought(size: float, like: float, digits: int) -> bool:
    return abs(like) < 0.01 or size < 0.5 * 10.0 ** -(0 if abs(like) >= 100 else digits)


def percent(value: float, digits: int = 1, sign: bool = False) -> str:
    """0.142 as 14.2 %."""
    return _signed(f"{100 * abs(value):.{digits}f} %", value, sign)


def day(iso: str) -> str:
    """The day of an ISO 8601 time: 21 November 2026."""
    found = datetime.fromisoformat(iso)
    return f"{found.day} {found:%B} {found.year}"


def times(count: int) -> str:
    """How often: once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def bullets(lines: Iterable[str]) -> str:
    """A list, one item per line."""
    return "\n".join(f"- {line}" for line in lines)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table; cells are Markdown already. All but the first `left` columns are right-aligned."""
    rule = ["---" if position < left else "---:" for position in range(len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def _signed(text: str, value: float, sign: bool) -> str:
    # What rounds to nothing has no sign.
    if not re.search(r"[1-9]", text):
        return text
    return f"{MINUS if value < 0 else '+' if sign else ''}{text}"
