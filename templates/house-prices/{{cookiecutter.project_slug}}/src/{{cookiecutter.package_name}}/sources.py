"""Where the rows come from: the synthetic sample, OpenML, or a CSV file or URL of your own.

Every source ends as a CSV file on disk that is read by the same reader, so that one set of rules
covers all of them. What is downloaded is cached in data/raw with its SHA-256 beside it. That file
is never edited: rows that came later lie in files of their own in a folder beside it.
"""

import hashlib
import http.client
import socket
import urllib.error
import urllib.parse
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from .artifacts import write_text
from .config import DataParams
from .csv_table import read_table, to_csv
from .errors import UserError
from .raw_files import RAW, added_files, added_folder, cached, combined_sha256
from .sample import make_sample

AMES = 42165
TIMEOUT_S = 30.0  # for the connection and between two chunks, not for the whole download


@dataclass(frozen=True)
class RawTable:
    """A table as it was written, before any typing.

    frame: texts with blanks stripped, None for missing; the index is each row's line in the file.
        Rows that were added later come last, and are counted on from the file's last line.
    name: what reports call the data; where: what error messages call it.
    sha256: of the file; with added rows, of all the files' hashes. added: number of such rows.
    lacking: columns that a file of added rows does not have.
    """

    frame: pd.DataFrame
    name: str
    where: str
    sha256: str
    synthetic: bool
    added: int = 0
    lacking: frozenset[str] = frozenset()


def load_raw(params: DataParams) -> RawTable:
    """The rows of the source that `params` names. Raises UserError if they cannot be had."""
    path, where, name = _fetch(params)
    content = _read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    if params.sha256 is not None and digest != params.sha256:
        raise UserError(
            f"{where}: its SHA-256 is {digest}, not the one in data.sha256. "
            "Restore the file, or set data.sha256 to the new value (or to null)."
        )
    raw = RawTable(
        frame=read_table(content, where),
        name=name,
        where=where,
        sha256=digest,
        synthetic=params.source == "sample",
    )
    return _with_added(raw, params)


def _with_added(raw: RawTable, params: DataParams) -> RawTable:
    path = raw_file(params)
    paths = added_files(path)
    if not paths:
        return raw
    contents = [_read_bytes(path) for path in paths]
    frames = [read_table(content, str(path)) for content, path in zip(contents, paths, strict=True)]
    added = pd.concat(frames).reindex(columns=raw.frame.columns)
    added = added.astype(object).where(added.notna(), None)
    added.index = pd.RangeIndex(len(added)) + int(raw.frame.index.max()) + 1
    return replace(
        raw,
        frame=pd.concat([raw.frame, added]),
        name=f"{raw.name}, {len(added):,} rows added",
        where=f"{raw.where} with {added_folder(path)}",
        sha256=combined_sha256(raw.sha256, (hashlib.sha256(c).hexdigest() for c in contents)),
        added=len(added),
        lacking=frozenset(
            str(name) for name in raw.frame.columns if any(name not in f.columns for f in frames)
        ),
    )


def raw_file(params: DataParams) -> Path:
    """The file on disk that holds, or will hold, the raw rows."""
    if params.source == "sample":
        return RAW / "synthetic-sample.csv"
    if params.source == "openml":
        return RAW / f"openml-{params.openml_id}.csv"
    path = params.path or ""
    if not _is_url(path):
        return Path(path)
    # The hash keeps apart two addresses that end in the same file name.
    stem = Path(urllib.parse.urlsplit(path).path).stem or "download"
    return RAW / f"{stem}-{hashlib.sha256(path.encode()).hexdigest()[:8]}.csv"


def _fetch(params: DataParams) -> tuple[Path, str, str]:
    """Make sure that the raw file is there. Returns (file, its name in messages, data set name)."""
    path = raw_file(params)
    if params.source == "sample":
        write_text(path, to_csv(make_sample(params.sample_rows, params.seed)))
        name = f"synthetic sample ({params.sample_rows:,} made-up houses, seed {params.seed})"
        return path, str(path), name
    if params.source == "openml":
        cached(path, lambda target: _download_openml(params.openml_id, target))
        number = f"OpenML {params.openml_id}"
        name = f"Ames house sales ({number})" if params.openml_id == AMES else number
        return path, f"{path} ({number})", name
    address = params.path or ""
    if _is_url(address):
        cached(path, lambda target: _download(address, target))
        return path, f"{path} ({address})", address
    if "://" in address:
        raise UserError(
            f"data.path = {address}: only http and https addresses can be read. "
            "Download the file and name it in data.path."
        )
    if not path.is_file():
        kind = "a folder, not a file" if path.is_dir() else "no such file"
        raise UserError(f"{path}: {kind}. Put your CSV there, or name another in data.path.")
    return path, str(path), path.name


def _is_url(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check its rights.") from None


def _download(url: str, target: Path) -> None:
    """Stream `url` into `target`. Raises UserError, also if the server stops half-way."""
    request = urllib.request.Request(url, headers={"User-Agent": "python-csv-download"})
    try:
        with (
            urllib.request.urlopen(request, timeout=TIMEOUT_S) as response,  # http(s) only
            target.open("wb") as file,
        ):
            expected = response.headers.get("Content-Length")
            while chunk := response.read(1 << 16):
                file.write(chunk)
            received = file.tell()
    except urllib.error.HTTPError as error:
        error.close()
        raise UserError(
            f"{url}: the server answered {error.code} {error.reason}. Check data.path."
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UserError(f"{url}: {_reason(error)}. Check the address and the network.") from None
    if expected is not None and received != int(expected):
        raise UserError(
            f"{url}: the download stopped after {received:,} of {int(expected):,} bytes. Try again."
        )


def _download_openml(data_id: int, target: Path) -> None:
    """Write an OpenML data set to `target` as CSV.

    scikit-learn's loader checks the MD5 that OpenML gives. Its answer is written in our own
    spelling of values, so that the file has the same SHA-256 whatever parser read it.
    """
    from sklearn.datasets import fetch_openml  # takes a second to import

    try:
        with _socket_timeout(TIMEOUT_S), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns before each of its retries
            bunch = fetch_openml(
                data_id=data_id,
                as_frame=True,
                # The pandas parser fails on nominal columns that read as numbers or booleans.
                parser="liac-arff",
                cache=False,
                n_retries=1,
                delay=0.5,
            )
    except (OSError, http.client.HTTPException) as error:
        raise UserError(
            f"OpenML data set {data_id}: {_reason(error)}. Check the network, or train on the "
            "embedded sample: --set data.source=sample."
        ) from None
    except ValueError as error:
        raise UserError(
            f"OpenML data set {data_id}: {_reason(error)}. Check data.openml_id."
        ) from None
    target.write_text(to_csv(bunch.frame), encoding="utf-8", newline="")


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """fetch_openml sets no timeout of its own: a silent server would hang it for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {TIMEOUT_S:.0f} seconds"
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return " ".join(str(text).split()).rstrip(".")
