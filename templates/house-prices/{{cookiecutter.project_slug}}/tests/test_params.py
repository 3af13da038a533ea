"""Settings: typed, checked, and refused in one line that says where and what to do."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import config
from {{ cookiecutter.package_name }}.errors import UserError

SHIPPED = Path(__file__).parents[1] / "params.yaml"


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(UserError) as error:
        config.load(path, list(overrides))
    message = str(error.value)
    assert "\n" not in message
    return message


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return path


def test_the_file_that_comes_with_the_project_holds_the_defaults() -> None:
    shipped = config.load(SHIPPED, ["data.source=sample", "data.path=null"])
    assert shipped == config.Params()


def test_an_override_has_the_type_that_yaml_gives_it() -> None:
    params = config.load(
        SHIPPED,
        [
            "data.seed=7",
            "train.log_target=false",
            "train.candidates=[ridge, xgboost]",
            "models.ridge.alpha=0.5",
            "tune.timeout_s=1.5",
        ],
    )
    assert params.data.seed == 7
    assert params.train.log_target is False
    assert params.train.candidates == ("ridge", "xgboost")
    assert params.hyperparameters("ridge") == {"alpha": 0.5}
    assert params.tune.timeout_s == 1.5


def test_the_last_override_of_a_key_counts() -> None:
    assert config.load(SHIPPED, ["data.seed=7", "data.seed=8"]).data.seed == 8


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("train.fold=3", ("--set train.fold=3", "train.fold", "Did you mean folds?")),
        ("nowhere.seed=3", ("nowhere", "is not a setting")),
        ("train.folds=1", ("train.folds = 1", "greater than or equal to 2")),
        ("train.folds=many", ("train.folds = 'many'", "integer")),
        ("data.source=floppy", ("data.source = 'floppy'", "'sample', 'openml' or 'csv'")),
        ("data.source=csv", ("data.path must name a file",)),
        ("train.candidates=[stack]", ("not stack itself",)),
        ("train.candidates=[ridge, ridge]", ("at most once",)),
        ("data.test_size=0.9", ("data.test_size = 0.9", "0.5")),
        ("seed=3", ("section.key=value",)),
        ("data.seed", ("section.key=value",)),
        ("data.seed.deep=3", ("data.seed is a value",)),
    ],
)
def test_a_wrong_override_is_refused(override: str, parts: tuple[str, ...]) -> None:
    message = refusal(SHIPPED, override, *(["data.path=null"] if "source" in override else []))
    for part in parts:
        assert part in message


def test_an_unknown_key_in_the_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, "train:\n  fold: 3\n"))
    assert "params.yaml: train.fold is not a setting. Did you mean folds?" in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("data: [1,\n", "line"),
        ("- 1\n", "not sections"),
        ("data: 3\n", "data = 3"),
    ],
)
def test_a_file_that_is_not_settings_is_refused(tmp_path: Path, text: str, part: str) -> None:
    assert part in refusal(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "absent.yaml")


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert config.load(written(tmp_path, ""), []) == config.Params()


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        config.Params().data.seed = 3  # type: ignore[misc]
