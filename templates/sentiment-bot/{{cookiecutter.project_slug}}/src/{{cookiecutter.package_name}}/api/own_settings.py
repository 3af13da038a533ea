"""The settings of the conversation; the others are in settings.py. .env.example explains each."""

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

BODY_BYTES = 4_000_000
"""Of a request, if APP_MAX_BODY_BYTES says nothing else."""


class OwnSettings(BaseSettings):
    """Where the rules are, where conversations are kept, and how many for how long."""

    dialog: Path = Path("dialog.yaml")
    redis_url: SecretStr | None = None
    chat_sessions: int = Field(default=10_000, ge=1)
    chat_ttl_s: int = Field(default=1800, ge=1)
    chat_turns: int = Field(default=200, ge=1)

    @field_validator("redis_url", mode="before")
    @classmethod
    def _empty_is_no_redis(cls, value: Any) -> Any:
        return None if value == "" else value

    def remarks(self, workers: int) -> list[str]:
        """What may be, and is hardly meant: one line each, for the log at the start."""
        if workers == 1 or self.redis_url is not None:
            return []
        return [
            f"{workers} workers without APP_REDIS_URL: each knows only its own conversations, so a "
            "POST /chat that another one answers begins a new one; set it, or use one worker"
        ]
