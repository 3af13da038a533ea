import hashlib
import json
import logging
import os
import socket
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from {{ cookiecutter.package_name }} import data, sources
from {{ cookiecutter.package_name }}.columns import canonical
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.csv_table import read_table
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.validation import check

AMES = os.environ.get("AMES_TRAIN_CSV")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**values: Any) -> Params:
    return Params(data=DataParams(**values))


def flats(rows: int = 60) -> list[list[str]]:
    """A table in nobody's columns: header and rows, each different."""
    towns = ["Ghent", "Bruges", "Ypres"]
    body = [
        [f"F{i}", str(40 + i), towns[i % 3], "true" if i % 2 else "false", str(100_000 + 997 * i)]
        for i in range(rows)
    ]
    return [["flat_id", "m2", "town", "lift", "price"], *body]


def write(rows: list[list[str]], separator: str = ",", encoding: str = "utf-8") -> str:
    path = Path("flats.csv")
    path.write_bytes("".join(separator.join(row) + "\n" for row in rows).encode(encoding))
    return str(path)


def prepare_csv(rows: list[list[str]], **values: Any) -> data.Dataset:
    return data.prepare(settings(source="csv", path=write(rows), target="price", **values))


def refusal(rows: list[list[str]], **values: Any) -> str:
    with pytest.raises(UserError) as caught:
        prepare_csv(rows, **values)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- the split ------------------------------------------------------------------------------------


def test_the_sample_is_split_once_and_read_back_typed() -> None:
    params = settings(sample_rows=300)
    dataset = data.prepare(params)
    train, test = data.load_train(params), data.load_test(params)
    assert (dataset.meta.train_rows, dataset.meta.test_rows) == (240, 60)
    assert len(train.frame) == len(train.target) == 240
    assert not set(train.lines) & set(test.lines)
    assert list(train.frame.columns) == list(train.schema.names) == list(test.frame.columns)
    assert (train.frame[list(train.schema.numbers)].dtypes == "float64").all()
    texts = train.frame[list(train.schema.categories)]
    assert (texts.dtypes == "object").all()
    assert {type(value) for value in texts.to_numpy().ravel()} == {str, type(None)}
    assert train.meta.synthetic
    assert "synthetic" in train.meta.name


def test_the_same_seed_gives_the_same_split_and_another_seed_another() -> None:
    first = data.load_train(settings(sample_rows=200, seed=1))
    prepared = prepare_csv(flats(), seed=1)
    again = prepare_csv(flats(), seed=1)
    other = prepare_csv(flats(), seed=2)
    assert len(first.frame) == 160
    assert prepared.files == again.files != other.files


def test_both_parts_have_cheap_and_dear_rows() -> None:
    params = settings(sample_rows=500)
    train, test = data.load_train(params), data.load_test(params)
    assert abs(np.log(train.target).mean() - np.log(test.target).mean()) < 0.05


def test_equal_rows_stay_on_one_side_and_are_counted() -> None:
    rows = flats(30)
    twins = [[f"T{i}", *row[1:]] for i, row in enumerate(rows[1:])]  # another identifier, same flat
    dataset = prepare_csv(rows + twins)
    assert dataset.meta.duplicates == 30
    params = settings(source="csv", path="flats.csv", target="price")
    train, test = data.load_train(params), data.load_test(params)
    assert not set(train.target) & set(test.target)
    assert len(np.unique(train.duplicate_groups())) == len(train.frame) / 2


def test_without_a_held_out_share_there_is_no_test_file() -> None:
    prepare_csv(flats())
    assert Path("data/processed/test.parquet").exists()
    dataset = prepare_csv(flats(), test_size=0)
    assert dataset.meta.test_rows == 0
    assert not Path("data/processed/test.parquet").exists()
    with pytest.raises(UserError, match="test_size is 0"):
        data.load_test(settings(source="csv", path="flats.csv", target="price", test_size=0))


