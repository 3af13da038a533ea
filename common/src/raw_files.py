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


def added_files(raw: Path) -> list[Path]:
    """The files with rows that came later, oldest first: their names are times."""
    return sorted(added_folder(raw).glob("*.csv"))


def added_sha256(raw: Path) -> dict[str, str]:
    """File with rows that came later -> its SHA-256, oldest first."""
    return {path.name: sha256_of(path) for path in added_files(raw)}


def add_file(raw: Path, rows: str) -> None:
    """Write one more file with rows; its name is the time, so that names sort in their order."""
    write_text(added_folder(raw) / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.csv", rows)


def combined_sha256(base: str, more: Iterable[str]) -> str:
    """One hash for the raw file's and those of further files; the raw file's if it is alone."""
    every = [base, *more]
    return base if len(every) == 1 else hashlib.sha256("\n".join(every).encode()).hexdigest()
