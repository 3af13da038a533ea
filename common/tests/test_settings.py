"""The settings of the server: what is read, and what is refused."""

import os
import re
from pathlib import Path

import pytest
from pydantic import AliasChoices

from {{ cookiecutter.package_name }}.api.settings import Settings, load_settings
from {{ cookiecutter.package_name }}.errors import UserError

EXAMPLE = Path(__file__).parents[1] / ".env.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_PORT", "99999"),
        ("APP_WORKERS", "0"),
        ("APP_MAX_IN_FLIGHT", "none"),
        ("APP_TIMEOUT_S", "-1"),
        ("APP_LOG_LEVEL", "loud"),
        ("APP_PREDICTION_LOG_MB", "0"),
    ],
)
def test_each_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f"^{name} = '{value}'") as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_lists_and_empty_values_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APP_PREDICTION_LOG_LEAVE_OUT", "Street, Alley")
    monkeypatch.setenv("APP_PREDICTION_LOG", "")
    monkeypatch.setenv("MODEL_URI", "models:/x@champion")
    settings = load_settings()
    assert settings.prediction_log_leave_out == ("Street", "Alley")
    assert settings.prediction_log is None
    assert settings.model_uri == "models:/x@champion"


def test_the_example_explains_every_setting_and_no_other() -> None:
    known = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        known.add(alias.choices[0] if isinstance(alias, AliasChoices) else f"APP_{name.upper()}")
    shown = re.findall(r"^#?((?:APP|MODEL)_[A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(known)


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("APP_", "MODEL_"))]:
        monkeypatch.delenv(name)
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)
