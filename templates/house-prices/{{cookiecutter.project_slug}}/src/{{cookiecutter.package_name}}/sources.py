"""Where the rows come from: the synthetic sample, OpenML, or a CSV file or URL of your own.

Every source ends as a CSV file on disk that is read by the same reader, so that one set of rules
covers all of them. What is downloaded is cached in data/raw with its SHA-256 beside it.
"""

import csv
import hashlib
import http.client
import io
import logging
import socket
import urllib.error
import urllib.parse
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .artifacts import atomic_path, sha256_of, write_text
from .config import DataParams
from .errors import UserError
from .sample import make_sample
from .schema import MISSING, parse_category

RAW = Path("data/raw")
AMES = 42165
TIMEOUT_S = 30.0  # for the connection and between two chunks, not for the whole download
SEPARATORS = ",;\t|"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RawTable:
    """A table as it was written, before any typing.

    frame: texts with blanks stripped, None for missing; the index is each row's line in the file.
    name: what reports call the data; where: what error messages call it.
    """

    frame: pd.DataFrame
    name: str
    where: str
    sha256: str
    synthetic: bool


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
    return RawTable(
        frame=read_table(content, where),
        name=name,
        where=where,
        sha256=digest,
        synthetic=params.source == "sample",
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
        _cached(path, lambda target: _download_openml(params.openml_id, target))
        number = f"OpenML {params.openml_id}"
        name = f"Ames house sales ({number})" if params.openml_id == AMES else number
        return path, f"{path} ({number})", name
    address = params.path or ""
    if _is_url(address):
        _cached(path, lambda target: _download(address, target))
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


# --- downloads ------------------------------------------------------------------------------------


def _cached(path: Path, download: Callable[[Path], None]) -> None:
    """Download once; afterwards only check that the cached file is still the one downloaded."""
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
                data_id=data_id, as_frame=True, cache=False, n_retries=1, delay=0.5
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


# --- CSV ------------------------------------------------------------------------------------------


def to_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV text, each value in the one spelling that `parse_category` gives."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    columns = [[parse_category(_plain(value)) for value in frame[name]] for name in frame.columns]
    # "NA" rather than nothing: a row of one empty column would be a blank line.
    writer.writerows(["NA" if v is None else v for v in row] for row in zip(*columns, strict=True))
    return out.getvalue()


def _plain(value: object) -> object:
    return None if value is pd.NA or value is pd.NaT else value


def read_table(content: bytes, where: str) -> pd.DataFrame:
    """CSV bytes as texts (None for missing), indexed by line; see RawTable.

    The separator is found from the header: comma, semicolon, tab or bar. UTF-8, with or without a
    byte-order mark. Raises UserError for a file that is not a table, with the row at fault.
    """
    text = _decode(content, where)
    lines = _records(text, where)
    first = next(lines, None)
    if first is None:
        raise UserError(f"{where}: the file is empty. It needs a header line and rows.")
    header = _header(first[1], where)
    numbers: list[int] = []
    rows: list[list[str]] = []
    for line, fields in lines:
        if len(fields) != len(header):
            raise UserError(
                f"{where}, row {line:,}: {len(fields)} fields, but the header has {len(header)}. "
                "Put texts that hold the separator in double quotes."
            )
        numbers.append(line)
        rows.append(fields)
    if not rows:
        raise UserError(f"{where}: a header but no rows. Add rows to train on.")
    columns = {
        name: [None if (text := value.strip()) in MISSING else text for value in column]
        for name, column in zip(header, zip(*rows, strict=True), strict=True)
    }
    return pd.DataFrame(columns, index=pd.Index(numbers), dtype=object)


def _decode(content: bytes, where: str) -> str:
    if content[:2] == b"PK" or b"\x00" in content[:4096]:
        raise UserError(
            f"{where}: not a text file. Save the table as CSV (UTF-8); Excel can: Save as."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{where}, row {line:,}: byte 0x{content[error.start]:02x} is not UTF-8. Save the file "
            "as UTF-8, or convert it: iconv -f latin1 -t utf-8 OLD > NEW."
        ) from None
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        raise UserError(f"{where}: a web page, not a CSV. Use the address of the file itself.")
    return text


def _records(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which the record starts, fields) for each record; blank lines are passed over."""
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    widths = {mark: len(next(csv.reader([first_line], delimiter=mark), [])) for mark in SEPARATORS}
    separator = max(SEPARATORS, key=widths.__getitem__)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(
                f"{where}, row {line:,}: not valid CSV ({error}). Check the quotes of that row."
            ) from None
        if any(field.strip() for field in fields) or len(fields) > 1:
            yield line, fields


def _header(fields: Sequence[str], where: str) -> list[str]:
    names = [field.strip() for field in fields]
    # pandas writes its index as a first column without a name.
    if names[0] == "" and "index" not in names:
        names[0] = "index"
    for position, name in enumerate(names, start=1):
        if not name:
            raise UserError(f"{where}, row 1: column {position} has no name. Give it one.")
        if names.index(name) != position - 1:
            raise UserError(
                f"{where}, row 1: two columns are called {name}. Rename or delete one of them."
            )
    return names
