"""The settings of the server: what is read, and what is refused."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.api.settings import load_settings
from {{ cookiecutter.package_name }}.errors import UserError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_PORT", "99999"),
        ("APP_WORKERS", "0"),
        ("APP_MAX_IN_FLIGHT", "none"),
        ("APP_TIMEOUT_S", "-1"),
        ("APP_LOG_LEVEL", "loud"),
        ("APP_PREDICTION_LOG_MB", "0"),
        ("APP_BATCH_WAIT_MS", "soon"),
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
