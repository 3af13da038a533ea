"""Files that are downloaded once, and files with rows that came later."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.raw_files import (
    add_file,
    added_files,
    added_folder,
    added_sha256,
    cached,
    combined_sha256,
)


def test_a_file_is_downloaded_once_and_checked_ever_after(tmp_path: Path) -> None:
    path = tmp_path / "raw" / "rows.bin"
    downloads = []

    def download(target: Path) -> None:
        downloads.append(target)
        target.write_bytes(b"rows")

    cached(path, download)
    cached(path, download)
    assert len(downloads) == 1
    assert path.read_bytes() == b"rows"
    path.write_bytes(b"other rows")
    with pytest.raises(UserError, match="changed since it was downloaded"):
        cached(path, download)


def test_a_download_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def download(target: Path) -> None:
        target.write_bytes(b"half")
        raise UserError("the server stopped")

    with pytest.raises(UserError, match="stopped"):
        cached(tmp_path / "rows.bin", download)
    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_digest_is_lost_is_downloaded_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    path.write_bytes(b"from a run that was killed")

    def download(target: Path) -> None:
        target.write_bytes(b"rows")

    cached(path, download)
    assert path.read_bytes() == b"rows"


def test_added_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    raw = tmp_path / "rows.csv"
    folder = added_folder(raw)
    assert folder == tmp_path / "rows.added"
    assert added_files(raw) == []
    folder.mkdir()
    for name in ("2.csv", "1.csv", "note.txt"):
        (folder / name).write_text("")
    assert [path.name for path in added_files(raw)] == ["1.csv", "2.csv"]


def test_one_hash_stands_for_all_files_in_their_order() -> None:
    assert combined_sha256("a", []) == "a"
    hashes = {combined_sha256("a", ["b", "c"]), combined_sha256("a", ["c", "b"])}
    assert len(hashes) == 2
    assert all(len(each) == 64 for each in hashes)


def test_a_file_that_is_added_comes_last_and_is_known_by_its_hash(tmp_path: Path) -> None:
    raw = tmp_path / "rows.csv"
    assert added_sha256(raw) == {}
    add_file(raw, "size\n1\n")
    first = added_sha256(raw)
    add_file(raw, "size\n2\n")
    both = added_sha256(raw)
    assert [path.read_text() for path in added_files(raw)] == ["size\n1\n", "size\n2\n"]
    assert len(set(both.values())) == 2
    assert list(both.items())[:1] == list(first.items())
