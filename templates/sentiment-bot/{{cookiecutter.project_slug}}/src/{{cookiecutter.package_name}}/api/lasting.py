"""What outlives a model: the conversations, and the sockets on which they are held."""

from __future__ import annotations

from ..chat import rules
from ..chat.machine import Machine
from ..chat.redis_sessions import RedisSessions
from ..chat.rules_check import check, check_model
from ..chat.sessions import MemorySessions, Sessions
from .chat_metrics import ChatMetrics
from .chat_routes import ChatRoutes
from .chat_socket import SOCKET_PATH, ChatSocket
from .metrics import Metrics
from .predictor import Predictor
from .routes import Routes
from .settings import Settings
from .shell import Beside, Socket


class Lasting:
    """Made once in each process, before its first model; a reload leaves it as it is."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = ChatMetrics(metrics)
        self._sessions = _sessions(settings)
        self._socket = ChatSocket(settings, self._metrics)
        self.sockets: dict[str, Socket] = {SOCKET_PATH: self._socket}
        """Path -> what answers a WebSocket there."""

    def around(self, predictor: Predictor, routes: Routes) -> Beside:
        """The conversation with this model, by the rules as they stand in the file now.

        Raises UserError for rules that are wrong, or that do not go with this model's classes.
        """
        found = rules.load(self._settings.dialog)
        check(found)
        return ChatRoutes(
            Machine(found.dialog, self._settings.chat_turns),
            check_model(found, predictor.classes),
            routes.answer,
            self._sessions,
            self._metrics,
        ).beside()

    def drain(self) -> None:
        """Take no new WebSocket, and ask the callers of the open ones to close theirs."""
        self._socket.drain()

    async def close(self) -> None:
        """Let go of the connections to Redis."""
        self._socket.drain()
        await self._sessions.close()


def _sessions(settings: Settings) -> Sessions:
    if settings.redis_url is None:
        return MemorySessions(settings.chat_sessions, settings.chat_ttl_s)
    # Beside the sessions of other projects.
    prefix = f"{__package__.partition('.')[0]}:chat"
    url = settings.redis_url.get_secret_value()
    return RedisSessions(url, prefix, settings.chat_sessions, settings.chat_ttl_s)
