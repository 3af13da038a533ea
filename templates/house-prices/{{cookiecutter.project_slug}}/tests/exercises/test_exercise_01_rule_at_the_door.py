"""Exercise 1: a house that was sold before it was built is refused at the door."""

from pathlib import Path

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.csv_table import to_csv
from {{ cookiecutter.package_name }}.data import prepare
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.sample import make_sample

BAD_ROW = 9  # as the file's lines are counted, the header being line 1


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sales() -> pd.DataFrame:
    """Sixty made-up sales, texts as a file has them."""
    return make_sample(60, seed=1).astype(object)


def prepared(table: pd.DataFrame) -> None:
    """What `data` does with a file of these rows."""
    Path("sales.csv").write_text(to_csv(table))
    prepare(Params.model_validate({"data": {"source": "csv", "path": "sales.csv"}}))


def refusal(table: pd.DataFrame) -> str | None:
    """What the user is told; None if the rows pass."""
    try:
        prepared(table)
    except UserError as error:
        return str(error)
    return None


def with_years(sold: object, built: object) -> pd.DataFrame:
    table = sales()
    table.loc[BAD_ROW - 2, ["YrSold", "YearBuilt"]] = [sold, built]
    return table


def test_a_house_sold_before_it_was_built_is_refused() -> None:
    said = refusal(with_years(2005, 2009))
    assert said is not None, (
        "a row with YrSold 2005 and YearBuilt 2009 went through. Let validation.check raise a "
        "UserError for it."
    )
    for part in (f"row {BAD_ROW}", "YrSold", "YearBuilt", "2005", "2009"):
        assert part in said, f"the message does not name {part!r}. It reads: {said}"


def test_what_is_right_still_passes() -> None:
    assert refusal(with_years(2009, 2009)) is None, "sold in the year it was built: that is right"
    assert refusal(with_years(2009, None)) is None, "YearBuilt is not known: that is no mistake"


def test_tables_without_those_columns_still_pass() -> None:
    other = sales().drop(columns=["YearBuilt"])
    assert refusal(other) is None, "a table without YearBuilt has nothing to compare"
