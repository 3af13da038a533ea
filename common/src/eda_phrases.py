"""Shares, counts and lists as the exploration writes them in a sentence."""

from collections.abc import Sequence


def percent(share: float) -> str:
    """A share of the whole: 14%, 3.2%, 99.6%."""
    # A tenth of a per cent matters near both ends: 99.6 % is not all of them.
    return f"{share:.0%}" if 0.1 <= share < 0.99 or share == 1 else f"{share:.1%}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """The first names in one phrase: "a, b and c", or "a, b, c, d and 3 more"."""
    rest = len(names) - most
    parts = [*names[:most], f"{rest} more"] if rest > 0 else list(names)
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def counted(number: int, noun: str) -> str:
    """1 row, 1,234 rows."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
