"""The settings of this project: its own file, its own rules, and what a refusal of them says."""

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from {{ cookiecutter.package_name }} import config
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.errors import UserError

PARAMS = Path(__file__).parents[1] / "params.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose params.yaml is the tests' own, as the current one."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("data:\n  seed: 42\nmodels: {}\n")
    return tmp_path


def load(*overrides: str) -> Params:
    return config.load(Path("params.yaml"), list(overrides))


def load_text(text: str) -> Params:
    Path("params.yaml").write_text(text, encoding="utf-8")
    return config.load(Path("params.yaml"), [])


def refusal(*overrides: str, text: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        load(*overrides) if text is None else load_text(text)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_projects_own_file_shows_every_setting_and_is_valid() -> None:
    written = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    known = Params().model_dump()
    assert list(written) == list(known)
    for section in known.keys() - {"models"}:
        assert list(written[section]) == list(known[section])
    config.load(PARAMS, [])


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("train.candidates=[ridge]", "train", "candidates", ("ridge",)),
        ("tune.timeout_s=1.5", "tune", "timeout_s", 1.5),
        ("tune.timeout_s=null", "tune", "timeout_s", None),
        (" tracking.enabled =no", "tracking", "enabled", False),
    ],
)
def test_an_override_of_this_projects_settings_is_read_as_yaml(
    override: str, section: str, key: str, value: Any
) -> None:
    assert getattr(getattr(load(override), section), key) == value


def test_an_override_reaches_into_a_models_hyperparameters() -> None:
    params = load("models.xgboost.max_depth=3", "models.xgboost.eta=0.1")
    assert params.hyperparameters("xgboost") == {"max_depth": 3, "eta": 0.1}
    assert params.hyperparameters("ridge") == {}


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("zzz.folds=3", ("zzz is not a setting", "Known: ablate, data, drift, evaluate, explain")),
        ("data.seed=-1", ("data.seed = -1", "greater than or equal to 0")),
        ("train.folds=1", ("train.folds = 1", "greater than or equal to 2")),
        ("train.candidates=[ridge, ridge]", ("train.candidates", "each model at most once")),
        ("train.candidates=[stack]", ("train.candidates", "not stack itself")),
        ("models.forest.depth=3", ("models.forest", "'random_forest'")),
        ("data.sha256=abc", ("data.sha256", "pattern")),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(override: str, words: tuple[str, ...]) -> None:
    message = refusal(override)
    for word in words:
        assert word in message


def test_a_source_that_there_is_not_is_told_with_those_that_there_are() -> None:
    *most, last = map(repr, get_args(DataParams.model_fields["source"].annotation))
    assert refusal("data.source=parquet") == (
        f"--set data.source=parquet: data.source = 'parquet': "
        f"Input should be {', '.join(most)} or {last}."
    )


def test_csv_without_a_path_says_how_to_name_one() -> None:
    message = refusal("data.source=csv", "data.path=null")
    assert "--set data.path=data/raw/houses.csv" in message


@pytest.mark.parametrize("section", ["data", "train", "models", "tracking"])
def test_a_section_without_keys_is_refused(section: str) -> None:
    assert f"{section} = None" in refusal(text=f"{section}:\n")
