"""A table in nobody's columns, as a file, for the tests of `data`."""

from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }} import data
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.errors import UserError


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
