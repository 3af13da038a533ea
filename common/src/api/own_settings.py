"""The settings of a template's own service: none here.

A template that has some puts a module of its own in this one's place, with the same names. Each is
read as APP_ and its name, and documented in a block of .env.example and of compose.yaml.
"""

from pydantic_settings import BaseSettings

BODY_BYTES = 4_000_000
"""Of a request, if APP_MAX_BODY_BYTES says nothing else."""


class OwnSettings(BaseSettings):
    """Fields beside those of `Settings`, with their validators."""

    def remarks(self, workers: int) -> list[str]:
        """What may be, and is hardly meant: one line each, for the log at the start."""
        return []
