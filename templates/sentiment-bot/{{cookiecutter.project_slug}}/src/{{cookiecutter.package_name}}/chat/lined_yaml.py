"""A YAML file whose keys know their lines, so that an error can say where to look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import UserError

Location = tuple[str | int, ...]
"""Where something stands: the keys and the places in lists that lead to it."""


@dataclass(frozen=True)
class LinedYaml:
    """A file's content, in which every value is a text, a list or a mapping, with its lines."""

    path: Path
    tree: Any
    lines: dict[Location, int]

    def line(self, location: Location) -> int:
        """The line of what stands there, or of the nearest thing around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def refusal(self, location: Location, reason: str) -> UserError:
        """The error, in one line, that says what is wrong there."""
        return UserError(" ".join(f"{self.path}, line {self.line(location)}: {reason}".split()))


def read(path: Path) -> LinedYaml:
    """Read a file. Raises UserError if it is absent, is no YAML or has a key twice.

    Values stay the texts that were written: YAML would read an intent named `no` as false.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file. Run this in the project's folder, or say where it is."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}). Give a YAML text file.") from None
    found = LinedYaml(path, None, {})
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        tree = {} if node is None else _value(found, node, (), ())
    except RecursionError:
        raise UserError(f"{path}: lists or mappings too deep in each other. Mend it.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        message = f"{path}{where}: not valid YAML: {problem}. Mend that line."
        raise UserError(" ".join(message.split())) from None
    return LinedYaml(path, tree, found.lines)


def _value(
    source: LinedYaml, node: yaml.Node, location: Location, inside: tuple[yaml.Node, ...]
) -> Any:
    if node in inside:
        raise source.refusal(location, "an alias (*) inside of what it names. Write it out.")
    # The line of a key is set by the mapping that it stands in.
    source.lines.setdefault(location, node.start_mark.line + 1)
    inside = (*inside, node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(source, child, (*location, i), inside) for i, child in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Any] = {}
    for key, child in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise source.refusal(location, "a key that is not a text. Write `key: value`.")
        place = (*location, key.value)
        if key.value in found:
            line = key.start_mark.line + 1
            raise UserError(
                f"{source.path}, line {line}: {key.value} stands a second time, after line "
                f"{source.line(place)}. Put both into one, or rename one."
            )
        source.lines[place] = key.start_mark.line + 1
        found[key.value] = _value(source, child, place, inside)
    return found
