"""`train` registers the model; who is champion, the same held-out rows decide."""

import json
import shutil
import time
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import quiet_settings
from rich.console import Console
from starlette.testclient import TestClient
from tracked import NAME, WEAK, aliases, registry, tracked, uri

from {{ cookiecutter.package_name }} import contest, evaluate, train
from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.model_source import model_folder
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import MANIFEST, read_manifest, verify
from {{ cookiecutter.package_name }}.data import load_test, load_train
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.registry import REPORTS

pytestmark = pytest.mark.usefixtures("folder")


def trained(**sections: Any) -> dict[str, Any]:
    """The section `promotion` of a training."""
    found: dict[str, Any] = train.train(tracked(**sections)).metrics["promotion"]
    return found


def rows_file(drop: tuple[str, ...] = (), **rename: str) -> dict[str, str]:
    """The sample's rows as a file of one's own, so that another seed splits the same rows."""
    data = load_train(tracked(data={"test_size": 0}))
    frame = data.frame.assign(SalePrice=data.target).drop(columns=list(drop))
    frame.rename(columns=rename).to_csv("rows.csv", index=False)
    return {"source": "csv", "path": "rows.csv"}


# --- what is registered ---------------------------------------------------------------------------


def test_the_first_model_is_the_champion_and_its_version_says_what_it_is() -> None:
    import mlflow

    result = train.train(tracked())
    promotion = result.metrics["promotion"]
    assert promotion["decision"] == "promoted"
    assert "no champion" in promotion["reason"]
    assert promotion["champion"] is None
    assert promotion["challenger"]["version"] == result.manifest.version
    assert promotion["opened"] == 0
    assert aliases() == {"champion": "1"}
    client = mlflow.MlflowClient(tracking_uri=uri())
    version = client.get_model_version(NAME, "1")
    assert version.tags == {
        "version": result.manifest.version,
        "data": result.manifest.data["name"],
        "data_sha256": result.manifest.data["sha256"],
        "decision": "promoted",
        "reason": promotion["reason"],
    }
    assert result.manifest.data["name"] in version.description
    run = client.get_run(version.run_id)
    assert run.data.tags["decision"] == "promoted"
    assert run.data.tags["registered"] == f"{NAME} version 1"
    stored = registry().download(registry().number("1"), REPORTS, Path("stored"))
    assert json.loads((stored / "metrics.json").read_bytes()) == result.metrics
    assert (stored / "out-of-fold-predictions.png").is_file()


def test_mlflow_loads_the_champion_by_itself() -> None:
    import mlflow

    params = tracked()
    train.train(params)
    rows = load_train(params).frame.head(4)
    prices = Predictor.load(Path("models"))
    expected = prices.raw(np.array([prices.encode(row) for row in rows.to_numpy(dtype=object)]))
    mlflow.set_tracking_uri(uri())
    found = mlflow.pyfunc.load_model(f"models:/{NAME}@champion").predict(rows)
    assert np.abs(found - expected).max() < 1e-6


def test_the_model_is_named_after_the_project_unless_the_settings_name_it() -> None:
    assert trained(registry={"name": None})["name"] == train.PROJECT


# --- the contest ----------------------------------------------------------------------------------


def test_a_better_model_takes_the_alias_and_a_worse_one_stays_challenger() -> None:
    first = trained(models=WEAK)
    better = trained()
    assert better["decision"] == "promoted"
    assert better["high"] < 0
    assert better["difference"] == better["challenger"]["value"] - better["champion"]["value"]
    assert better["champion"]["version"] == first["challenger"]["version"]
    assert better["opened"] == 1
    assert aliases() == {"champion": "2"}
    worse = trained(models=WEAK)
    assert worse["decision"] == "kept"
    assert worse["low"] > 0
    assert aliases() == {"champion": "2", "challenger": "3"}
    assert read_manifest(Path("models")).version == worse["challenger"]["version"]
    # What was the challenger is none any more once another model is the champion.
    assert trained(registry={"promote": "always"})["decision"] == "promoted"
    assert aliases() == {"champion": "4"}


