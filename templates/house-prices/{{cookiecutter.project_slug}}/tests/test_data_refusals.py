"""Tables that cannot be used: each is refused in one line that names row, column and file."""

import hashlib
from pathlib import Path

import pytest
from flats import flats, prepare_csv, refusal, settings, write

from {{ cookiecutter.package_name }} import data
from {{ cookiecutter.package_name }}.columns import canonical
from {{ cookiecutter.package_name }}.csv_table import read_table
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.validation import check

pytestmark = pytest.mark.usefixtures("folder")


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
