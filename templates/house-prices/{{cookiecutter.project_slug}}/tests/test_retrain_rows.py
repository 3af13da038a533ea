"""The rows of `retrain`: which are added, on which side of the split, and which are refused."""

import json
import shutil
from pathlib import Path

import pytest
from labelled import ADDED, RAW, bring, refusal, split
from tracked import tracked

from {{ cookiecutter.package_name }} import data, train
from {{ cookiecutter.package_name }} import retrain as step
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.csv_table import read_table, to_csv
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog
from {{ cookiecutter.package_name }}.sample import make_sample

pytestmark = pytest.mark.usefixtures("folder")


def test_the_earlier_split_is_kept_and_only_new_rows_are_drawn() -> None:
    params = tracked(data={"sample_rows": 400})
    train.train(params)
    raw = RAW.read_bytes()
    before = split(params)
    bring(300)
    step.retrain(params)
    middle = split(params)
    bring(200, seed=9, name="more.csv")
    step.retrain(params)
    after = split(params)
    assert before[0] < middle[0] < after[0]
    assert before[1] < middle[1] < after[1]
    assert RAW.read_bytes() == raw
    assert len(list(ADDED.iterdir())) == 2
    added = len(after[0] | after[1]) - len(before[0] | before[1])
    held_out = len(after[1]) - len(before[1])
    # A fifth, as everywhere; four standard deviations of 500 draws.
    assert abs(held_out / added - 0.2) < 0.075


def test_rows_that_are_known_are_not_doubled() -> None:
    train.train(tracked())
    lines = bring(40)
    path = Path("data/new/new.csv")
    # Twice in the file, and once more as it stands in the data.
    path.write_text("\n".join([*lines, *lines[1:11]]) + "\n")
    shutil.copy(RAW, "data/new/old.csv")
    result = step.retrain(tracked())
    assert (result.rows.added, result.rows.known) == (40, 170)
    again = step.retrain(tracked())
    assert (again.rows.added, again.rows.known) == (0, 210)
    assert again.promotion is None


def test_answers_to_logged_requests_become_rows() -> None:
    train.train(tracked())
    predictor = Predictor.load(Path("models"))
    houses = make_sample(60, 11)
    log = PredictionLog(Path("logs/predictions"), predictor.schema.names, "v1")
    names = list(predictor.schema.names)
    for i, row in enumerate(json.loads(houses[names].to_json(orient="values"))):
        log.add(f"r{i}", row, {"prediction": 1.0})
    log.close()
    Path("data/new").mkdir(parents=True)
    prices = houses["SalePrice"].tolist()
    lines = ["request_id,SalePrice", *(f"r{i},{prices[i]}" for i in range(60))]
    Path("data/new/sold.csv").write_text("\n".join(lines) + "\n")
    assert step.retrain(tracked()).rows.added == 60
    (added,) = ADDED.iterdir()
    stored = read_table(added.read_bytes(), "")
    whole = read_table(to_csv(houses).encode(), "")
    assert stored[[*names, "SalePrice"]].equals(whole[[*names, "SalePrice"]])
    # No column appears because the log's rows lack it: that would tell only where a row is from.
    assert set(data.load_train(tracked()).schema.names) <= set(names)
    assert step.retrain(tracked()).rows.known == 60


@pytest.mark.parametrize(
    ("column", "value", "part"),
    [
        ("SalePrice", "", "row 4: SalePrice is empty"),
        ("SalePrice", "dear", "row 4: SalePrice is 'dear', not a number"),
        ("SalePrice", "-5", "row 4: SalePrice is -5, which has no logarithm"),
        ("GrLivArea", "1,7", "row 4: GrLivArea is '1,7', not a number"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_changed(column: str, value: str, part: str) -> None:
    train.train(tracked())
    frame = make_sample(50, 3).astype(object)
    frame.loc[frame.index[2], column] = value
    bring(20, name="a.csv")
    Path("data/new/b.csv").write_text(to_csv(frame))
    message = refusal(tracked())
    assert message.startswith("data/new/b.csv, ")
    assert part in message


def test_columns_that_do_not_fit_are_named() -> None:
    train.train(tracked())
    bring(20, Pool="yes")
    assert "new.csv: Pool is no column of" in refusal(tracked())
    frame = make_sample(50, 3)
    Path("data/new/new.csv").write_text(to_csv(frame.drop(columns="GrLivArea")))
    assert "no column GrLivArea" in refusal(tracked())
    Path("data/new/new.csv").write_text(to_csv(frame.drop(columns="SalePrice")))
    assert "no column SalePrice" in refusal(tracked())


def test_answers_that_fit_no_request_are_named() -> None:
    train.train(tracked())
    names = Predictor.load(Path("models")).schema.names
    Path("data/new").mkdir(parents=True)
    sold = Path("data/new/sold.csv")
    sold.write_text("request_id,SalePrice\nr0,100000\n")
    assert "logs/predictions: no prediction log" in refusal(tracked())
    log = PredictionLog(Path("logs/predictions"), names, "v1", left_out=("GrLivArea",))
    for i, area in (("r0", 1), ("r1", 2), ("r1", 3)):
        log.add(i, [area] * len(names), {"prediction": 1.0})
    log.close()
    assert "not every logged request has GrLivArea" in refusal(tracked())
    sold.write_text("request_id,SalePrice\nr9,100000\n")
    assert "sold.csv, row 2: request_id r9 is not in logs/predictions" in refusal(tracked())
    sold.write_text("request_id,SalePrice\nr0,1\nr0,2\n")
    assert "sold.csv, row 2: request_id r0 stands in more than one row" in refusal(tracked())
    sold.write_text("request_id,SalePrice\nr1,1\n")
    assert "r1 stands for two different requests" in refusal(tracked())


def test_it_needs_the_registry() -> None:
    bring(20)
    message = refusal(tracked(tracking={"enabled": False}))
    assert "tracking.enabled is false" in message


def test_whether_a_row_is_held_out_depends_on_the_row_and_the_seed_alone() -> None:
    first, second = tracked(data={"seed": 1}), tracked(data={"seed": 2})
    base = make_sample(160, 1)
    Path("rows.csv").write_text(to_csv(base))
    Path("rows.added").mkdir()
    Path("rows.added/1.csv").write_text(to_csv(make_sample(400, 5)))
    held_out = []
    for params in (first, second):
        source = tracked(data={"source": "csv", "path": "rows.csv", "seed": params.data.seed})
        data.prepare(source)
        test = data.load_test(source)
        added = {line for line in test.lines.tolist() if line > 161}
        held_out.append(added)
        assert abs(len(added) / 400 - 0.2) < 0.08
    both = len(held_out[0] & held_out[1]) / 400
    assert both == pytest.approx(0.2 * 0.2, abs=0.04)