def test_the_same_model_again_does_not_take_the_alias() -> None:
    trained()
    again = trained()
    assert again["decision"] == "kept"
    assert "holds zero" in again["reason"]
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_both_are_measured_as_they_are_served_on_the_held_out_rows() -> None:
    params = tracked()
    trained(models=WEAK)
    shutil.copytree("models", "before")
    found = trained()
    test = load_test(params)
    assert found["rows"] == len(test.target)
    for folder, role in (("before", "champion"), ("models", "challenger")):
        served = Predictor.load(Path(folder))
        encoded = np.array([served.encode(row) for row in test.frame.to_numpy(dtype=object)])
        errors = np.log(served.prices(encoded)) - np.log(test.target.to_numpy())
        assert found[role]["value"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    measured = evaluate.evaluate(params).metrics["held_out"]["metrics"]["rmse_log"]["value"]
    assert found["challenger"]["value"] == pytest.approx(measured, rel=1e-4)


def test_evaluate_counts_the_contest_as_a_look_at_the_held_out_rows() -> None:
    trained()
    params = tracked()
    assert evaluate.evaluate(params).metrics["held_out"]["opened"] == 1
    trained()
    assert [evaluate.evaluate(params).metrics["held_out"]["opened"] for _ in range(2)] == [2, 3]


def test_rows_that_the_champion_was_trained_on_are_left_out() -> None:
    source = rows_file()
    champion = tracked(data={**source, "seed": 1})
    train.train(champion)
    its_rows = load_train(champion)
    challenger = tracked(data={**source, "seed": 2, "test_size": 0.5}, registry={"min_rows": 5})
    found = train.train(challenger).metrics["promotion"]
    test = load_test(challenger)
    lines = set(its_rows.lines.tolist())
    leaked = [line for line in test.lines.tolist() if line in lines]
    assert found["left_out"] == len(leaked) > 0
    assert found["rows"] == len(test.lines) - len(leaked)


def test_too_few_new_rows_are_no_contest() -> None:
    source = rows_file()
    trained(data={**source, "seed": 1})
    found = trained(data={**source, "seed": 2})
    assert found["decision"] == "kept"
    assert "registry.min_rows is 30" in found["reason"]
    assert "low" not in found
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_without_held_out_rows_the_second_model_stays_challenger() -> None:
    assert trained(data={"test_size": 0})["decision"] == "promoted"
    found = trained(data={"test_size": 0})
    assert found["decision"] == "kept"
    assert "test_size is 0" in found["reason"]


def test_a_champion_that_reads_other_columns_is_kept_with_the_reason() -> None:
    trained(data=rows_file())
    found = trained(data=rows_file(drop=("GrLivArea",)))
    assert found["decision"] == "kept"
    assert "no column GrLivArea" in found["reason"]


def test_a_champion_with_another_target_is_kept_with_the_reason() -> None:
    trained(data=rows_file())
    found = trained(data={**rows_file(SalePrice="price"), "target": "price"})
    assert "it predicts SalePrice, not price" in found["reason"]


def test_a_champion_of_before_its_rows_were_noted_is_kept_with_the_reason() -> None:
    trained()
    old = Path("mlruns").glob("**/serving/manifest.json")
    for path in old:
        manifest = json.loads(path.read_bytes())
        del manifest["artifacts"]["training-rows.npy"]
        path.write_text(json.dumps(manifest))
    found = trained()
    assert found["decision"] == "kept"
    assert "does not list training-rows.npy" in found["reason"]


def test_a_champion_whose_files_are_gone_is_kept_with_the_reason() -> None:
    trained()
    shutil.rmtree(next(Path("mlruns").glob("**/serving")))
    found = trained()
    assert found["decision"] == "kept"
    assert "files cannot be had" in found["reason"]


def test_a_target_without_a_logarithm_is_compared_in_its_own_unit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    size, noise = rng.uniform(0, 10, 200), rng.normal(0, 1, 200)
    lines = [f"{x:.3f},{3 * x - 15 + e:.3f}" for x, e in zip(size, noise, strict=True)]
    Path("shops.csv").write_text("size,profit\n" + "\n".join(lines) + "\n")
    data = {"source": "csv", "path": "shops.csv", "target": "profit"}
    settings = {"data": data, "train": {"model": "ridge", "log_target": False}}
    trained(**settings, models=WEAK)
    found = trained(**settings)
    assert found["metric"] == "rmse"
    assert found["decision"] == "promoted"


# --- what is said ---------------------------------------------------------------------------------


def shown(result: train.TrainingResult) -> str:
    output = StringIO()
    train.show(result, Console(file=output, width=1000))
    return output.getvalue()


def test_the_terminal_says_who_is_champion_and_why() -> None:
    text = shown(train.train(tracked()))
    assert f"Registered {NAME} version 1 as champion: there was no champion" in text
    text = shown(train.train(tracked(models=WEAK)))
    assert f"Registered {NAME} version 2 as challenger: rmse_log " in text
    assert "all of it worse" in text
    text = shown(train.train(tracked(registry={"min_rows": 1000})))
    assert "To promote it by hand" in text
    assert "registry.promote" in text


def test_without_tracking_nothing_is_registered_and_one_line_says_so() -> None:
    result = train.train(tracked(tracking={"enabled": False}))
    assert "promotion" not in result.metrics
    assert shown(result).splitlines()[-1] == "Not registered: tracking.enabled is false."
    assert not Path("mlruns").exists()


# --- serving a version ----------------------------------------------------------------------------


def test_a_registered_version_is_served_from_its_own_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = train.train(tracked())
    second = train.train(tracked(models=WEAK))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri())
    expected = {"@champion": first, "@challenger": second, "/1": first, "/2": second}
    for suffix, result in expected.items():
        with model_folder(Path("nowhere"), f"models:/{NAME}{suffix}") as folder:
            manifest = verify(folder, tuple(result.manifest.artifacts))
            assert manifest == result.manifest
            Predictor.load(folder)
        assert not folder.exists()


