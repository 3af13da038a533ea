"""Pictures in a folder for each class, as photos are mostly kept.

What is a picture is told by its content, later; here files are only found and counted.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import UserError
from .picture_files import PictureFiles
from .raw_pictures import RawPictures
from .split import PARTS, Part

PART_FOLDERS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
# What other programs leave beside pictures, and notes on them.
FOREIGN = frozenset(
    (".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".html")
).union((".htm", ".db", ".ini", ".log", ".lnk", ".url", ".py", ".ipynb", ".sha256", ".dvc"))
FOREIGN_NAMES = frozenset(("license", "readme", "makefile", "desktop.ini", "thumbs.db"))
FOREIGN_FOLDERS = frozenset(("__macosx", "@eadir", "__pycache__"))
MOST_NAMED = 5


@dataclass(frozen=True)
class Found:
    """The files of a folder: each with its part and its class.

    official: parts beside the one to train on. foreign: files that are no pictures by their names.
    outside: files that lie in no class's folder.
    """

    files: list[tuple[Part, str, Path]]
    official: frozenset[Part]
    foreign: int
    outside: list[Path]


def read_folder(folder: Path, test_folder: Path | None) -> RawPictures:
    """The pictures below a folder, and those held out, if they have one of their own.

    Raises UserError if there is no such folder, or none for each class.
    """
    found = find_files(folder)
    files, official, foreign, outside = found.files, found.official, found.foreign, found.outside
    base = folder
    if test_folder is not None:
        held_out = find_files(test_folder)
        if held_out.official:
            raise UserError(
                f"{test_folder} (data.test_path): has parts of its own "
                f"({', '.join(sorted(held_out.official))}). Name the folder of held-out pictures "
                "itself, with a folder for each class."
            )
        if "test" in official:
            raise UserError(
                f"{folder}: has a part test already, and data.test_path names another. Set "
                "data.test_path to null, or take the part out."
            )
        files = files + [("test", label, path) for _, label, path in held_out.files]
        official = official | {"test"}
        foreign += held_out.foreign
        outside = outside + held_out.outside
        base = Path(os.path.commonpath([folder.absolute(), test_folder.absolute()]))
    return RawPictures(
        pictures=PictureFiles(str(path) for _, _, path in files),
        labels=[label for _, label, _ in files],
        names=[_named(path, folder, base) for _, _, path in files],
        parts=np.array([PARTS.index(part) for part, _, _ in files], dtype=np.int8),
        official=official,
        classes=None,
        title=folder.absolute().name,
        where=str(folder),
        image=None,
        label="folder",
        sha256=None,
        foreign=foreign,
        outside=tuple(_named(path, folder, base) for path in outside),
    )


def find_files(folder: Path) -> Found:
    """Every file in the folders of the classes, in a fixed order. Raises UserError."""
    _check(folder)
    folders = _folders(folder)
    parts = _parts(folders)
    roots: list[tuple[Part, Path]] = [("train", folder)]
    if parts:
        roots = [(part, folder / name) for name, part in parts.items()]
    files: list[tuple[Part, str, Path]] = []
    outside: list[Path] = []
    foreign = sum(path.is_file() for path in _entries(folder)) if parts else 0
    for part, root in roots:
        found = files_of_classes(root)
        files += [(part, label, path) for label, path in found.files]
        foreign += found.foreign
        outside += found.outside
    if not files:
        raise UserError(_nothing(folder, folders, outside, foreign))
    official = frozenset(part for part in parts.values() if part != "train")
    return Found(files, official, foreign, outside)


@dataclass(frozen=True)
class OfClasses:
    """The files in the folders of one part: each with its class."""

    files: list[tuple[str, Path]]
    foreign: int
    outside: list[Path]


def files_of_classes(root: Path) -> OfClasses:
    """Every file below a folder whose folders are classes, in a fixed order."""
    loose = [path for path in _entries(root) if path.is_file()]
    inside = [(name, path) for name in _folders(root) for path in _walk(root / name, frozenset())]
    return OfClasses(
        files=[(name, path) for name, path in inside if not _is_foreign(path)],
        foreign=sum(map(_is_foreign, [*loose, *(path for _, path in inside)])),
        outside=[path for path in loose if not _is_foreign(path)],
    )


def listing(paths: list[Path]) -> list[str]:
    """Path, size and time of each file: equal listings are taken for equal files."""
    lines = []
    for path in paths:
        state = path.stat()
        lines.append(f"{path}\0{state.st_size}\0{state.st_mtime_ns}")
    return lines


def _check(folder: Path) -> None:
    if folder.is_dir():
        return
    if not folder.exists():
        raise UserError(
            f"{folder}: no such folder. Put one there with a folder of pictures for each class, or "
            "name another in data.path."
        )
    if zipfile.is_zipfile(folder) or tarfile.is_tarfile(folder):
        raise UserError(
            f"{folder}: an archive, not a folder. Unpack it, and name the folder that holds a "
            "folder for each class in data.path."
        )
    if folder.suffix.lower() == ".parquet":
        raise UserError(f"{folder}: a file, not a folder. Use --set data.source=parquet.")
    raise UserError(
        f"{folder}: a file, not a folder. Name a folder in data.path that holds a folder of "
        "pictures for each class."
    )


def _nothing(folder: Path, folders: list[str], outside: list[Path], foreign: int) -> str:
    """What to say of a folder without a picture in a class."""
    wanted = "Put the pictures of each class into a folder of its own, named after the class."
    if outside:
        return (
            f"{folder}: {len(outside):,} files, but no folder for a class, so their classes are "
            f"not known. {wanted}"
        )
    if not folders:
        beside = f" but {foreign:,} files that are no pictures" if foreign else ""
        return f"{folder}: holds nothing{beside}. {wanted}"
    named = ", ".join(folders[:MOST_NAMED]) + (", …" if len(folders) > MOST_NAMED else "")
    return f"{folder}: no picture in any of its folders ({named}). {wanted}"


def _parts(folders: list[str]) -> dict[str, Part]:
    """Folder -> part, if parts are all that there is, with one to train on."""
    if not folders or any(name.lower() not in PART_FOLDERS for name in folders):
        return {}
    parts = {name: PART_FOLDERS[name.lower()] for name in folders}
    return parts if "train" in parts.values() else {}


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder and is not hidden, in the order of the names."""
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be read ({error.strerror or error}). Check its rights."
        ) from None
    for path in found:
        if not path.name.isprintable():
            _check_name(path)
    return found


def _check_name(path: Path) -> None:
    """Raises UserError for bytes that are no text, as from an old archive: no table holds them."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        shown = path.name.encode("utf-8", "replace").decode()
        raise UserError(
            f"{path.parent / shown}: its name is not in UTF-8. Rename it (convmv renames many)."
        ) from None


def _folders(folder: Path) -> list[str]:
    """The names of a folder's folders."""
    return [
        path.name
        for path in _entries(folder)
        if path.is_dir() and path.name.lower() not in FOREIGN_FOLDERS
    ]


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Every file below a folder. A link that leads to a folder above itself is not followed."""
    real = folder.resolve()
    if real in above:
        return
    for path in _entries(folder):
        if path.is_dir():
            if path.name.lower() not in FOREIGN_FOLDERS:
                yield from _walk(path, above | {real})
        elif path.is_file():
            yield path


def _is_foreign(path: Path) -> bool:
    return path.suffix.lower() in FOREIGN or path.name.lower() in FOREIGN_NAMES


def _named(path: Path, folder: Path, base: Path) -> str:
    """A path relative to the folder, or, for held-out pictures elsewhere, to what both lie in."""
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.absolute().relative_to(base).as_posix()
