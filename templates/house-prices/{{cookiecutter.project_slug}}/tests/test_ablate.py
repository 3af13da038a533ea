"""The step `ablate`: planted ingredients are found, and a run that is cut off goes on."""

import contextlib
import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import copied, small_params
from killed import KILL, needs_sigkill, run_until_killed
from rich.console import Console
from tracked import tracked, uri

from {{ cookiecutter.package_name }} import ablate, recipes, train
from {{ cookiecutter.package_name }}.ames import QUALITY
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.errors import UserError

SMALL = {"bootstrap": 500}
# Of each kind one; enough where all of them would only take longer.
FEW = ["log-target", "stacking", "member-ridge", "columns-quality"]


def settings(**sections: dict[str, Any]) -> Params:
    """Settings of the trained project, with few resamples."""
    return small_params(**{**sections, "ablate": {**SMALL, **sections.get("ablate", {})}})


def metrics() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("reports/metrics.json").read_text())
    return found


def figures(section: dict[str, Any]) -> dict[str, Any]:
    """What must be equal in two runs: all but the date and the seconds."""
    ingredients = [{**each, "seconds": None} for each in section["ingredients"]]
    return {**section, "measured": None, "seconds": None, "ingredients": ingredients}


def by_name(result: ablate.Ablation) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in result.metrics["ablation"]["ingredients"]}


