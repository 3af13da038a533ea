"""How the server runs: environment variables that start with APP_, or a file .env."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from ..errors import UserError
from .own_settings import BODY_BYTES, OwnSettings

Names = Annotated[tuple[str, ...], NoDecode]
"""Several names in one variable, with commas between them."""


class Settings(OwnSettings):
    """Limits and places. An unusable value stops the start. .env.example says what each is for."""

    model_config = SettingsConfigDict(
        env_prefix="APP_", env_file=".env", extra="ignore", populate_by_name=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=256)
    api_key: SecretStr | None = None
    models: Path = Path("models")
    model_uri: str | None = Field(
        default=None, validation_alias=AliasChoices("MODEL_URI", "APP_MODEL_URI")
    )
    max_body_bytes: int = Field(default=BODY_BYTES, ge=1_000)
    max_batch_rows: int = Field(default=1_000, ge=1)
    max_in_flight: int = Field(default=64, ge=1)
    max_slow_in_flight: int = Field(default=8, ge=1)
    timeout_s: float = Field(default=30.0, gt=0)
    grace_s: int = Field(default=10, ge=0)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    prediction_log: Path | None = Path("logs/predictions")
    prediction_log_mb: int = Field(default=200, ge=1)
    prediction_log_leave_out: Names = ()
    drift_report: Path = Path("reports/drift.json")
    cors_origins: Names = ()
    frame_ancestors: Names = ()

    @field_validator("api_key", "model_uri", "prediction_log", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("api_key")
    @classmethod
    def _key_can_be_sent(cls, key: SecretStr | None) -> SecretStr | None:
        text = key.get_secret_value() if key else "x"
        if not text.isascii() or not text.isprintable() or text != text.strip():
            raise ValueError("a key has to be plain characters without blanks around them")
        return key

    @field_validator("prediction_log_leave_out", "cors_origins", "frame_ancestors", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())


def load_settings() -> Settings:
    """The settings. Raises UserError that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = "_".join(str(part) for part in first["loc"]).upper()
        name = field if field.startswith(("APP_", "MODEL_URI")) else f"APP_{field}"
        # A key or a password must not end up in a terminal's history or a log.
        setting = Settings.model_fields.get(str(first["loc"][0]))
        secret = setting is not None and "SecretStr" in str(setting.annotation)
        value = "***" if secret else repr(first["input"])
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(
            f"{name} = {value} (environment or .env): {reason}. "
            "Correct it, or leave it away for the default."
        ) from None
