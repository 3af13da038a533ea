"""`retrain`: new labelled rows in, a new model out, and the better one goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tracked import WEAK, aliases, registry, tracked

from {{ cookiecutter.package_name }} import data, evaluate, explain, train
from {{ cookiecutter.package_name }} import retrain as step
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.csv_table import read_table, to_csv
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog
from {{ cookiecutter.package_name }}.registry import Registry
from {{ cookiecutter.package_name }}.sample import make_sample

REPORT = Path("reports/retraining.md")
RAW = Path("data/raw/synthetic-sample.csv")
ADDED = Path("data/raw/synthetic-sample.added")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def bring(rows: int, seed: int = 7, name: str = "new.csv", **change: Any) -> list[str]:
    """Put so many new houses into the folder of new rows; returns the file's lines."""
    frame = make_sample(max(rows, 50), seed).head(rows).assign(**change)
    path = Path("data/new") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_csv(frame), encoding="utf-8")
    return path.read_text().splitlines()


def last_line() -> list[str]:
    return [cell.strip() for cell in REPORT.read_text().splitlines()[-1].strip("|").split(" | ")]


def refusal(params: Params) -> str:
    """Why the rows are not taken; nothing has changed then."""
    before = state()
    with pytest.raises(UserError) as caught:
        step.retrain(params)
    assert state() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def state() -> dict[str, bytes]:
    """Every file that a refused retraining must leave as it is."""
    folders = ("data/raw", "data/new", "data/processed", "models", "reports")
    paths = [path for name in folders for path in Path(name).rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in paths}


def split(params: Params) -> tuple[set[int], set[int]]:
    """The rows, by their lines (added ones are counted on): to train on, and held out."""
    return set(data.load_train(params).lines.tolist()), set(data.load_test(params).lines.tolist())


# --- the decision ---------------------------------------------------------------------------------


def test_a_better_model_is_promoted_and_put_in_place() -> None:
    train.train(tracked(models=WEAK))
    bring(90)
    result = step.retrain(tracked())
    assert (result.rows.before, result.rows.added, result.rows.known) == (160, 90, 0)
    assert result.promotion is not None
    assert result.promotion["decision"] == "promoted"
    assert aliases() == {"champion": "2"}
    manifest = read_manifest(Path("models"))
    verify(Path("models"), tuple(manifest.artifacts))
    assert manifest.version == result.promotion["challenger"]["version"]
    assert manifest.data["rows"] == 250
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["version"] == manifest.version
    assert metrics["promotion"] == result.promotion
    line = last_line()
    assert line[1:3] == ["160", "90"]
    assert line[4] == manifest.version
    assert line[10] == "promoted"


def test_a_worse_model_stays_challenger_and_the_files_stay_the_champions() -> None:
    first = train.train(tracked()).manifest
    before = {path.name: path.read_bytes() for path in Path("models").iterdir()}
    figure = Path("reports/figures/out-of-fold-predictions.png").read_bytes()
    bring(90)
    result = step.retrain(tracked(models=WEAK))
    assert result.promotion is not None
    assert result.promotion["decision"] == "kept"
    assert {path.name: path.read_bytes() for path in Path("models").iterdir()} == before
    assert Path("reports/figures/out-of-fold-predictions.png").read_bytes() == figure
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["version"] == first.version
    assert aliases() == {"champion": "1", "challenger": "2"}
    line = last_line()
    assert line[4:6] == [result.promotion["challenger"]["version"], first.version]
    assert line[10] == "kept"
    assert "all of it worse" in line[11]


@pytest.mark.slow
def test_after_a_worse_model_the_champion_is_still_measured_and_explained() -> None:
    train.train(tracked())
    bring(90)
    step.retrain(tracked(models=WEAK))
    params = tracked()
    found = evaluate.evaluate(params).metrics["held_out"]
    # Once to compare it, and once now.
    assert found["opened"] == 2
    assert found["rows"] == len(data.load_test(params).target) > 32
    assert explain.explain(params).report["version"] == read_manifest(Path("models")).version


