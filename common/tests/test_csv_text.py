"""CSV as bytes, as text and as records: what is read, and which row a fault is in."""

import pytest

from {{ cookiecutter.package_name }}.csv_text import decoded, read_records
from {{ cookiecutter.package_name }}.errors import UserError


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decoded("\ufeffGenève\n".encode(), "a.csv") == decoded("Genève\n".encode(), "a.csv")


def test_a_byte_that_is_not_utf8_is_named_with_its_row() -> None:
    with pytest.raises(UserError, match=r"^a\.csv, row 2: byte 0xe8 is not UTF-8\."):
        decoded(b"town\nGen\xe8ve\n", "a.csv")


def test_a_record_has_the_line_on_which_it_begins() -> None:
    text = 'a;b\n\n"one\ntwo";3\n;\n4;5'
    assert list(read_records(text, ";", "a.csv")) == [
        (1, ["a", "b"]),
        (3, ["one\ntwo", "3"]),
        (5, ["", ""]),
        (6, ["4", "5"]),
    ]


@pytest.mark.parametrize("broken", ['"x" y,b', '"x,b'])
def test_a_record_that_is_not_valid_is_named_with_its_row(broken: str) -> None:
    read = read_records(f"a,b\n1,2\n{broken}\n", ",", "a.csv")
    assert next(read) == (1, ["a", "b"])
    with pytest.raises(UserError, match=r"^a\.csv, row 3: not valid CSV \("):
        list(read)
