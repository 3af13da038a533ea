"""Settings: typed, overridable, and wrong ones refused in one line that says how to mend them."""

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.params import Section, load_params


class DataParams(Section):
    """A section with a setting of each kind."""

    source: Literal["sample", "file"] = "sample"
    seed: int = Field(default=42, ge=0)
    test_size: float = Field(default=0.2, ge=0.0, le=0.5)
    target: str = "price"
    identifier: str | None = "Id"
    ignore: tuple[str, ...] = ()
    timeout_s: float | None = None
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")


class TrainParams(Section):
    """Another section."""

    folds: int = Field(default=5, ge=2)
    log_target: bool = True


class Params(Section):
    """Settings as a template has them."""

    data: DataParams = DataParams()
    train: TrainParams = TrainParams()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose params.yaml is the tests' own, as the current one."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("data:\n  seed: 42\n")
    return tmp_path


def load(*overrides: str) -> Params:
    return load_params(Params, Path("params.yaml"), list(overrides))


def load_text(text: str) -> Params:
    Path("params.yaml").write_text(text, encoding="utf-8")
    return load_params(Params, Path("params.yaml"), [])


def refusal(*overrides: str, text: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        load(*overrides) if text is None else load_text(text)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_settings_cannot_be_changed_once_they_are_loaded() -> None:
    params = load()
    with pytest.raises(ValidationError):
        params.data.seed = 7  # type: ignore[misc]


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("data.seed=7", "data", "seed", 7),
        ("data.test_size=0", "data", "test_size", 0.0),
        ("data.ignore=[Id, 'Sale Type']", "data", "ignore", ("Id", "Sale Type")),
        ("data.identifier=House No", "data", "identifier", "House No"),
        ("data.identifier=a=b", "data", "identifier", "a=b"),
        ("data.identifier=", "data", "identifier", None),
        ("train.log_target=false", "train", "log_target", False),
        ("data.timeout_s=1.5", "data", "timeout_s", 1.5),
        ("data.timeout_s=null", "data", "timeout_s", None),
        (" train.log_target =no", "train", "log_target", False),
    ],
)
def test_an_override_is_read_as_yaml(override: str, section: str, key: str, value: Any) -> None:
    assert getattr(getattr(load(override), section), key) == value


@pytest.mark.parametrize("name", ["yes", "2024", "007", "1_000", "1.50", "2024-01-31"])
def test_a_text_is_taken_as_it_was_written_whatever_yaml_would_make_of_it(name: str) -> None:
    params = load(f"data.target={name}", f"data.identifier={name}", f"data.ignore=[Id, {name}]")
    assert params.data.target == params.data.identifier == name
    assert params.data.ignore == ("Id", name)
    in_a_file = load_text(f"data:\n  target: {name}\n  ignore:\n  - {name}\n  - Id\n")
    assert in_a_file.data.target == name
    assert in_a_file.data.ignore == (name, "Id")


def test_no_value_and_a_list_are_no_text() -> None:
    assert "data.target = None" in refusal("data.target=null")
    assert "data.target = ['a']" in refusal("data.target=[a]")


def test_the_last_override_wins() -> None:
    assert load("data.seed=1", "data.seed=2").data.seed == 2


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("data.sed=7", ("--set data.sed=7", "data.sed is not a setting", "mean data.seed?")),
        ("trian.folds=3", ("trian is not a setting", "Did you mean train?")),
        ("zzz.folds=3", ("zzz is not a setting", "Known: data, train.")),
        ("data.seed=abc", ("--set data.seed=abc", "data.seed = 'abc'", "valid integer")),
        ("data.seed=-1", ("data.seed = -1", "greater than or equal to 0")),
        ("train.folds=1", ("train.folds = 1", "greater than or equal to 2")),
        ("data.source=a", ("data.source = 'a': Input should be 'sample' or 'file'.",)),
        ("data.sha256=abc", ("data.sha256", "pattern")),
        ("seed=7", ("--set seed=7", "section.key=value", "--set data.seed=7")),
        ("data.seed", ("--set data.seed:", "section.key=value")),
        ("data.=7", ("--set data.=7", "section.key=value")),
        ("=7", ("--set =7", "section.key=value")),
        ("data.seed.low=7", ("data.seed is a value, not a section",)),
        ("data=7", ("section.key=value",)),
    ],
)
def test_a_wrong_override_is_refused_in_one_line(override: str, words: tuple[str, ...]) -> None:
    message = refusal(override)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data:\n  seeed: 1\n", ("params.yaml: data.seeed", "Did you mean data.seed?")),
        ("data:\n  seed: much\n", ("params.yaml: data.seed = 'much'", "integer")),
        ("data: 5\n", ("params.yaml: data = 5",)),
        ("data:\n  seed: 1\n bad: 2\n", ("params.yaml, line 3", "not valid YAML", "Mend")),
        ("data: [1, 2\n", ("params.yaml, line", "not valid YAML")),
        ("data:\n\tseed: 1\n", ("params.yaml, line 2", "not valid YAML")),
        ("- data\n", ("params.yaml", "list", "section:")),
        ("just words\n", ("params.yaml", "str", "section:")),
        ("1: 2\n", ("params.yaml",)),
        ("data:\n  1: 2\n", ("params.yaml",)),
        ("data:\n  seed: a\n  test_size: b\n", ("data.seed", "1 more like it")),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(text: str, words: tuple[str, ...]) -> None:
    message = refusal(text=text)
    for word in words:
        assert word in message


def test_an_empty_file_means_the_defaults() -> None:
    assert load_text("# nothing yet\n") == Params()


@pytest.mark.parametrize("section", ["data", "train"])
def test_a_section_without_keys_is_refused(section: str) -> None:
    assert f"{section} = None" in refusal(text=f"{section}:\n")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UserError, match=r"no-such\.yaml: no such file.*--params"):
        load_params(Params, Path("no-such.yaml"), [])


def test_a_folder_and_a_binary_file_are_refused_in_one_line(folder: Path) -> None:
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00data")
    (folder / "control.yaml").write_bytes(b"data:\x00\n")
    for path in (folder, folder / "binary.yaml", folder / "control.yaml"):
        with pytest.raises(UserError) as caught:
            load_params(Params, path, [])
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
