"""Whether labelled rows are such that a model can be trained to tell their classes apart."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from .errors import UserError
from .split import TRAIN, Codes, Part

MIN_PER_CLASS = 5


@dataclass(frozen=True)
class Kind:
    """What the rows are, and how many of them it takes."""

    one: str
    """Such as "text"."""
    many: str
    fewest: int
    better: str
    """How many there should be, such as "some thousands"."""
    most_classes: int


@dataclass(frozen=True)
class Labelled:
    """Rows with their labels, and how messages speak of them."""

    kind: Kind
    labels: Sequence[str]
    parts: Codes
    """(n,) what the source has each row for, a position in PARTS."""
    official: Collection[Part]
    """The parts that the source has beside the training rows."""
    where: str
    place: Callable[[int], str]
    """Position of a row -> where it stands."""
    other_classes: str
    """What to do if the labels are not what they should be: "set data.label to another column"."""
    beside: str = ""
    """What is said behind a number of rows, if there would be more but for something."""


def check_classes(rows: Labelled) -> None:
    """Raises UserError if there are too few rows, one class only, or a class with hardly any."""
    kind, where = rows.kind, rows.where
    if len(rows.labels) < kind.fewest:
        raise UserError(
            f"{where}: {len(rows.labels)} {kind.many}{rows.beside}, too few to train and test on. "
            f"At least {kind.fewest} are needed; {kind.better} are better."
        )
    counts = Counter(rows.labels)
    if len(counts) == 1:
        raise UserError(
            f"{where}: every {kind.one} has the label {next(iter(counts))}, so there is nothing to "
            f"tell apart. Add {kind.many} of another class, or {rows.other_classes}."
        )
    if len(counts) > kind.most_classes or 2 * len(counts) > len(rows.labels):
        raise UserError(
            f"{where}: {len(counts):,} different labels of {len(rows.labels):,} {kind.many}, which "
            f"is no set of classes (at most {kind.most_classes:,}, of {MIN_PER_CLASS} {kind.many} "
            f"at least). Add {kind.many}, or {rows.other_classes}."
        )
    rare = [(name, count) for name, count in counts.items() if count < MIN_PER_CLASS]
    if rare:
        raise UserError(_rare(rows, rare, counts))
    _check_spelling(rows, counts)
    _check_parts(rows, counts)


def check_split(rows: Labelled, counts: Mapping[Part, Mapping[str, int]], test_size: float) -> None:
    """Raises UserError if nothing is left of a part, or of a class to train on.

    counts: part -> class -> rows, once duplicates are on one side.
    """
    one, many = rows.kind.one, rows.kind.many
    needed: list[Part] = ["train", "validation", "test"]
    if "test" not in rows.official and test_size == 0:
        needed.remove("test")
    for part in needed:
        if any(counts[part].values()):
            continue
        if part in rows.official:
            raise UserError(
                f"{rows.where}: no {one} is left for the part {part}: each repeats one of another "
                f"part. Use other {many} for it, or none, for a share drawn from the others."
            )
        raise UserError(
            f"{rows.where}: too few {many} that differ from one another: none can be drawn for the "
            f"part {part} (data.{part}_size). Add others; a repeat teaches and measures nothing."
        )
    for name, count in counts["train"].items():
        if count == 0:
            raise UserError(
                f"{rows.where}: no {one} of the class {name!r} is left to train on: each repeats "
                f"another one, or data.max_rows is too low. Set it higher, add {many} of this "
                "class, or take the class out."
            )


def _rare(rows: Labelled, rare: Sequence[tuple[str, int]], counts: Mapping[str, int]) -> str:
    name, count = rare[0]
    known = [each for each in counts if counts[each] >= MIN_PER_CLASS]
    near = difflib.get_close_matches(name.lower(), [each.lower() for each in known], n=1)
    meant = next((each for each in known if near and each.lower() == near[0]), None)
    hint = f" Did you mean {meant}?" if meant else ""
    many = rows.kind.many
    times = "stands nowhere else" if count == 1 else f"is that of only {count} {many}"
    others = f" ({len(rare) - 1:,} more classes like it.)" if len(rare) > 1 else ""
    return (
        f"{rows.place(rows.labels.index(name))}: the label {name!r} {times}{rows.beside}.{hint} A "
        f"class needs {MIN_PER_CLASS} {many} at least: correct the label, add {many}, or take the "
        f"class out.{others}"
    )


def _check_spelling(rows: Labelled, counts: Counter[str]) -> None:
    """Raises UserError for two labels that a reader takes for one."""
    many = rows.kind.many
    spelled: dict[str, str] = {}
    for name, count in counts.most_common():
        other = spelled.setdefault(_plain(name), name)
        if other != name:
            raise UserError(
                f"{rows.place(rows.labels.index(name))}: the label {name!r} ({count:,} {many}) is "
                f"{other!r} ({counts[other]:,} {many}) in another spelling. Write a class in one "
                "way, or they would be two."
            )


def _plain(name: str) -> str:
    """What two spellings of one name have in common."""
    letters = unicodedata.normalize("NFKC", name)
    seen = "".join(letter for letter in letters if unicodedata.category(letter) != "Cf")
    return " ".join(seen.casefold().split())


def _check_parts(rows: Labelled, counts: Mapping[str, int]) -> None:
    """Raises UserError if a class is to be recognised that is not trained on."""
    trained = {label for label, part in zip(rows.labels, rows.parts, strict=True) if part == TRAIN}
    for name in counts:
        if name not in trained:
            raise UserError(
                f"{rows.place(rows.labels.index(name))}: the label {name!r} is not one of the "
                f"training {rows.kind.many}' ({', '.join(sorted(trained)[:10])}). Use the same "
                "labels in all parts."
            )
