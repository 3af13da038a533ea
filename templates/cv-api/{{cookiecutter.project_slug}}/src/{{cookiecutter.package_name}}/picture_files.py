"""Pictures that stay on disk until they are looked at: of many photos, few are ever in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload

from .duplicates import content_hash
from .errors import UserError


class PictureFiles(Sequence[bytes]):
    """The contents of files, each read when it is asked for.

    hashes: what the files held when the data were prepared, see `content_hash`; None: not known.
    """

    def __init__(self, paths: Iterable[str], hashes: Iterable[int] | None = None) -> None:
        self.paths = tuple(paths)
        self._hashes = None if hashes is None else tuple(map(int, hashes))

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> PictureFiles: ...

    def __getitem__(self, index: int | slice) -> bytes | PictureFiles:
        """A file's content, or some of the files. Raises UserError if a file is gone or changed."""
        if isinstance(index, slice):
            return self.take(range(len(self))[index])
        path = Path(self.paths[index])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(
                f"{path}: cannot be read ({error.strerror or error}), though it was there when the "
                "data were prepared. Restore it, or run `data` again."
            ) from None
        if self._hashes is not None and content_hash(content) != self._hashes[index]:
            raise UserError(
                f"{path}: changed since the data were prepared. Run `data` again, then `train`."
            )
        return content

    def take(self, rows: Iterable[int]) -> PictureFiles:
        """The files at these positions."""
        chosen = list(rows)
        hashes = None if self._hashes is None else [self._hashes[row] for row in chosen]
        return PictureFiles([self.paths[row] for row in chosen], hashes)


def taken(pictures: Sequence[bytes], rows: Iterable[int]) -> Sequence[bytes]:
    """The pictures at these positions; files are not read for it."""
    if isinstance(pictures, PictureFiles):
        return pictures.take(rows)
    return [pictures[row] for row in rows]
