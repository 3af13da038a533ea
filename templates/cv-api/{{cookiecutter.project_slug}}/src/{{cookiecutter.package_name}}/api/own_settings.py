"""The settings of this service alone; the others are in settings.py. .env.example explains each."""

from pydantic import Field
from pydantic_settings import BaseSettings

from ..picture import MOST_PIXELS

BODY_BYTES = 20_000_000
"""Of a request, if APP_MAX_BODY_BYTES says nothing else: photos have some megabytes."""

PILLOW_PIXELS = 178_000_000  # beyond about so many it refuses a picture by itself


class OwnSettings(BaseSettings):
    """How large a picture may be, and how many classes an answer names."""

    max_pixels: int = Field(default=MOST_PIXELS, ge=64, le=PILLOW_PIXELS)
    top: int = Field(default=5, ge=1, le=1_000)

    def remarks(self, workers: int) -> list[str]:
        """What may be, and is hardly meant: one line each, for the log at the start."""
        return []
