"""Python and the packages: what the project asks for, and what is installed."""

from __future__ import annotations

import platform
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from .errors import UserError

PROJECT = Path("pyproject.toml")
WANTED = ("train", "dev")  # extras that working on the project takes; the others are for a choice


def python() -> tuple[Literal["ok", "problem"], str]:
    """The interpreter's version against requires-python. Raises UserError, see `_project`."""
    found, wanted = platform.python_version(), _project().get("requires-python", "")
    if SpecifierSet(wanted).contains(found, prereleases=True):
        return "ok", f"{found} ({sys.executable})"
    return "problem", f"{found}, and the project needs {wanted}. Make the environment with one."


def environment() -> tuple[Literal["ok", "note"], str]:
    """Whether packages of other projects are kept apart."""
    if sys.prefix != sys.base_prefix:
        return "ok", sys.prefix
    return "note", "no virtual environment: other projects' packages are in it, too. make setup"


def installed() -> tuple[Literal["ok", "note", "problem"], str]:
    """The project's dependencies: missing ones, and those in another version than it needs."""
    try:
        project = _project()
    except UserError:
        return "note", f"not checked: {PROJECT} cannot be read, see Python"
    extras: Mapping[str, Sequence[str]] = project.get("optional-dependencies", {})
    missing, wrong = _faults(project.get("dependencies", []))
    lacking: dict[str, list[str]] = {}
    for extra, requirements in extras.items():
        absent, unfit = _faults(requirements)
        if absent:
            lacking[extra] = absent
        if extra in WANTED or not absent:
            wrong += unfit
    if missing or wrong:
        parts = [f"{name} is missing" for name in missing] + wrong
        return "problem", f"{_some(parts)}. Mend: pip install --upgrade --editable '.[train,dev]'"
    wanted = [extra for extra in WANTED if extra in lacking]
    if wanted:
        parts = [f"extra {extra} ({_some(lacking[extra])})" for extra in wanted]
        install = f"pip install --editable '.[{','.join(wanted)}]'"
        return (
            "note",
            f"not installed: {'; '.join(parts)}; serving does without. To install: {install}",
        )
    there = ", ".join(extra for extra in extras if extra not in lacking) or "none"
    return "ok", f"all in the versions that the project needs; extras: {there}"


def _faults(requirements: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of the packages that are missing, and texts on those in an unfit version."""
    missing, wrong = [], []
    for requirement in _applicable(requirements):
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} is {found}, not {requirement.specifier}")
    return missing, wrong


def _applicable(requirements: Sequence[str]) -> Iterator[Requirement]:
    """Those for this platform and Python."""
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def _some(parts: Sequence[str], most: int = 4) -> str:
    more = f" and {len(parts) - most} more" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more


def _project() -> dict[str, Any]:
    """The table `project` of pyproject.toml; empty where there is none, as in a container.

    Raises UserError for a damaged file.
    """
    if not PROJECT.is_file():
        return {}
    try:
        found: dict[str, Any] = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{PROJECT}: cannot be read ({error}). Mend or restore it.") from None
    project: dict[str, Any] = found.get("project", {})
    return project
