"""`data`: rows are split once, typed by what they hold, and shown."""

import json
import logging
import os
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flats import flats, prepare_csv, refusal, settings, write
from rich.console import Console

from {{ cookiecutter.package_name }} import data
from {{ cookiecutter.package_name }}.errors import UserError

pytestmark = pytest.mark.usefixtures("folder")


AMES = os.environ.get("AMES_TRAIN_CSV")


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
