"""Patterns of intents: compiled, and none that a message could keep busy for long.

Python's `re` tries one way through a pattern after the other. How many there are at most is counted
from the pattern's own tree: one with too many is refused, so that no message, however it is made,
holds the service up ("regular expression denial of service", CWE-1333).
"""

from __future__ import annotations

import importlib
import re
import unicodedata
import warnings
from collections.abc import Iterable
from itertools import combinations
from typing import Any

LONGEST_MESSAGE = 1000
"""Characters of a message."""
MOST_WAYS = 2_000
"""Ways through a pattern from one place of a message: a few hundredths of a second for all."""
BACK_REFERENCE = 20
"""Ways that a \\1 counts as: it compares as many letters as its group has taken."""

# The standard library's own parser: it has no public name since sre_parse is deprecated.
_parser: Any = importlib.import_module("re._parser")
_names: Any = importlib.import_module("re._constants")


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, for `search` in what `readable` gives. Raises ValueError: a plain sentence."""
    try:
        with warnings.catch_warnings():
            # Of what a later Python will read in another way.
            warnings.simplefilter("error", FutureWarning)
            found = re.compile(pattern, re.IGNORECASE)
            ways = _ways(_parser.parse(pattern, re.IGNORECASE))
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise ValueError(f"not a regular expression ({error}); mend it") from None
    if found.search(""):
        raise ValueError(
            "it fits an empty text too, so it would take every message; "
            "make a part of it necessary, or leave it to the fallback"
        )
    if ways > MOST_WAYS:
        raise ValueError(
            "a long message could keep it busy for too long; bound its repeats: .{0,30} in place "
            "of .*, \\w{1,30} in place of \\w+, and no repeat of a repeat"
        )
    return found


def readable(message: str) -> str:
    """The message as patterns see it: one kind of apostrophe, single blanks, plain letters."""
    text = unicodedata.normalize("NFKC", message[:LONGEST_MESSAGE])
    text = text.replace("\u2019", "'").replace("\u02bc", "'")
    return " ".join(text.split())[:LONGEST_MESSAGE]


def _ways(items: Iterable[Any]) -> int:
    """At most so many ways to match these one after the other, from one place."""
    found = 1
    for name, value in items:
        found = min(found * _ways_of(name, value), MOST_WAYS + 1)
    return found


def _ways_of(name: Any, value: Any) -> int:
    if name is _names.SUBPATTERN:
        return _ways(value[-1])
    if name is _names.GROUPREF:
        return BACK_REFERENCE
    if name is _names.BRANCH:
        return _ways_of_branches(value[1])
    if name in (_names.ASSERT, _names.ASSERT_NOT):
        return _ways(value[1])
    if name is _names.ATOMIC_GROUP:
        return _ways(value)
    if name is _names.GROUPREF_EXISTS:
        return _ways(value[1]) + _ways(value[2] or ())
    if name in (_names.MAX_REPEAT, _names.MIN_REPEAT, _names.POSSESSIVE_REPEAT):
        fewest, most, inner = value
        return _ways_of_repeat(int(fewest), int(most), _ways(inner))
    return 1


def _ways_of_branches(branches: list[Any]) -> int:
    ways = [_ways(branch) for branch in branches]
    first = [_first_letter(branch) for branch in branches]
    # Branches that begin with different letters exclude each other.
    apart = all(_differ(one, other) for one, other in combinations(first, 2))
    return max(ways) if apart else sum(ways)


def _differ(one: str | None, other: str | None) -> bool:
    """Whether no letter can be both: `re` knows of more pairs than the two cases of a letter."""
    if one is None or other is None:
        return False
    return re.fullmatch(re.escape(one), other, re.IGNORECASE) is None


def _first_letter(branch: Any) -> str | None:
    for name, value in branch:
        return chr(value) if name is _names.LITERAL else None
    return None


def _ways_of_repeat(fewest: int, most: int, inner: int) -> int:
    most = min(most, LONGEST_MESSAGE)
    if inner == 1:
        return most - min(fewest, most) + 1
    found, power = 0, inner ** min(fewest, 64)
    for _ in range(fewest, most + 1):
        found += power
        if found > MOST_WAYS:
            break
        power *= inner
    return found
