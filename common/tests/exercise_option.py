"""`pytest --exercise 3`: the tests of one exercise of docs/guide.md; `--exercise all`: of all.

Without the option they are skipped, since they fail until the exercise is done. With it, nothing
else runs. The number of an exercise is that in its file's name: exercises/test_exercise_03_*.py.
"""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "exercises"
NUMBER = re.compile(r"test_exercise_(\d+)_\w+\.py")
ALL = "all"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--exercise",
        action="append",
        default=[],
        metavar="N",
        help="check exercise N of docs/guide.md; repeatable; all: every exercise",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a number that no exercise has, before anything runs."""
    known = sorted({number for path in FOLDER.glob("*.py") if (number := number_of(path))})
    for wanted in config.getoption("exercise"):
        if wanted != ALL and not (wanted.isdigit() and int(wanted) in known):
            raise pytest.UsageError(
                f"--exercise {wanted}: there is no such exercise. "
                f"Use one of {', '.join(map(str, known))} or {ALL}."
            )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With the option, leave out every file but the exercise's own."""
    wanted = config.getoption("exercise")
    if not wanted or collection_path.is_dir():
        return None
    number = number_of(collection_path)
    return None if number and (ALL in wanted or number in map(int, wanted)) else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the option, skip the exercises."""
    if config.getoption("exercise"):
        return
    for item in items:
        if number := number_of(item.path):
            item.add_marker(
                pytest.mark.skip(reason=f"an exercise; when done: pytest --exercise {number}")
            )


def number_of(path: Path) -> int | None:
    """The exercise that the file tests; None if it is a test of the project itself."""
    found = NUMBER.fullmatch(path.name)
    return int(found.group(1)) if found and path.parent.name == FOLDER.name else None