def test_training_never_opens_the_held_out_rows() -> None:
    params = settings(sample_rows=100)
    data.prepare(params)
    Path("data/processed/test.parquet").write_bytes(b"not to be read")
    assert len(data.load_train(params).frame) == 80
    with pytest.raises(UserError, match="changed since it was written"):
        data.load_test(params)


def test_changed_settings_prepare_the_data_again_and_say_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    data.prepare(settings(sample_rows=100))
    with caplog.at_level(logging.WARNING):
        train = data.load_train(settings(sample_rows=100, seed=7))
    assert train.meta.seed == 7
    assert "data.seed: 42 -> 7" in caplog.text


def test_a_changed_file_prepares_the_data_again() -> None:
    prepare_csv(flats(40))
    write(flats(50))
    assert data.load_train(settings(source="csv", path="flats.csv", target="price")).meta.rows == 50


def test_held_out_rows_of_other_settings_are_refused_rather_than_drawn_again() -> None:
    with pytest.raises(UserError, match="Run `data`"):
        data.load_test(settings(sample_rows=100))
    data.prepare(settings(sample_rows=100))
    with pytest.raises(UserError, match="settings changed"):
        data.load_test(settings(sample_rows=100, seed=7))


def test_a_failed_preparation_leaves_the_old_data() -> None:
    before = prepare_csv(flats())
    refusal([*flats(), ["X", "1", "Ghent", "true", ""]])
    assert json.loads(data.DATASET.read_text())["files"] == before.files


# --- typing the columns ---------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_in_its_own_columns_needs_only_the_target(separator: str, encoding: str) -> None:
    path = write(flats(), separator, encoding)
    dataset = data.prepare(settings(source="csv", path=path, target="price"))
    schema = dataset.table
    assert schema.identifier == "flat_id"
    assert schema.numbers == ("m2",)
    assert schema.categories == ("town", "lift")
    assert set(schema.column("lift").categories) == {"True", "False"}
    assert not dataset.meta.synthetic
    assert dataset.meta.name == "flats.csv"


def test_columns_that_say_nothing_are_left_out_with_the_reason() -> None:
    rows = flats()
    extra = {
        "country": lambda i: "BE",
        "empty": lambda i: "NA",
        "sold": lambda i: f"2010-05-{1 + i % 28:02}",
        "note": lambda i: f"flat number {i}",
        "rent": lambda i: f"{500 + i},5",
        "tax": lambda i: str(i),
    }
    table = [rows[0] + list(extra)]
    table += [row + [make(i) for make in extra.values()] for i, row in enumerate(rows[1:])]
    path = write(table, ";")
    params = settings(source="csv", path=path, target="price", ignore=("tax",))
    ignored = data.prepare(params).table.ignored
    assert list(ignored) == list(extra)
    assert "the same in every training row: BE" in ignored["country"]
    assert "no value" in ignored["empty"]
    assert "dates such as 2010-05-" in ignored["sold"]
    assert "differs in most rows" in ignored["note"]
    assert "decimal comma" in ignored["rent"]
    assert ignored["tax"] == "named in data.ignore"


def test_numbers_that_are_names_can_be_made_a_category() -> None:
    rows = flats()
    table = [[*rows[0], "postcode"]] + [[*row, f"{9000 + i % 4}"] for i, row in enumerate(rows[1:])]
    assert "postcode" in prepare_csv(table).table.numbers
    assert "postcode" in prepare_csv(table, categories=("postcode",)).table.categories


def test_the_schema_is_made_from_training_rows_alone() -> None:
    dataset = prepare_csv(flats())
    train = data.load_train(settings(source="csv", path="flats.csv", target="price"))
    assert dataset.table.column("m2").maximum == train.frame["m2"].max()


def test_an_index_column_without_a_name_is_the_identifier() -> None:
    rows = flats()
    table = [["", *rows[0][1:]]] + [[str(i), *row[1:]] for i, row in enumerate(rows[1:])]
    assert prepare_csv(table).table.identifier == "index"


