"""The API key: optional for predictions, required for what changes the service."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from pydantic import SecretStr

from .problems import Problem

HEADER = "X-API-Key"
_HEADER = HEADER.lower().encode()


class ApiKey:
    """Compares what a request sends with the key of the settings, in constant time."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key.get_secret_value().encode() if key else None

    @property
    def required(self) -> bool:
        """Whether predictions need the key."""
        return self._key is not None

    def check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raise Problem (401) unless the key was sent. Without a key in the settings all pass."""
        if self._key is None:
            return
        sent = next((value for name, value in headers if name == _HEADER), b"")
        if not hmac.compare_digest(sent, self._key):
            raise Problem(
                401,
                f"Send the key of this service as {HEADER}.",
                headers={"WWW-Authenticate": f'ApiKey realm="{HEADER}"'},
            )

    def check_operator(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Like `check`, but without a key in the settings nobody passes (403)."""
        if self._key is None:
            raise Problem(403, "Switched off: the service was started without APP_API_KEY.")
        self.check(headers)
