import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import small_params
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from {{ cookiecutter.package_name }} import evaluate, train
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import TableData, load_test
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.held_out import (
    coverage,
    coverage_by_price,
    with_confidence,
)
from {{ cookiecutter.package_name }}.metrics import regression_metrics


def prices(rows: int = 90, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    target = rng.lognormal(12.0, 0.4, rows)
    return target, target * rng.lognormal(0.0, 0.1, rows)


def refusal(**sections: Any) -> str:
    with pytest.raises(UserError) as caught:
        evaluate.evaluate(small_params(**sections))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- figures --------------------------------------------------------------------------------------


def test_the_figures_with_confidence_are_the_plain_ones_inside_an_interval() -> None:
    target, predicted = prices()
    found = with_confidence(target, predicted, 200, seed=1)
    plain = regression_metrics(target, predicted)
    assert found.keys() == plain.keys()
    for name, each in found.items():
        assert each["value"] == plain[name]
        assert each["low"] < each["value"] < each["high"]
    assert found == with_confidence(target, predicted, 200, seed=1)


def test_the_bootstrap_interval_covers_the_true_error() -> None:
    hits = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        target = rng.normal(0, 1, 150)
        found = with_confidence(target, target + rng.normal(0, 0.5, 150), 100, seed)["rmse"]
        hits += found["low"] <= 0.5 <= found["high"]
    assert 86 <= hits <= 99


def test_the_coverage_is_counted_and_comes_with_an_exact_interval() -> None:
    target = np.arange(1.0, 21.0)
    found = coverage(target, np.full(20, 3.0), np.full(20, 18.0))
    assert found["measured"] == 16 / 20
    # Clopper and Pearson (1934) for 16 of 20.
    assert found["low"] == pytest.approx(0.5634, abs=1e-4)
    assert found["high"] == pytest.approx(0.9427, abs=1e-4)
    assert found["mean_width"] == 15.0


def test_four_rows_have_an_interval_though_some_resamples_have_no_variance() -> None:
    target, predicted = prices(4)
    found = with_confidence(target, predicted, Params().evaluate.bootstrap, seed=42)
    assert found.keys() == regression_metrics(target, predicted).keys()
    assert all(np.isfinite([*each.values()]).all() for each in found.values())
    assert found["r2"]["low"] < found["r2"]["value"] < found["r2"]["high"]


def test_rows_of_one_price_have_no_share_of_variance() -> None:
    _, predicted = prices(4)
    found = with_confidence(np.full(4, 2e5), predicted, 100, seed=1)
    assert set(found) == {"rmse", "mae", "rmse_log", "mae_log"}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200))
def test_the_thirds_hold_every_row_once_in_the_order_of_the_predictions(rows: int) -> None:
    target, predicted = prices(rows)
    bands = coverage_by_price(target, predicted, predicted * 0.8, predicted * 1.2)
    assert sum(band["rows"] for band in bands) == rows
    whole = coverage(target, predicted * 0.8, predicted * 1.2)["measured"]
    weighted = sum(band["rows"] * band["measured"] for band in bands) / rows
    assert weighted == pytest.approx(whole)
    ends = [end for band in bands for end in (band["from"], band["to"])]
    assert ends == sorted(ends)


# --- the command ----------------------------------------------------------------------------------


def test_the_held_out_figures_are_added_to_the_report(project: Path) -> None:
    before = json.loads(Path("reports/metrics.json").read_text())
    result = evaluate.evaluate(small_params())
    after = json.loads(Path("reports/metrics.json").read_text())
    found = after.pop("held_out")
    assert after == before
    assert result.metrics["held_out"] == found
    assert found["version"] == before["version"]
    assert found["rows"] == len(load_test(small_params()).target)
    assert found["lift"]["mean"] == pytest.approx(
        1 - found["metrics"]["rmse_log"]["value"] / found["baselines"]["mean"]["rmse_log"]["value"]
    )
    assert found["lift"]["mean"] > 0.2
    assert 0.7 < found["interval"]["measured"] <= 1.0
    assert found["interval"]["coverage"] == 0.9
    for path in result.figures:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_four_held_out_rows_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    lines = [f"{x:.3f},{100 * x + rng.normal():.2f}" for x in rng.uniform(1, 9, 20)]
    Path("rows.csv").write_text("\n".join(["size,rent", *lines]))
    params = small_params(
        data={"source": "csv", "path": "rows.csv", "target": "rent"},
        train={"model": "ridge"},
        evaluate={"bootstrap": Params().evaluate.bootstrap},
    )
    train.train(params)
    result = evaluate.evaluate(params)
    found = json.loads(Path("reports/metrics.json").read_text())["held_out"]
    assert found["rows"] == 4
    assert found["metrics"]["r2"]["low"] <= found["metrics"]["r2"]["high"]
    evaluate.show(result, Console(file=StringIO()))


def meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Let `change` happen while `evaluate` measures."""

    def measure(*arguments: Any) -> dict[str, Any]:
        found = original(*arguments)
        change()
        return found

    original = evaluate._measure
    monkeypatch.setattr(evaluate, "_measure", measure)


def edited(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_what_another_step_writes_meanwhile_is_kept(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path("reports/metrics.json")
    meanwhile(monkeypatch, lambda: edited(path, ablation={"full": 0.1}, held_out={"opened": 4}))
    evaluate.evaluate(small_params())
    after = json.loads(path.read_text())
    assert after["ablation"] == {"full": 0.1}
    assert after["held_out"]["opened"] == 5


def test_a_model_trained_meanwhile_is_noticed_before_anything_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("reports/metrics.json").read_bytes()
    meanwhile(monkeypatch, lambda: edited(Path("models/manifest.json"), version="20990101-0"))
    assert "a new model was trained while this ran" in refusal()
    assert Path("reports/metrics.json").read_bytes() == before
    assert not list(Path("reports/figures").glob("held-out-*"))


def test_figures_that_json_cannot_hold_leave_nothing_half_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("reports/metrics.json").read_bytes()
    monkeypatch.setattr(evaluate, "worst_rows", lambda *arguments: [{"error": float("nan")}])
    with pytest.raises(ValueError, match="nan"):
        evaluate.evaluate(small_params())
    assert Path("reports/metrics.json").read_bytes() == before
    assert not list(Path("reports/figures").glob("*held-out-*"))


def test_the_report_counts_how_often_the_rows_were_opened(project: Path) -> None:
    counts = [evaluate.evaluate(small_params()).metrics["held_out"]["opened"] for _ in range(2)]
    assert counts == [1, 2]
    train.train(small_params(train={"model": "ridge"}))
    assert evaluate.evaluate(small_params()).metrics["held_out"]["opened"] == 1


def test_the_largest_errors_point_to_lines_of_the_raw_file(project: Path) -> None:
    worst = evaluate.evaluate(small_params()).metrics["held_out"]["worst"]
    test = load_test(small_params())
    price_of = dict(zip(test.lines.tolist(), test.target.tolist(), strict=True))
    sizes = [abs(np.log(row["prediction"] / row["target"])) for row in worst]
    assert sizes == sorted(sizes, reverse=True)
    for row in worst:
        assert price_of[row["line"]] == row["target"]
        assert row["lower"] < row["prediction"] < row["upper"]


def test_what_is_printed_names_the_data_the_coverage_and_the_count(project: Path) -> None:
    output = StringIO()
    evaluate.show(evaluate.evaluate(small_params()), Console(file=output, width=200))
    text = output.getvalue()
    for part in ("synthetic sample", "stack", "The 90% interval covers", "opened once"):
        assert part in text


def test_one_held_out_row_is_too_few_and_said_so(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_row(params: Params) -> TableData:
        data = load_test(params)
        return replace(data, frame=data.frame[:1], target=data.target[:1], lines=data.lines[:1])

    monkeypatch.setattr(evaluate, "load_test", one_row)
    monkeypatch.setattr(evaluate, "held_out_rows", lambda manifest, folder, data: data)
    assert refusal().startswith("One row alone is held out")


def test_no_held_out_rows_are_said_in_one_line(project: Path) -> None:
    params = {"test_size": 0.0}
    train.train(small_params(data=params, train={"model": "ridge"}))
    assert refusal(data=params).startswith("data.test_size is 0")


def test_a_model_of_other_rows_is_not_measured(project: Path) -> None:
    from {{ cookiecutter.package_name }}.data import prepare

    prepare(small_params(data={"seed": 7}))
    assert "trained on other data" in refusal(data={"seed": 7})
    assert "data.seed: 7 -> 42" in refusal()


def test_a_changed_model_file_is_not_loaded(project: Path) -> None:
    path = Path("models/model.joblib")
    path.write_bytes(path.read_bytes() + b"x")
    assert refusal().startswith("models/model.joblib: its SHA-256")


def test_a_report_of_another_model_is_not_added_to(project: Path) -> None:
    path = Path("reports/metrics.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": "20200101-0"}))
    assert "is of model 20200101-0" in refusal()
    path.unlink()
    assert "Run `train` again" in refusal()


def test_without_a_model_the_step_to_run_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "run `train`" in refusal()
