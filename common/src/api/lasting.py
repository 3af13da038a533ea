"""What outlives a model, and what is answered beside its predictions: nothing here.

A template that has such things puts a module of its own in this one's place, with the same names.
"""

from __future__ import annotations

from .metrics import Metrics
from .predictor import Predictor
from .routes import Routes
from .settings import Settings
from .shell import Beside, Socket


class Lasting:
    """Made once in each process, before its first model; a reload leaves it as it is."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.sockets: dict[str, Socket] = {}
        """Path -> what answers a WebSocket there."""

    def around(self, predictor: Predictor, routes: Routes) -> Beside:
        """What is answered beside the routes of this model. Raises UserError if it cannot be."""
        return Beside({}, {})

    def drain(self) -> None:
        """Take no new WebSocket, and ask the callers of the open ones to close theirs."""

    async def close(self) -> None:
        """Let go of what is held, at the end of the process."""
