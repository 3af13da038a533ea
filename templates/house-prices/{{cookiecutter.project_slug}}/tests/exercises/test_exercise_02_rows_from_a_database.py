"""Exercise 2: a fourth source of rows, a table in an SQLite database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.csv_table import to_csv
from {{ cookiecutter.package_name }}.data import load_train, prepare
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.sample import make_sample


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sales.db with a table "houses", and the same rows in sales.csv."""
    monkeypatch.chdir(tmp_path)
    table = make_sample(80, seed=1)
    Path("sales.csv").write_text(to_csv(table))
    with closing(sqlite3.connect("sales.db")) as connection:
        table.to_sql("houses", connection, index=False)


def settings(**data: Any) -> Params:
    try:
        return Params.model_validate({"data": {"source": "sqlite", **data}})
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
    pytest.fail(
        f"--set data.source=sqlite with {data} is not a setting yet ({reason}). Add the source "
        "and data.table to DataParams in config.py.",
        pytrace=False,
    )


def message(params: Params) -> str:
    with pytest.raises(UserError) as refused:
        prepare(params)
    return str(refused.value)


def test_the_rows_are_those_of_the_table() -> None:
    params = settings(path="sales.db", table="houses")
    found = load_train(params)
    csv = load_train(Params.model_validate({"data": {"source": "csv", "path": "sales.csv"}}))
    assert found.schema == csv.schema, "the same rows in a CSV file give other columns"
    pd.testing.assert_frame_equal(found.frame, csv.frame)
    assert not found.meta.synthetic, "rows from a database are not the synthetic sample"


def test_it_is_read_again_when_the_database_has_changed() -> None:
    params = settings(path="sales.db", table="houses")
    before = prepare(params).meta.rows
    with closing(sqlite3.connect("sales.db")) as connection:
        make_sample(90, seed=2).to_sql("houses", connection, index=False, if_exists="replace")
    after = prepare(params).meta.rows
    assert (before, after) == (80, 90), "`data` has not read the table as it is now"


def test_a_table_that_is_not_there_is_named_with_those_that_are() -> None:
    said = message(settings(path="sales.db", table="flats"))
    assert "flats" in said, f"the message does not name the table that was asked for: {said}"
    assert "houses" in said, f"the message does not name the tables that there are: {said}"


def test_a_file_that_is_not_there_is_named_and_not_made() -> None:
    said = message(settings(path="nowhere.db", table="houses"))
    assert "nowhere.db" in said, f"the message does not name the file: {said}"
    assert not Path("nowhere.db").exists(), "sqlite3.connect makes an empty file; look first"


def test_the_table_has_to_be_named() -> None:
    said = ""
    try:
        prepare(Params.model_validate({"data": {"source": "sqlite", "path": "sales.db"}}))
    except (UserError, ValidationError) as error:
        said = str(error)
    assert "data.table" in said, f"without data.table there is no line that asks for it: {said}"
