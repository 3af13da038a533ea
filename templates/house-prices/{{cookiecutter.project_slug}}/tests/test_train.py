import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from conftest import small_params
from killed import KILL, needs_sigkill, run_until_killed
from rich.console import Console

from {{ cookiecutter.package_name }} import evaluate, export, predict, train
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify
from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.errors import UserError

ARTIFACTS = ("model.joblib", "model.onnx", "schema.json", "background.npy")


def metrics() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("reports/metrics.json").read_text())
    return found


def test_the_report_says_of_which_data_and_which_model_it_is(project: Path) -> None:
    found = metrics()
    manifest = verify(project / "models", ARTIFACTS)
    assert found["version"] == manifest.version
    assert found["model"] == manifest.name == "stack"
    assert found["data"]["synthetic"] is True
    assert found["data"]["seed"] == found["cross_validation"]["seed"] == 42
    assert "held_out" not in found
    assert manifest.data == found["data"]
    assert manifest.settings["target_transform"] == "log"
    assert manifest.settings["interval_halfwidth"] == found["interval"]["halfwidth"] > 0


def test_the_out_of_fold_predictions_are_drawn(project: Path) -> None:
    path = project / "reports/figures/out-of-fold-predictions.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_every_model_is_shown_as_lift_over_the_baselines(project: Path) -> None:
    scores = metrics()["cross_validation"]["models"]
    assert set(scores) == {"mean", "linear", "ridge", "xgboost", "stack"}
    for name, score in scores.items():
        for baseline in ("mean", "linear"):
            own, other = (scores[each]["rmse_log"]["overall"] for each in (name, baseline))
            assert score["lift"][baseline] == pytest.approx(1 - own / other)
        assert len(score["rmse_log"]["folds"]) == 3
        assert score["seconds"] > 0
    assert scores["stack"]["lift"]["mean"] > 0.2


def test_the_weights_of_the_stack_add_up_to_one(project: Path) -> None:
    weights = metrics()["weights"]
    assert sum(weights.values()) == pytest.approx(1.0)
    assert set(weights) <= {"ridge", "xgboost"}


def test_training_twice_gives_the_same_figures(project: Path) -> None:
    before = metrics()
    train.train(small_params(train={"n_jobs": 2}))
    after = metrics()
    for found in (before, after):
        for score in found["cross_validation"]["models"].values():
            del score["seconds"]
    assert after["cross_validation"] == before["cross_validation"]
    assert after["weights"] == before["weights"]
    assert after["interval"] == before["interval"]


def test_one_model_is_trained_beside_the_baselines(project: Path) -> None:
    result = train.train(small_params(train={"model": "elastic_net"}))
    assert set(result.metrics["cross_validation"]["models"]) == {"mean", "linear", "elastic_net"}
    assert result.manifest.name == "elastic_net"
    assert result.metrics["weights"] == {}


def test_a_model_that_was_trained_anew_has_not_been_measured_on_held_out_rows(
    project: Path,
) -> None:
    path = Path("reports/metrics.json")
    path.write_text(json.dumps({**metrics(), "held_out": {"opened": 3}}))
    train.train(small_params(train={"model": "ridge"}))
    assert "held_out" not in metrics()


def test_a_run_that_fails_leaves_the_old_model_in_place(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "export", fail)
    before = read_manifest(project / "models")
    with pytest.raises(KeyboardInterrupt):
        train.train(small_params(train={"model": "ridge"}))
    assert verify(project / "models", ARTIFACTS) == before
    assert metrics()["version"] == before.version
    assert not list((project / "models").glob(".new-*"))


def test_the_stored_model_predicts_what_it_was_trained_on(project: Path) -> None:
    data = load_train(small_params())
    model = joblib.load("models/model.joblib")
    predicted = np.exp(model.predict(data.frame))
    assert np.median(np.abs(predicted / data.target - 1)) < 0.2


def test_the_held_out_file_is_not_opened(project: Path) -> None:
    path = Path("data/processed/test.parquet")
    path.write_bytes(b"not to be read")
    train.train(small_params(train={"model": "ridge"}))
    assert path.read_bytes() == b"not to be read"


def test_a_target_with_negative_values_is_trained_without_the_logarithm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    size = rng.uniform(0, 10, 80)
    profit = 3 * size - 15 + rng.normal(0, 1, 80)
    rows = [f"{size[i]:.3f},{'ab'[i % 2]},{profit[i]:.3f}" for i in range(80)]
    Path("shops.csv").write_text("size,town,profit\n" + "\n".join(rows) + "\n")
    data = {"source": "csv", "path": "shops.csv", "target": "profit"}
    with pytest.raises(UserError, match=r"set train\.log_target to false"):
        train.train(small_params(data=data))
    result = train.train(small_params(data=data, train={"log_target": False}))
    scores = result.metrics["cross_validation"]["models"]
    assert "rmse_log" not in scores["stack"]
    assert scores["stack"]["r2"]["overall"] > 0.9
    assert result.manifest.settings["target_transform"] == "identity"
    train.show(result, Console(file=StringIO()))


