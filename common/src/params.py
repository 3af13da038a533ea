"""Typed settings: a YAML file, overridden by `--set section.key=value`, checked by pydantic."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import UserError


class Section(BaseModel):
    """A group of settings: immutable, and an unknown key is an error rather than ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Settings = TypeVar("Settings", bound=Section)


def load_params(model: type[Settings], path: Path, overrides: Sequence[str] = ()) -> Settings:
    """Settings from the YAML file at `path`, with `overrides` such as `train.folds=10` on top.

    An override's value is read as YAML, so that `true`, `3` and `[a, b]` keep their types; where a
    text is wanted, it is taken as it was written, so that a column may be named `yes` or `2024`.
    Raises UserError, in one line that names the file or the override, the key and the mend.
    """
    tree = _read_yaml(path)
    origin: dict[tuple[str, ...], str] = {}
    for override in overrides:
        keys, value = _parse_override(override)
        _assign(tree, keys, value, override)
        origin[keys] = override
    while True:
        try:
            return model.model_validate(tree)
        except ValidationError as error:
            if not _take_texts(tree, path, origin, error):
                raise UserError(_one_line(model, path, origin, error)) from None


def _take_texts(
    tree: dict[str, Any],
    path: Path,
    origin: Mapping[tuple[str, ...], str],
    error: ValidationError,
) -> bool:
    """Put what was written where a text is wanted and YAML has read something else into it.

    Returns whether there was any such place.
    """
    found = False
    for each in error.errors(include_url=False):
        keys, value = each["loc"], each["input"]
        if each["type"] != "string_type" or not isinstance(value, (bool, int, float, date)):
            continue
        held = next((held for held in origin if keys[: len(held)] == held), ())
        source = origin[held].partition("=")[2] if held else path.read_text(encoding="utf-8")
        # This loader reads every value as a text.
        text = _at(yaml.load(source, Loader=yaml.BaseLoader), keys[len(held) :])
        if isinstance(text, str) and _at(tree, keys) == value:
            _at(tree, keys[:-1])[keys[-1]] = text
            found = True
    return found


def _at(tree: Any, keys: Sequence[str | int]) -> Any:
    """What stands there in a tree of mappings and lists; None if nothing does."""
    for key in keys:
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file. Run this in the project's folder, or name a file with --params."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path}: cannot be read ({error}). Name a YAML text file with --params."
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it does not parse"
        raise UserError(
            f"{path}{where}: not valid YAML: {problem}. Mend that line, or restore the file."
        ) from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise UserError(
            f"{path}: holds a {type(tree).__name__}, not sections. Write it as `section:` and keys."
        )
    return tree


def _parse_override(override: str) -> tuple[tuple[str, ...], Any]:
    name, separator, text = override.partition("=")
    keys = tuple(name.strip().split("."))
    if not separator or len(keys) < 2 or not all(keys):
        raise UserError(
            f"--set {override}: not of the form section.key=value. For example: --set data.seed=7."
        )
    try:
        return keys, yaml.safe_load(text)
    except yaml.YAMLError:
        return keys, text


def _assign(tree: dict[str, Any], keys: tuple[str, ...], value: Any, override: str) -> None:
    node = tree
    for depth, key in enumerate(keys[:-1], start=1):
        child = node.get(key)
        if child is None:
            child = node[key] = {}
        if not isinstance(child, dict):
            raise UserError(
                f"--set {override}: {'.'.join(keys[:depth])} is a value, not a section. "
                "Set it directly."
            )
        node = child
    node[keys[-1]] = value


def _one_line(
    model: type[BaseModel],
    path: Path,
    origin: Mapping[tuple[str, ...], str],
    error: ValidationError,
) -> str:
    first = error.errors(include_url=False)[0]
    keys = tuple(str(part) for part in first["loc"])
    where = next(
        (f"--set {text}" for held, text in origin.items() if keys[: len(held)] == held), str(path)
    )
    name = ".".join(keys)
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, keys[:-1])
        close = difflib.get_close_matches(keys[-1], known, n=1)
        hint = (
            f"Did you mean {'.'.join([*keys[:-1], close[0]])}?"
            if close
            else f"Known: {', '.join(known)}."
        )
        return f"{where}: {name} is not a setting. {hint}"
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    more = f" ({error.error_count() - 1} more like it.)" if error.error_count() > 1 else ""
    # In one line, whatever a validator's message held.
    return " ".join(f"{where}: {name} = {_shown(first['input'])}: {reason}.{more}".split())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _known_keys(model: type[BaseModel], path: Iterable[str]) -> list[str]:
    for key in path:
        field = model.model_fields.get(key)
        if field is None or not isinstance(field.annotation, type):
            return []
        if not issubclass(field.annotation, BaseModel):
            return []
        model = field.annotation
    return sorted(model.model_fields)
