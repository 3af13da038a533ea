"""Whether the classes are such that a model can be trained to tell them apart."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from .config import DataParams
from .errors import UserError
from .raw_pictures import RawPictures
from .split import TRAIN

MIN_PICTURES = 20
MIN_PER_CLASS = 5
MOST_CLASSES = 1000


def check_classes(raw: RawPictures, settings: DataParams, unreadable: int = 0) -> None:
    """Raises UserError if there are too few pictures, one class, or a class with hardly any.

    unreadable: how many there would be more if each could be read.
    """
    left = f" that can be read ({unreadable:,} cannot)" if unreadable else ""
    if len(raw.labels) < MIN_PICTURES:
        raise UserError(
            f"{raw.where}: {len(raw.labels)} pictures{left}, too few to train and test on. At "
            f"least {MIN_PICTURES} are needed; some hundreds are better."
        )
    counts = Counter(raw.labels)
    mend = _another_column(settings)
    if len(counts) == 1:
        raise UserError(
            f"{raw.where}: every picture has the class {next(iter(counts))!r}, so there is nothing "
            f"to tell apart. Add pictures of another class, or {mend}."
        )
    if len(counts) > MOST_CLASSES or len(counts) > len(raw.labels) / 2:
        raise UserError(
            f"{raw.where}: {len(counts):,} classes for {len(raw.labels):,} pictures, which is no "
            f"set of classes (at most {MOST_CLASSES:,}, of {MIN_PER_CLASS} pictures at least). "
            f"Add pictures, or {mend}."
        )
    _check_spelling(raw, counts)
    rare = [(name, count) for name, count in counts.items() if count < MIN_PER_CLASS]
    if rare:
        raise UserError(_rare(raw, rare, counts, left))
    _check_parts(raw, counts)


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Classes sorted: as numbers if all of them are, else by name."""
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))


def _another_column(settings: DataParams) -> str:
    """What else may be wrong if the classes are not what they should be."""
    if settings.source == "folder":
        return "set data.path to the folder that holds a folder for each class"
    return "set data.label to another column"


def _rare(
    raw: RawPictures, rare: Sequence[tuple[str, int]], counts: Mapping[str, int], left: str
) -> str:
    name, count = rare[0]
    known = [each for each in counts if counts[each] >= MIN_PER_CLASS]
    near = difflib.get_close_matches(name.lower(), [each.lower() for each in known], n=1)
    meant = next((each for each in known if near and each.lower() == near[0]), None)
    hint = f" Did you mean {meant}?" if meant else ""
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    others = f" ({len(rare) - 1:,} more classes like it.)" if len(rare) > 1 else ""
    return (
        f"{raw.place(raw.labels.index(name))}: the class {name!r} has only {pictures}{left}.{hint} "
        f"A class needs {MIN_PER_CLASS} at least: add some, or take these out.{others}"
    )


def _check_spelling(raw: RawPictures, counts: Counter[str]) -> None:
    """Raises UserError for two classes that a reader takes for one."""
    spelled: dict[str, str] = {}
    for name, count in counts.most_common():
        other = spelled.setdefault(_plain(name), name)
        if other != name:
            raise UserError(
                f"{raw.place(raw.labels.index(name))}: the class {name!r} ({count:,} pictures) is "
                f"{other!r} ({counts[other]:,} pictures) in another spelling. Write a class in one "
                "way, or they would be two."
            )


def _plain(name: str) -> str:
    """What two spellings of one name have in common."""
    letters = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(letters.replace("_", " ").replace("-", " ").split())


def _check_parts(raw: RawPictures, counts: Mapping[str, int]) -> None:
    """Raises UserError if a class is to be recognised that is not trained on."""
    trained = {label for label, part in zip(raw.labels, raw.parts, strict=True) if part == TRAIN}
    for name in counts:
        if name not in trained:
            raise UserError(
                f"{raw.place(raw.labels.index(name))}: the class {name!r} is not one of the "
                f"training pictures' ({', '.join(sorted(trained)[:10])}). Use the same classes in "
                "all parts."
            )
