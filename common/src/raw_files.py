"""Files in data/raw: downloaded once, never edited, and known by their SHA-256."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from .artifacts import atomic_path, sha256_of, write_text
from .errors import UserError

RAW = Path("data/raw")

logger = logging.getLogger(__name__)


def cached(path: Path, download: Callable[[Path], None]) -> None:
    """Download once; afterwards only check that the cached file is still the one downloaded.

    download: writes to the path that it is given. Raises UserError if the file was changed.
    """
    digest_file = path.with_name(f"{path.name}.sha256")
    if path.is_file() and digest_file.is_file():
        if digest_file.read_text(encoding="utf-8").split()[:1] != [sha256_of(path)]:
            raise UserError(
                f"{path}: changed since it was downloaded (its SHA-256 is not the one in "
                f"{digest_file.name}). Delete both to download it again."
            )
        return
    logger.info("downloading %s", path)
    with atomic_path(path) as temporary:
        download(temporary)
        # The digest comes first: a run killed in between downloads again.
        write_text(digest_file, f"{sha256_of(temporary)}  {path.name}\n")


def added_folder(raw: Path) -> Path:
    """Where `retrain` puts the rows that came after the raw file."""
    return raw.with_name(f"{raw.stem}.added") if raw.name else raw


def added_files(raw: Path, pattern: str = "*.csv") -> list[Path]:
    """The files with rows that came later, oldest first: their names, or their folders', are times.

    pattern: what is found in the folder. What is hidden is not there yet, or no longer.
    """
    folder = added_folder(raw)
    found = folder.glob(pattern)
    return sorted(path for path in found if not is_hidden(path.relative_to(folder)))


def added_sha256(raw: Path, pattern: str = "*.csv") -> dict[str, str]:
    """File with rows that came later -> its SHA-256, oldest first."""
    folder = added_folder(raw)
    return {
        path.relative_to(folder).as_posix(): sha256_of(path) for path in added_files(raw, pattern)
    }


def is_hidden(path: Path) -> bool:
    """Whether a name on the way to a file begins with a dot."""
    return any(part.startswith(".") for part in path.parts)


def time_name() -> str:
    """A name for what is added now: such names sort in the order of their times."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"


def add_file(raw: Path, rows: str) -> None:
    """Write one more file with rows, named after the time."""
    write_text(added_folder(raw) / f"{time_name()}.csv", rows)


def combined_sha256(base: str, more: Iterable[str]) -> str:
    """One hash for the raw file's and those of further files; the raw file's if it is alone."""
    every = [base, *more]
    return base if len(every) == 1 else hashlib.sha256("\n".join(every).encode()).hexdigest()
