"""The service's shell around the conversation alone, with a stand-in for the model."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dialogs import SMALL, machine, predict
from starlette.applications import Starlette
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.chat_metrics import ChatMetrics
from {{ cookiecutter.package_name }}.api.chat_routes import PATH, ChatRoutes, Predict
from {{ cookiecutter.package_name }}.api.chat_socket import SOCKET_PATH, ChatSocket
from {{ cookiecutter.package_name }}.api.metrics import Metrics
from {{ cookiecutter.package_name }}.api.settings import Settings
from {{ cookiecutter.package_name }}.api.shell import Shell
from {{ cookiecutter.package_name }}.chat.rules import Mood
from {{ cookiecutter.package_name }}.chat.sessions import MemorySessions, Sessions

MOODS: dict[str, Mood] = {"neg": "negative", "pos": "positive"}


class Service:
    """A shell with POST /chat and its WebSocket, and what it counts."""

    def __init__(
        self,
        folder: Path,
        sessions: Sessions | None = None,
        text: str = SMALL,
        moods: Mapping[str, Mood] = MOODS,
        **values: Any,
    ) -> None:
        settings = Settings(_env_file=None, **values)
        self._folder = folder
        self._moods = moods
        self._sessions = MemorySessions(100, 60) if sessions is None else sessions
        self.metrics = Metrics(folder / "drift.json")
        self._chat_metrics = ChatMetrics(self.metrics)
        self.socket = ChatSocket(settings, self._chat_metrics)
        sockets = {SOCKET_PATH: self.socket}
        self.shell = Shell(Starlette(), frozenset(), self.metrics, settings, sockets)
        self.load(text)

    def load(self, text: str, asked: Predict = predict) -> None:
        """Answer by these rules from now on, as after a reload."""
        routes = ChatRoutes(
            machine(self._folder, text), self._moods, asked, self._sessions, self._chat_metrics
        )
        self.shell.direct = routes.beside().direct

    def counted(self, sample: str, **labels: str) -> float:
        """A metric's value."""
        return self.metrics.registry.get_sample_value(sample, labels) or 0.0

    def client(self) -> TestClient:
        """A client that raises what the service does not catch."""
        return TestClient(self.shell)

    @contextmanager
    def said(self) -> Iterator[Any]:
        """A function that sends a message to one conversation and gives the answer."""
        client, session = self.client(), None

        def say(message: str) -> dict[str, Any]:
            nonlocal session
            answer = client.post(PATH, json={"message": message, "session": session})
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            session = found["session"]
            return found

        yield say
