"""The setting of this service alone; the others are in settings.py. .env.example explains each."""

from pydantic import Field
from pydantic_settings import BaseSettings

BODY_BYTES = 4_000_000
"""Of a request, if APP_MAX_BODY_BYTES says nothing else."""


class OwnSettings(BaseSettings):
    """How long a run of the model waits for company."""

    batch_wait_ms: float = Field(default=0.0, ge=0, le=1_000)

    def remarks(self, workers: int) -> list[str]:
        """What may be, and is hardly meant: one line each, for the log at the start."""
        return []