@pytest.mark.skipif(AMES is None, reason="AMES_TRAIN_CSV does not name Kaggle's train.csv")
def test_the_real_ames_table_is_read_as_it_is_documented() -> None:
    params = settings(source="csv", path=AMES, test_size=0)
    train = data.load_train(params)
    assert (len(train.frame), len(train.schema.columns)) == (1460, 79)
    assert train.schema.identifier == "Id"
    assert train.schema.column("PoolQC").missing == pytest.approx(1453 / 1460)
    assert "None" in train.schema.column("MasVnrType").categories


# --- refusals -------------------------------------------------------------------------------------


def test_a_row_without_a_target_is_named_by_its_line() -> None:
    rows = flats()
    rows[13][4] = ""
    message = refusal(rows)
    assert "flats.csv, row 14: price is empty" in message
    rows[13][4] = "$1,5".replace(",", ".")
    assert "flats.csv, row 14: price is '$1.5', not a number" in refusal(rows)
    rows[13][4] = "inf"
    rows[20][4] = "soon"
    assert "row 14" in refusal(rows)
    assert "(1 more like it.)" in refusal(rows)


def test_a_stray_text_among_numbers_is_named_by_its_line() -> None:
    rows = flats()
    rows[30][1] = "sixty"
    assert "row 31: m2 is 'sixty', but 59 of its 60 values are numbers" in refusal(rows)
    assert "m2" in prepare_csv(rows, ignore=("m2",)).table.ignored


def test_a_name_that_no_request_could_have_is_refused() -> None:
    rows = flats()
    rows[0][1] = "size\\m2"
    assert "the column 'size\\\\m2' has a quotation mark, a backslash" in refusal(rows)
    assert "size\\m2" in prepare_csv(rows, ignore=("size\\m2",)).table.ignored


