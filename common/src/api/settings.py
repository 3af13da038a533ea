"""How the server runs: environment variables that start with APP_, or a file .env."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ..errors import UserError


class Settings(BaseSettings):
    """Limits and places. An unusable value stops the start."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", extra="ignore")

    models: Path = Path("models")
    max_body_bytes: int = Field(default=4_000_000, ge=1_000)
    max_batch_rows: int = Field(default=1_000, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def load_settings() -> Settings:
    """The settings. Raises UserError that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"APP_{'_'.join(str(part) for part in first['loc'])}".upper()
        raise UserError(
            f"{name} = {first['input']!r} (environment or .env): {first['msg']}. "
            "Correct it, or leave it away for the default."
        ) from None