def test_the_service_answers_with_the_champion_and_a_reload_follows_the_alias(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = train.train(tracked(models=WEAK)).manifest.version
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri())
    settings = quiet_settings(model_uri=f"models:/{NAME}@champion", api_key="key")
    with TestClient(create_app(settings), headers={"X-API-Key": "key"}) as client:
        deadline = time.monotonic() + 60
        while client.get("/health/ready").status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.post("/predict", json={}).json()["version"] == first
        second = train.train(tracked()).manifest.version
        assert client.post("/model/reload").json()["version"] == second != first
        assert client.post("/predict", json={}).json()["version"] == second


def test_without_an_address_the_folder_itself_is_served() -> None:
    with model_folder(Path("models"), None) as folder:
        assert folder == Path("models")


@pytest.mark.parametrize(
    ("address", "server", "part"),
    [
        (f"models:/{NAME}@nobody", None, "has no such version"),
        (f"models:/{NAME}/7", None, "has no such version"),
        ("models:/nothing@champion", None, "has no such version"),
        ("runs:/1/model", None, "not of the form"),
        ("models:/houses", None, "not of the form"),
        (f"models:/{NAME}@champion", "sqlite:///nowhere.db", "nowhere.db: no such file"),
        (f"models:/{NAME}@champion", "http://ada:secret@127.0.0.1:1", "ada:***@127.0.0.1:1"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(
    monkeypatch: pytest.MonkeyPatch, address: str, server: str | None, part: str
) -> None:
    tracked()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server or uri())
    with pytest.raises(UserError) as caught, model_folder(Path("models"), address):
        pass
    message = str(caught.value)
    assert message.startswith(f"MODEL_URI = {address}: ")
    assert part in message
    assert "\n" not in message
    assert "secret" not in message
    assert "tracking.enabled" not in message
    assert not Path("nowhere.db").exists()


def test_where_mlflow_is_not_installed_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise ImportError("No module named 'mlflow'", name="mlflow")

    monkeypatch.setattr("{{ cookiecutter.package_name }}.tracking.load_mlflow", absent)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    with (
        pytest.raises(UserError, match=r"mlflow is not installed.*\[registry\]"),
        model_folder(Path("models"), f"models:/{NAME}@champion"),
    ):
        pass


def test_the_contest_says_which_manifest_is_missing() -> None:
    train.train(tracked())
    empty = Path("empty")
    empty.mkdir()
    found = contest.contest(tracked(), empty, Path("models"))
    assert isinstance(found, str)
    assert f"{empty / MANIFEST}: no such file" in found