def test_a_missing_target_column_suggests_the_nearest_name() -> None:
    path = write(flats())
    with pytest.raises(UserError, match=r"no column Price .*Did you mean price\?.*flat_id, m2"):
        data.prepare(settings(source="csv", path=path, target="Price"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a,price\n", "a header but no rows"),
        (b"a,price\n1,2\n", "1 row, too few"),
        (b"a,a,price\n1,1,2\n", "two columns are called a"),
        (b"a,,price\n1,1,2\n", "column 2 has no name"),
        (b"a,price\n1,2\n1,2,3\n", "row 3: 3 fields, but the header has 2"),
        (b'a,price\n"1,2\n', "row 2: not valid CSV"),
        (b"a,price\nGen\xe8ve,2\n", "row 2: byte 0xe8 is not UTF-8"),
        (b"PK\x03\x04\x00", "not a text file"),
        (b"<!DOCTYPE html><html>", "a web page, not a CSV"),
        (b"price\n" + b"".join(b"%d\n" % i for i in range(30)), "no column to predict price from"),
        (b"a,price\n" + b"".join(b"%d,5\n" % i for i in range(30)), "price is 5 in every row"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(content: bytes, message: str) -> None:
    Path("bad.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"bad\.csv") as caught:
        data.prepare(settings(source="csv", path="bad.csv", target="price"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_line_numbers_count_the_lines_of_quoted_texts() -> None:
    rows = flats()
    rows[2][2] = '"two\nlines"'
    rows[5][4] = "x"
    assert "row 7: price" in refusal(rows)


@pytest.mark.parametrize("path", ["nowhere.csv", ".", "s3://bucket/flats.csv"])
def test_a_file_that_cannot_be_had_is_refused(path: str) -> None:
    with pytest.raises(UserError, match=r"no such file|a folder|only http"):
        data.prepare(settings(source="csv", path=path, target="price"))


def test_data_with_another_checksum_than_the_pinned_one_are_refused() -> None:
    path = write(flats())
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    data.prepare(settings(source="csv", path=path, target="price", sha256=digest))
    with pytest.raises(UserError, match=f"SHA-256 is {digest}"):
        data.prepare(settings(source="csv", path=path, target="price", sha256="0" * 64))


def test_check_names_the_row_and_column_that_do_not_fit_a_schema() -> None:
    schema = prepare_csv(flats()).table
    frame = read_table(b"m2,town,lift\n50,Ghent,true\nbig,Ghent,true\n", "new.csv")
    with pytest.raises(UserError, match=r"new.csv, row 3: m2 is 'big', not a number"):
        check(frame, schema, "new.csv")
    with pytest.raises(UserError, match="no column town"):
        check(frame.drop(columns="town"), schema, "new.csv")
    check(frame.iloc[:1], schema, "new.csv")
    assert canonical(frame.iloc[:1], schema).iloc[0].to_dict() == {
        "m2": 50.0,
        "town": "Ghent",
        "lift": "True",
    }


# --- downloads ------------------------------------------------------------------------------------


class Stub(BaseHTTPRequestHandler):
    """Answers with `pages[path]`: bytes, or a status code; counts the requests."""

    pages: dict[str, bytes | int]
    requests: list[str]
    cut = False

    def do_GET(self) -> None:
        self.requests.append(self.path)
        page = self.pages.get(self.path, 404)
        if isinstance(page, int):
            self.send_error(page)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page[: len(page) // 2] if self.cut else page)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Stub]]]:
    handler = type("Handler", (Stub,), {"pages": {}, "requests": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}", handler
        http.shutdown()
        thread.join()


def as_csv(rows: list[list[str]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in rows).encode()


def test_a_url_is_downloaded_once_and_checked_ever_after(server: tuple[str, type[Stub]]) -> None:
    address, handler = server
    handler.pages["/flats.csv?v=1"] = as_csv(flats())
    params = settings(source="csv", path=f"{address}/flats.csv?v=1", target="price")
    first, second = data.prepare(params), data.prepare(params)
    assert first.files == second.files
    assert handler.requests == ["/flats.csv?v=1"]
    cached = sources.raw_file(params.data)
    assert cached.with_name(f"{cached.name}.sha256").read_text().split()[0] == first.meta.sha256
    cached.write_bytes(cached.read_bytes() + b"X,1,Ghent,true,5\n")
    with pytest.raises(UserError, match="changed since it was downloaded"):
        data.prepare(params)


@pytest.mark.parametrize("fault", ["status", "cut", "refused"])
def test_a_failed_download_is_one_line_and_leaves_nothing_behind(
    server: tuple[str, type[Stub]], fault: str
) -> None:
    address, handler = server
    handler.pages["/flats.csv"] = 503 if fault == "status" else as_csv(flats())
    handler.cut = fault == "cut"
    if fault == "refused":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(UserError, match=r"answered 503|stopped after|refused") as caught:
        data.prepare(settings(source="csv", path=f"{address}/flats.csv", target="price"))
    assert "\n" not in str(caught.value)
    assert list(Path("data/raw").iterdir()) == []


def openml_pages(rows: list[list[str]]) -> dict[str, bytes | int]:
    """What OpenML's API answers for data set 42165, with other rows."""
    kinds = ["string", "numeric", "nominal", "nominal", "numeric"]
    features = [
        {
            "index": str(i),
            "name": name,
            "data_type": kind,
            "is_target": "true" if name == "price" else "false",
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }
        for i, (name, kind) in enumerate(zip(rows[0], kinds, strict=True))
    ]
    types = ["STRING", "REAL", "{Ghent,Bruges,Ypres}", "{true,false}", "REAL"]
    declared = "".join(f"@ATTRIBUTE {n} {t}\n" for n, t in zip(rows[0], types, strict=True))
    arff = f"@RELATION flats\n{declared}@DATA\n".encode() + as_csv(rows[1:])
    description = {
        "id": "42165",
        "name": "house_prices",
        "version": "1",
        "description": "a stub",
        "format": "ARFF",
        "status": "active",
        "url": "https://www.openml.org/data/v1/download/1/flats.arff",
        "file_id": "1",
        "md5_checksum": hashlib.md5(arff, usedforsecurity=False).hexdigest(),
    }
    quality = [{"name": "NumberOfInstances", "value": str(len(rows) - 1)}]
    api = "/api/v1/json/data"
    return {
        f"{api}/42165": json.dumps({"data_set_description": description}).encode(),
        f"{api}/features/42165": json.dumps({"data_features": {"feature": features}}).encode(),
        f"{api}/qualities/42165": json.dumps({"data_qualities": {"quality": quality}}).encode(),
        "/data/v1/download/1/flats.arff": arff,
    }


@pytest.fixture
def openml(server: tuple[str, type[Stub]], monkeypatch: pytest.MonkeyPatch) -> type[Stub]:
    """scikit-learn's own OpenML loader, led to the stub instead of www.openml.org."""
    address, handler = server

    def urlopen(request: urllib.request.Request) -> Any:
        url = request.full_url.replace("https://www.openml.org", address)
        return urllib.request.urlopen(urllib.request.Request(url, headers=request.headers))

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", urlopen)
    return handler


def test_openml_is_downloaded_once_and_read_like_any_csv(openml: type[Stub]) -> None:
    rows = flats()
    rows[4][2] = "?"
    openml.pages.update(openml_pages(rows))
    params = settings(source="openml", target="price")
    dataset = data.prepare(params)
    asked = len(openml.requests)
    assert data.prepare(params).files == dataset.files
    assert len(openml.requests) == asked
    assert dataset.meta.rows == 60
    assert dataset.missing == {"town": 1}
    assert dataset.table.categories == ("town", "lift")
    assert "OpenML 42165" in dataset.meta.name
    assert not dataset.meta.synthetic
    cached = Path("data/raw/openml-42165.csv")
    assert cached.read_text().splitlines()[1] == "F0,40,Ghent,False,100000"
    assert Path("data/raw/openml-42165.csv.sha256").is_file()


@pytest.mark.parametrize("fault", ["status", "unknown", "garbled"])
def test_openml_out_of_reach_is_one_line_and_leaves_nothing_behind(
    openml: type[Stub], fault: str
) -> None:
    openml.pages.update(openml_pages(flats()))
    if fault == "status":
        openml.pages["/api/v1/json/data/42165"] = 503
    elif fault == "unknown":
        openml.pages["/api/v1/json/data/42165"] = 412
    else:
        openml.pages["/data/v1/download/1/flats.arff"] = b"not what the checksum says"
    with pytest.raises(UserError, match="OpenML data set 42165") as caught:
        data.prepare(settings(source="openml", target="price"))
    assert "\n" not in str(caught.value)
    assert list(Path("data/raw").iterdir()) == []


# --- what the command shows -----------------------------------------------------------------------


def test_the_summary_names_source_split_and_what_is_missing() -> None:
    dataset = data.prepare(settings(sample_rows=300))
    out = StringIO()
    data.show(dataset, Console(file=out, width=100))
    text = out.getvalue()
    assert "synthetic sample" in text
    assert "240 to train on, 60 held out (seed 42)" in text
    assert f"{sum(dataset.missing.values()):,} in {len(dataset.missing)} columns" in text
    assert "PoolQC" in text
    assert text.count("%") == min(15, len(dataset.missing))


def test_missing_values_are_counted_in_all_rows() -> None:
    dataset = data.prepare(settings(sample_rows=300))
    raw = pd.read_csv("data/raw/synthetic-sample.csv", keep_default_na=False, na_values=["NA"])
    counts = raw.isna().sum()
    assert dataset.missing == counts[counts > 0].to_dict()