def test_where_one_model_asks_for_less_than_nothing_none_is_judged_by_logarithms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = train.train(small_params(train={"model": "ridge", "log_target": False}))
    for score in result.metrics["cross_validation"]["models"].values():
        assert "rmse_log" not in score
        assert score["lift"]["mean"] == pytest.approx(
            1
            - score["rmse"]["overall"]
            / result.metrics["cross_validation"]["models"]["mean"]["rmse"]["overall"]
        )
    train.show(result, Console(file=StringIO()))


def test_what_is_printed_names_the_data_every_model_and_what_comes_next(project: Path) -> None:
    output = StringIO()
    result = train.TrainingResult(read_manifest(project / "models"), metrics())
    train.show(result, Console(file=output, width=100))
    text = output.getvalue()
    for word in ("synthetic sample", "3-fold", "seed 42", "mean", "linear", "stack", "evaluate"):
        assert word in text


def test_without_a_held_out_share_every_row_is_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = train.train(small_params(data={"test_size": 0}, train={"model": "ridge"}))
    assert result.metrics["cross_validation"]["rows"] == result.metrics["data"]["rows"]
    assert not Path("data/processed/test.parquet").exists()
    verify(Path("models"), ARTIFACTS)


def test_another_seed_gives_other_folds(project: Path) -> None:
    # The sample is drawn with the seed too, so the rows are held fixed as a file.
    data = load_train(small_params())
    data.frame.assign(SalePrice=data.target).to_csv("rows.csv", index=False)
    figures = []
    for seed in (1, 2):
        source = {"source": "csv", "path": "rows.csv", "test_size": 0, "seed": seed}
        found = train.train(small_params(data=source, train={"model": "ridge"})).metrics
        figures.append(found["cross_validation"]["models"]["ridge"]["rmse_log"]["overall"])
    assert figures[0] != figures[1]
    assert figures[0] == pytest.approx(figures[1], rel=0.3)


def flats() -> tuple[list[str], list[list[str]]]:
    """A table in a learner's own columns: numbers, categories, a flag, and gaps in each."""
    rng = np.random.default_rng(3)
    rows = []
    for i in range(60):
        size, town, lift = rng.uniform(30, 150), ["Ghent", "Bruges", "Ypres"][i % 3], i % 2 == 0
        price = 2500 * size * (1 + 0.2 * (i % 3)) * (1.1 if lift else 1) * rng.lognormal(0, 0.05)
        cells = [f"{size:.1f}", town, str(lift), f"{1900 + i}"]
        if i % 7 == 0:
            cells[i // 7 % 4] = ""
        rows.append([f"F{i}", *cells, f"{price:.0f}"])
    return ["flat_id", "m2", "town", "lift", "built", "price"], rows


def write_csv(path: str, rows: list[list[str]]) -> None:
    Path(path).write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")


def test_a_table_in_other_columns_goes_all_the_way_to_prices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    header, rows = flats()
    write_csv("flats.csv", [header, *rows])
    params = small_params(data={"source": "csv", "path": "flats.csv", "target": "price"})
    result = train.train(params)
    assert result.metrics["data"]["synthetic"] is False
    assert result.metrics["cross_validation"]["models"]["stack"]["lift"]["mean"] > 0.3
    assert evaluate.evaluate(params).metrics["held_out"]["rows"] == 12
    # Rows to score have no price, and a town that was never seen.
    new = [[*row[:-1]] for row in rows[:10]]
    new[4][2] = "Antwerp"
    write_csv("new.csv", [header[:-1], *new])
    scored = predict.predict_file(Path("new.csv"), Path("prices.csv"), Path("models"))
    assert dict(scored.unseen) == {"town": 1}
    with Path("prices.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["flat_id"] for row in found] == [row[0] for row in new]
    for row, known in zip(found, rows, strict=False):
        low, price, high = (float(row[name]) for name in ("lower", "prediction", "upper"))
        assert 0 < low < price < high
        if known[1]:  # the size, on which most of the price hangs
            assert price == pytest.approx(float(known[-1]), rel=0.5)


@needs_sigkill
def test_a_killed_run_leaves_the_old_model_in_place(project: Path) -> None:
    before = verify(project / "models", ARTIFACTS)
    run_until_killed(
        "from {{ cookiecutter.package_name }} import export, train\n"
        "from {{ cookiecutter.package_name }}.config import Params\n"
        f"export.export = lambda *arguments: {KILL}\n"
        "train.train(Params.model_validate_json(sys.argv[1]))",
        small_params(train={"model": "ridge"}).model_dump_json(),
    )
    assert verify(project / "models", ARTIFACTS) == before
    assert metrics()["version"] == before.version