def test_models_returns_to_the_champion_if_another_registered_model_lies_there() -> None:
    champion = train.train(tracked()).manifest
    challenger = train.train(tracked(models=WEAK)).manifest
    assert read_manifest(Path("models")) == challenger
    result = step.retrain(tracked())
    assert result.promotion is None
    assert any("the champion's again" in note for note in result.notes)
    assert verify(Path("models"), tuple(champion.artifacts)) == champion
    Predictor.load(Path("models"))
    assert evaluate.evaluate(tracked()).metrics["version"] == champion.version


def test_a_model_that_is_registered_nowhere_is_not_overwritten_by_the_champion() -> None:
    train.train(tracked())
    own = train.train(tracked(models=WEAK, tracking={"enabled": False})).manifest
    result = step.retrain(tracked())
    assert read_manifest(Path("models")) == own
    assert any("it was left there" in note for note in result.notes)


def test_on_a_machine_without_models_the_champion_is_fetched() -> None:
    champion = train.train(tracked()).manifest
    shutil.rmtree("models")
    shutil.rmtree("reports")
    step.retrain(tracked())
    assert verify(Path("models"), tuple(champion.artifacts)) == champion
    assert json.loads(Path("reports/metrics.json").read_bytes())["version"] == champion.version


# --- the rows -------------------------------------------------------------------------------------


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


def test_without_new_rows_nothing_is_trained_and_a_line_says_so() -> None:
    train.train(tracked())
    before = read_manifest(Path("models"))
    output = StringIO()
    step.show(step.retrain(tracked()), Console(file=output, width=200))
    assert "no new rows" in output.getvalue()
    assert aliases() == {"champion": "1"}
    assert last_line()[10] == "nothing to do"
    assert read_manifest(Path("models")) == before
    forced = step.retrain(tracked(), force=True)
    assert forced.promotion is not None
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_each_run_adds_one_line_to_the_same_table() -> None:
    train.train(tracked())
    for _ in range(3):
        step.retrain(tracked())
    lines = REPORT.read_text().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 3
    assert {line.count("|") for line in table} == {13}
    assert lines[0] == "# Retraining"


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


# --- what is refused ------------------------------------------------------------------------------


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


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_run_loses_neither_rows_nor_model_and_the_next_one_makes_up_for_it() -> None:
    champion = train.train(tracked(models=WEAK)).manifest
    new = bring(90)
    script = (
        "import os, signal, sys\n"
        "from {{ cookiecutter.package_name }} import export, retrain\n"
        "from {{ cookiecutter.package_name }}.config import Params\n"
        "export.export = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)\n"
        "retrain.retrain(Params.model_validate_json(sys.argv[1]))\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, tracked().model_dump_json()],
        env={**os.environ, "PYTHONPATH": str(Path(train.__file__).parents[1])},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert verify(Path("models"), tuple(champion.artifacts)) == champion
    assert Path("data/new/new.csv").read_text().splitlines() == new
    assert aliases() == {"champion": "1"}
    result = step.retrain(tracked())
    assert (result.rows.added, result.rows.known) == (0, 90)
    assert result.promotion is not None
    assert result.promotion["decision"] == "promoted"
    assert "no model of these rows" in result.notes[0]
    assert read_manifest(Path("models")).data["rows"] == 250
    assert not list(Path("models").glob(".new-*"))
    assert step.retrain(tracked()).promotion is None


def test_a_run_killed_between_the_alias_and_the_files_is_made_good_by_the_next() -> None:
    train.train(tracked(models=WEAK))
    old = state()
    bring(90)
    new = step.retrain(tracked()).promotion
    assert new is not None
    # As if it had been killed before it put the files in place.
    shutil.rmtree("models")
    for name, content in old.items():
        if name.startswith(("models", "reports/metrics")):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_bytes(content)
    step.retrain(tracked())
    assert read_manifest(Path("models")).version == new["challenger"]["version"]
    assert registry().alias("champion").version == new["challenger"]["version"]  # type: ignore[union-attr]


def test_a_run_that_ended_before_the_aliases_were_set_is_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train.train(tracked(models=WEAK))
    bring(90)

    def killed(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as fault:
        fault.setattr(Registry, "promote", killed)
        with pytest.raises(KeyboardInterrupt):
            step.retrain(tracked())
    assert aliases() == {"champion": "1"}
    assert registry().number("2") is not None
    step.retrain(tracked())
    assert aliases() == {"champion": "3"}


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
