import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from conftest import small_params
from rich.console import Console

from {{ cookiecutter.package_name }} import explain, progress
from {{ cookiecutter.package_name }}.data import load_train, prepare
from {{ cookiecutter.package_name }}.errors import UserError

RNG = np.random.default_rng(0)


def test_the_values_of_a_linear_model_are_its_coefficients_times_the_distance_from_the_mean() -> (
    None
):
    background, rows = RNG.normal(size=(7, 4)), RNG.normal(size=(5, 4))
    coefficients = np.array([2.0, -1.0, 0.0, 0.5])
    base, values = explain.shap_values(lambda X: X @ coefficients, background, rows, seed=0)
    assert values == pytest.approx(coefficients * (rows - background.mean(axis=0)))
    assert base == pytest.approx((background @ coefficients).mean())


def test_base_and_values_add_up_to_the_prediction_also_where_values_are_missing() -> None:
    def predict(X: np.ndarray) -> np.ndarray:
        filled = np.nan_to_num(X, nan=-1.0)
        return np.exp(0.3 * filled[:, 0]) * filled[:, 1] + filled[:, 2] * filled[:, 3]

    background, rows = RNG.normal(size=(6, 4)), RNG.normal(size=(5, 4))
    background[0, 1] = rows[0, 0] = rows[1, 2] = np.nan
    base, values = explain.shap_values(predict, background, rows, seed=0)
    assert base + values.sum(axis=1) == pytest.approx(predict(rows))


def test_two_columns_that_act_together_share_what_they_do() -> None:
    base, values = explain.shap_values(
        lambda X: X[:, 0] * X[:, 1], np.zeros((1, 3)), np.array([[2.0, 3.0, 5.0]]), seed=0
    )
    assert base == 0.0
    assert values[0] == pytest.approx([3.0, 3.0, 0.0])


def test_the_report_ranks_every_column(project: Path) -> None:
    result = explain.explain(small_params())
    assert json.loads(Path("reports/shap.json").read_text()) == result.report
    schema = load_train(small_params()).schema
    importances = result.report["mean_abs"]
    assert set(importances) == set(schema.names)
    assert list(importances.values()) == sorted(importances.values(), reverse=True)
    assert result.report["unit"] == "log SalePrice"
    assert result.report["data"]["synthetic"] is True
    assert 11 < result.report["base_value"] < 13
    for path in result.figures:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_gives_the_same_values(project: Path) -> None:
    first = explain.explain(small_params()).report["mean_abs"]
    np.random.random()
    assert explain.explain(small_params()).report["mean_abs"] == first
    assert explain.explain(small_params(explain={"rows": 7})).report["mean_abs"] != first


def test_the_held_out_file_is_not_opened(project: Path) -> None:
    path = Path("data/processed/test.parquet")
    path.write_bytes(b"not to be read")
    explain.explain(small_params())
    assert path.read_bytes() == b"not to be read"


def test_a_model_of_other_rows_is_not_explained(project: Path) -> None:
    other = small_params(data={"seed": 7})
    prepare(other)
    with pytest.raises(UserError, match="trained on other data"):
        explain.explain(other)


def test_what_is_printed_names_the_data_and_the_unit(project: Path) -> None:
    output = StringIO()
    explain.show(explain.explain(small_params()), Console(file=output, width=200))
    assert "synthetic sample" in output.getvalue()
    assert "mean |SHAP| in log SalePrice" in output.getvalue()


def test_names_that_look_like_markup_are_printed_as_they_are() -> None:
    names = ["[/b]", "[red]", "a\\"]
    report = {"data": {"name": "[/i]"}, "unit": "[x]", "rows": 1}
    found = explain.Explanation({**report, "mean_abs": dict.fromkeys(names, 0.5)}, ())
    output = StringIO()
    explain.show(found, Console(file=output, width=200))
    printed = [line.split()[0] for line in output.getvalue().splitlines() if line.strip()]
    assert printed[3:6] == names


def test_a_progress_bar_shows_names_that_look_like_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    output = StringIO()
    monkeypatch.setattr(progress, "CONSOLE", Console(file=output, width=200, force_terminal=True))
    with progress.steps("[/i]", 1) as bar:
        bar.advance("[/b] [red]")
    assert "[/i]" in output.getvalue()
    assert "[/b] [red]" in output.getvalue()