@pytest.fixture(scope="module")
def ablated(trained_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained project after `ablate` of every ingredient. Not to be written to."""
    folder = tmp_path_factory.mktemp("ablated") / "project"
    shutil.copytree(trained_project, folder)
    with contextlib.chdir(folder):
        ablate.ablate(settings())
    return folder


@pytest.fixture
def after(ablated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project after `ablate`, as the current folder."""
    return copied(ablated, tmp_path, monkeypatch)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that are fitted from here on, fold by fold."""
    found: list[str] = []

    def cross_validate(*arguments: Any) -> Any:
        *others, on_fit = arguments
        return original(*others, lambda name: (found.append(name), on_fit(name)))

    original = recipes.cross_validate
    monkeypatch.setattr(recipes, "cross_validate", cross_validate)
    return found


def test_the_report_gets_a_section_and_keeps_the_others(after: Path) -> None:
    found = metrics()
    section = found["ablation"]
    scores = found["cross_validation"]["models"]["stack"]
    assert section["version"] == found["version"]
    assert section["metric"] == "rmse_log"
    assert section["full"] == pytest.approx(scores["rmse_log"]["overall"], rel=1e-9)
    assert section["rows"] == found["cross_validation"]["rows"]
    assert (section["folds"], section["bootstrap"]) == (3, 500)
    names = [each["name"] for each in section["ingredients"]]
    assert {*FEW, "derived-features", "ordinal-scales", "tuning", "member-xgboost"} <= set(names)
    assert section["comparisons"] == len(names)
    assert section["left_out"] == []
    differences = [each["difference"] for each in section["ingredients"]]
    assert differences == sorted(differences, reverse=True)
    assert Path("reports/figures/ablation.png").read_bytes().startswith(b"\x89PNG")


def test_without_stacking_is_the_best_single_model_of_the_report(after: Path) -> None:
    found = metrics()
    scores = found["cross_validation"]["models"]
    best = min(scores[name]["rmse_log"]["overall"] for name in ("ridge", "xgboost"))
    (stacking,) = (e for e in found["ablation"]["ingredients"] if e["name"] == "stacking")
    assert stacking["without"] == pytest.approx(best)


def test_a_second_run_gives_the_same_and_fits_nothing(after: Path, fits: list[str]) -> None:
    before = metrics()["ablation"]
    assert figures(ablate.ablate(settings()).metrics["ablation"]) == figures(before)
    assert fits == []


def test_a_run_from_nothing_gives_the_same(after: Path) -> None:
    before = {each["name"]: each["without"] for each in metrics()["ablation"]["ingredients"]}
    shutil.rmtree("reports/ablation")
    found = by_name(ablate.ablate(settings(ablate={"ingredients": FEW})))
    assert {name: each["without"] for name, each in found.items()} == {
        name: before[name] for name in FEW
    }


def test_what_no_ingredient_changes_is_not_fitted_again(project: Path, fits: list[str]) -> None:
    ablate.ablate(settings(ablate={"ingredients": ["stacking", "member-ridge"]}))
    assert sorted(fits) == ["ridge"] * 3 + ["xgboost"] * 3


@needs_sigkill
def test_a_killed_run_goes_on_where_it_was(project: Path, ablated: Path, fits: list[str]) -> None:
    params = settings(ablate={"ingredients": FEW})
    run_until_killed(
        "from {{ cookiecutter.package_name }} import ablate\n"
        "from {{ cookiecutter.package_name }}.ablation_cache import Outcomes\n"
        "from {{ cookiecutter.package_name }}.config import Params\n"
        "put, kept = Outcomes.put, []\n"
        "def killing(self, fit, arrays):\n"
        "    put(self, fit, arrays)\n"
        "    kept.append(fit)\n"
        "    if len(kept) == 4:\n"
        f"        {KILL}\n"
        "Outcomes.put = killing\n"
        "ablate.ablate(Params.model_validate_json(sys.argv[1]))",
        params.model_dump_json(),
    )
    assert "ablation" not in metrics()
    assert len(list(Path("reports/ablation").rglob("*.npz"))) == 4
    resumed = by_name(ablate.ablate(params))
    # The complete recipe and the first ingredient were done; the group of columns was left.
    assert sorted(fits) == ["ridge"] * 3 + ["xgboost"] * 3
    unbroken = json.loads((ablated / "reports/metrics.json").read_text())["ablation"]
    expected = {each["name"]: each for each in unbroken["ingredients"]}
    for name in FEW:
        for key in ("without", "difference", "relative", "worse_folds"):
            assert resumed[name][key] == expected[name][key]


def test_outcomes_of_other_code_are_not_used(
    after: Path, fits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = by_name(ablate.ablate(settings(ablate={"ingredients": ["member-ridge"]})))
    for path in Path("reports/ablation").rglob("*.npz"):
        with np.load(path) as stored:
            wrong = {"prediction": stored["prediction"] + 1.0, "seconds": stored["seconds"]}
        np.savez(path, **wrong)
    monkeypatch.setattr(ablate, "code_digest", lambda folder: "edited")
    found = by_name(ablate.ablate(settings(ablate={"ingredients": ["member-ridge"]})))
    assert found["member-ridge"]["without"] == before["member-ridge"]["without"]
    assert len(fits) == 6
    assert len(list(Path("reports/ablation").iterdir())) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train": {"folds": 4}}, r"another train\.folds \(3, now 4\)"),
        ({"train": {"model": "ridge"}}, r"another train\.model \(stack, now ridge\)"),
        ({"train": {"candidates": ["ridge"]}}, r"another train\.candidates"),
        ({"train": {"log_target": False}}, r"another train\.log_target"),
        ({"models": {"ridge": {"alpha": 900.0}}}, r"now comes to .* Run `train` again"),
        ({"data": {"seed": 7}}, "the model was trained on other data"),
        ({"ablate": {"ingredients": ["magic"]}}, r"there is no magic; use some of log-target, "),
    ],
)
def test_settings_that_are_not_those_of_the_model_are_refused(
    project: Path, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        ablate.ablate(settings(**changed))
    assert "ablation" not in metrics()


def test_nothing_to_leave_out_is_said() -> None:
    with pytest.raises(ValueError, match="name each ingredient at most once and at least one"):
        settings(ablate={"ingredients": []})


def test_what_the_settings_do_not_use_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    single = {"train": {"model": "ridge", "log_target": False}}
    train.train(settings(**single))
    names = ["log-target", "stacking", "tuning"]
    result = ablate.ablate(settings(**single, ablate={"ingredients": names}))
    # A straight line through so few prices asks for less than nothing, which has no logarithm.
    assert result.metrics["ablation"]["metric"] == "rmse"
    section = result.metrics["ablation"]
    assert [each["name"] for each in section["ingredients"]] == ["tuning"]
    assert {each["name"]: each["reason"] for each in section["left_out"]} == {
        "log-target": "train.log_target is false",
        "stacking": "train.model is ridge",
    }
    output = StringIO()
    ablate.show(result, Console(file=output, width=100))
    assert "Not used here: Stacking (train.model is ridge)." in output.getvalue()
    with pytest.raises(UserError, match="nothing to leave out"):
        ablate.ablate(settings(**single, ablate={"ingredients": ["stacking"]}))


def test_a_model_trained_meanwhile_is_noticed_before_anything_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def study(*arguments: Any) -> dict[str, Any]:
        found = original(*arguments)
        path = Path("models/manifest.json")
        path.write_text(json.dumps({**json.loads(path.read_text()), "version": "20990101-0"}))
        return found

    original = ablate._study
    monkeypatch.setattr(ablate, "_study", study)
    with pytest.raises(UserError, match="a new model was trained while this ran"):
        ablate.ablate(settings(ablate={"ingredients": ["stacking"]}))
    assert "ablation" not in metrics()
    assert not Path("reports/figures/ablation.png").exists()


def test_the_held_out_file_is_not_opened(project: Path) -> None:
    path = Path("data/processed/test.parquet")
    path.write_bytes(b"not to be read")
    ablate.ablate(settings(ablate={"ingredients": ["stacking"]}))
    assert path.read_bytes() == b"not to be read"


def test_a_run_is_logged(project: Path) -> None:
    import mlflow

    ingredients = {**SMALL, "ingredients": ["log-target"]}
    result = ablate.ablate(tracked(train={"model": "stack"}, ablate=ingredients))
    client = mlflow.MlflowClient(tracking_uri=uri())
    experiment = client.get_experiment_by_name(train.PROJECT)
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id], "tags.step = 'ablate'")
    difference = by_name(result)["log-target"]["difference"]
    assert run.data.metrics["ablation/log-target"] == pytest.approx(difference)
    assert run.data.params["version"] == result.metrics["version"]


def planted(header: list[str], rows: list[list[object]], **sections: dict[str, Any]) -> Params:
    """A CSV file of those rows, trained on; its settings."""
    lines = [",".join(header), *(",".join(str(cell) for cell in row) for row in rows)]
    Path("rows.csv").write_text("\n".join(lines) + "\n")
    data = {"source": "csv", "path": "rows.csv", "target": header[-1], "test_size": 0.0}
    params = settings(**{"train": {"model": "ridge"}, **sections}, data=data)
    train.train(params)
    return params


def verdicts(params: Params) -> dict[str, str]:
    return {name: each["verdict"] for name, each in by_name(ablate.ablate(params)).items()}


def test_a_column_that_makes_the_price_helps_and_one_of_noise_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows: list[list[object]] = []
    for _ in range(150):
        size, noise, town = rng.uniform(30, 150), rng.normal(), rng.choice(["Ghent", "Ypres"])
        price = 2000 * size * (1.3 if town == "Ghent" else 1.0) * rng.lognormal(0, 0.05)
        rows.append([f"{size:.1f}", f"{noise:.3f}", town, f"{price:.0f}"])
    found = verdicts(planted(["m2", "dice", "town", "price"], rows))
    assert found["columns-only-m2"] == found["columns-numbers"] == "helps"
    assert found["columns-categories"] == "helps"  # the town alone
    assert found["columns-only-dice"] != "helps"


def test_scales_help_where_the_price_rises_with_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    header = ["ExterQual", "KitchenQual", "HeatingQC", "GarageQual", "BsmtQual", "FireplaceQu"]
    ranks = rng.integers(0, 5, (90, len(header)))
    rows: list[list[object]] = [
        [*(QUALITY[rank] for rank in row), round(np.exp(10 + row.sum() / 10 + rng.normal() / 10))]
        for row in ranks
    ]
    assert verdicts(planted([*header, "SalePrice"], rows))["ordinal-scales"] == "helps"


def test_the_logarithm_helps_where_errors_are_shares_of_the_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows: list[list[object]] = [
        [f"{x:.3f}", f"{np.exp(8 + 2 * x + rng.normal() / 5):.0f}"] for x in rng.uniform(0, 2, 120)
    ]
    result = ablate.ablate(planted(["quality", "price"], rows))
    found = by_name(result)["log-target"]
    assert found["verdict"] == "helps"
    # A straight line through those prices asks for less than nothing at one end.
    assert "below zero, read as the lowest price" in found["note"]
    output = StringIO()
    ablate.show(result, Console(file=output, width=100))
    assert "Without Logarithm of the target: " in output.getvalue()


def test_a_target_without_a_logarithm_is_measured_in_its_own_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows: list[list[object]] = [
        [f"{x:.3f}", "ab"[i % 2], f"{3 * x - 15 + rng.normal():.3f}"]
        for i, x in enumerate(rng.uniform(0, 10, 80))
    ]
    single = {"model": "ridge", "log_target": False}
    params = planted(["size", "town", "profit"], rows, train=single)
    section = ablate.ablate(params).metrics["ablation"]
    assert section["metric"] == "rmse"
    assert section["full"] == pytest.approx(1.0, rel=0.3)
    assert section["rows"] == len(load_train(params).target)
