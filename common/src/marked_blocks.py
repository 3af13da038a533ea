"""Blocks of a text file between two marks: a program fills them, the rest is a person's.

In Markdown the marks are comments, each alone on its line:

    <!-- report:results -->
    what the program wrote
    <!-- /report:results -->

In YAML, such as a model card's front matter, they are `# report:results` and `# /report:results`.
Marks that stand in a code block (as CommonMark has it), or within a line of text, are text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from markdown_it import MarkdownIt

from .errors import UserError

_MARK = re.compile(r"\s*(?:<!-- (/?)report:([a-z0-9-]+) -->|# (/?)report:([a-z0-9-]+))\s*")
# What was meant for a mark, though it is none: refused, or its block would silently grow old.
_ALMOST = re.compile(r"\s*(?:<!--\s*/?\s*report\b.*|#\s?/?report:.*)")


@dataclass(frozen=True)
class Block:
    """A marked block. first, last: indices of the lines of its two marks."""

    name: str
    first: int
    last: int


def find(text: str, where: str, known: Collection[str]) -> list[Block]:
    """The marked blocks of a text, from the top.

    where: the file's name, for errors. known: the names that may be used. Raises UserError, with
    file and line, for a mark without its partner, one block inside another, the same block twice,
    an unknown name, a line that is nearly a mark, or a code block without an end that holds marks.
    """
    found: list[Block] = []
    opened: tuple[str, int] | None = None
    for number, closing, name in _marks(text, where):
        at = f"{where}, line {number + 1}"
        if name not in known:
            raise UserError(
                f"{at}: there is no block report:{name}. Known: {', '.join(sorted(known))}. "
                "Correct the name, or remove the block."
            )
        if closing:
            if opened is None or opened[0] != name:
                raise UserError(
                    f"{at}: the end of report:{name} has no beginning"
                    f"{f', as report:{opened[0]} is open there' if opened else ''}. "
                    "Restore the mark, or remove this one."
                )
            found.append(Block(name, opened[1], number))
            opened = None
        elif opened is not None:
            raise UserError(
                f"{at}: report:{name} begins inside report:{opened[0]} (line {opened[1] + 1}), "
                "which has no end before it. Put the end's mark back, or remove one of them."
            )
        elif any(block.name == name for block in found):
            raise UserError(
                f"{at}: report:{name} stands in this file a second time. Remove one of the two."
            )
        else:
            opened = (name, number)
    if opened is not None:
        raise UserError(
            f"{where}, line {opened[1] + 1}: report:{opened[0]} has no end. Put its end's mark "
            "back, or remove this one."
        )
    return found


def fill(text: str, blocks: Collection[Block], write: Callable[[str], str]) -> str:
    """The text with what `write(name)` gives between the marks of each block.

    All else, the marks included, stays as it is to the byte; what is written gets the line ends of
    the block's own mark.
    """
    lines = text.split("\n")
    for block in sorted(blocks, key=lambda each: -each.first):
        end = "\r" if lines[block.first].endswith("\r") else ""
        written = write(block.name).strip("\n").split("\n")
        lines[block.first + 1 : block.last] = [line + end for line in written]
    return "\n".join(lines)


def _marks(text: str, where: str) -> list[tuple[int, bool, str]]:
    """Line index, whether it ends a block, and name of each mark. Raises UserError."""
    found = []
    code = _code_lines(text, where)
    for number, line in enumerate(text.split("\n")):
        if number in code:
            continue
        if mark := _MARK.fullmatch(line):
            found.append((number, bool(mark[1] or mark[3]), mark[2] or mark[4]))
        elif _ALMOST.fullmatch(line):
            raise UserError(
                f"{where}, line {number + 1}: {line.strip()[:60]!r} is nearly the mark of a block. "
                "Write it as <!-- report:NAME --> or <!-- /report:NAME -->, alone on its line."
            )
    return found


def _code_lines(text: str, where: str) -> set[int]:
    """Indices of the lines in code blocks.

    A fence that is never closed runs to the end of its list or of the file. Raises UserError if it
    takes marks with it: they would no longer be filled, and nobody would know.
    """
    # A carriage return alone ends a line in CommonMark, but not here.
    source = text.replace("\r", " ") + "\n"
    lines, found = source.split("\n"), set[int]()
    for token in MarkdownIt("commonmark").parse(source):
        if token.map is None or token.type not in ("fence", "code_block"):
            continue
        first, end = token.map
        inside = range(first, end)
        found.update(inside)
        # All lines but the two fences are content; without an end, all but one.
        if token.type == "fence" and token.content.count("\n") > len(inside) - 2:
            marks = [each + 1 for each in inside if _MARK.fullmatch(lines[each])]
            if marks:
                raise UserError(
                    f"{where}, line {first + 1}: the code block that begins here has no end, so "
                    f"the mark in line {marks[0]} would be code. End it with {token.markup}."
                )
    return found
