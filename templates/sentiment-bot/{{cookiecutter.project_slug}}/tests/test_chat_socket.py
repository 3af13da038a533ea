"""The WebSocket: the same conversation as POST /chat, who may open one, and how it is closed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from chat_service import Service
from dialogs import SMALL
from starlette.testclient import WebSocketDenialResponse

from {{ cookiecutter.package_name }}.api import chat_socket, server
from {{ cookiecutter.package_name }}.api.chat_socket import SOCKET_PATH
from {{ cookiecutter.package_name }}.api.settings import Settings

KEY = "open sesame"


def say(socket: Any, message: str, **more: Any) -> dict[str, Any]:
    """The answer to a message."""
    socket.send_json({"message": message, **more})
    found: dict[str, Any] = socket.receive_json()
    return found


def test_it_greets_remembers_the_session_and_begins_anew_after_the_end(tmp_path: Path) -> None:
    service = Service(tmp_path)
    with service.client().websocket_connect(SOCKET_PATH) as socket:
        assert socket.receive_json()["reply"] == "How was it?"
        first = say(socket, "bad")
        assert first["new"]
        assert service.counted("chat_sockets") == 1
        second = say(socket, "order 1234")
        assert (second["session"], second["reply"]) == (first["session"], "I look into 1234.")
        assert say(socket, "bye")["ended"]
        third = say(socket, "good")
        assert (third["new"], third["note"]) == (True, None)
        assert say(socket, "good", session=None)["new"]
    assert service.counted("chat_sockets") == 0
    labels = {"method": "MESSAGE", "route": "/chat", "status": "200"}
    assert service.counted("http_requests_total", **labels) == 6


def test_a_session_goes_on_over_post_and_over_another_socket(tmp_path: Path) -> None:
    client = Service(tmp_path).client()
    session = client.post("/chat", json={"message": "bad"}).json()["session"]
    with client.websocket_connect(SOCKET_PATH) as socket:
        socket.receive_json()
        assert say(socket, "order 1234", session=session)["reply"] == "I look into 1234."
    found = client.post("/chat", json={"message": "good", "session": session}).json()
    assert (found["new"], found["state"]) == (False, "open")


@pytest.mark.parametrize(
    "text",
    [
        *("", "no json", "[]", "null", '"a"', '{"message": ""}', '{"massage": "a"}'),
        *("[" * 16_000, '{"message": ' + "[" * 8_000 + "]" * 8_000 + "}", '{"message": 1e999}'),
    ],
    ids=lambda text: text[:20],
)
def test_a_wrong_frame_is_a_problem_and_the_socket_stays_open(tmp_path: Path, text: str) -> None:
    with Service(tmp_path).client().websocket_connect(SOCKET_PATH) as socket:
        socket.receive_json()
        socket.send_text(text)
        problem = socket.receive_json()
        assert problem["status"] in (400, 422)
        assert problem["detail"]
        assert say(socket, "good")["reply"] == "Great!"


def test_a_failure_on_our_side_is_a_problem_and_the_socket_stays_open(tmp_path: Path) -> None:
    service = Service(tmp_path)

    async def broken(text: str) -> Any:
        raise RuntimeError("secret")

    with service.client().websocket_connect(SOCKET_PATH) as socket:
        socket.receive_json()
        service.load(SMALL, broken)
        problem = say(socket, "good")
        assert problem["status"] == 500
        assert "secret" not in problem["detail"]
        service.load(SMALL)
        assert say(socket, "good")["reply"] == "Great!"


def test_a_reload_is_heard_in_an_open_socket(tmp_path: Path) -> None:
    service = Service(tmp_path)
    with service.client().websocket_connect(SOCKET_PATH) as socket:
        socket.receive_json()
        assert say(socket, "good")["reply"] == "Great!"
        service.load(SMALL.replace("Great!", "Lovely!"))
        assert say(socket, "good")["reply"] == "Lovely!"


def closed(service: Service, *frames: str, **headers: str) -> int:
    """The code with which a socket is closed after these frames."""
    with service.client().websocket_connect(SOCKET_PATH, headers=headers) as socket:
        for frame in frames:
            socket.send_text(frame)
        while (message := socket.receive())["type"] != "websocket.close":
            assert message["type"] == "websocket.send"
    return int(message["code"])


def test_with_a_key_it_comes_as_a_header_or_as_the_first_frame(tmp_path: Path) -> None:
    service = Service(tmp_path, api_key=KEY)
    client = service.client()
    with client.websocket_connect(SOCKET_PATH, headers={"X-API-Key": KEY}) as socket:
        assert socket.receive_json()["reply"] == "How was it?"
    with client.websocket_connect(SOCKET_PATH) as socket:
        socket.send_json({"key": KEY})
        assert socket.receive_json()["reply"] == "How was it?"
        assert say(socket, "good")["reply"] == "Great!"
    with (
        pytest.raises(WebSocketDenialResponse) as caught,
        client.websocket_connect(SOCKET_PATH, headers={"X-API-Key": "wrong"}),
    ):
        pass
    assert caught.value.status_code == 401
    for frame in ('{"key": "wrong"}', '{"key": 1}', '{"message": "good"}', "no json"):
        assert closed(service, frame) == chat_socket.WRONG_KEY


def test_a_key_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_socket, "KEY_WAIT_S", 0.01)
    assert closed(Service(tmp_path, api_key=KEY)) == chat_socket.IDLE


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://testserver", True),
        ("https://testserver", True),
        ("https://friend.example", True),
        ("https://evil.example", False),
        ("http://testserver.evil.example", False),
        ("http://testserver:8000", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_pages_of_other_origins_may_not_connect(tmp_path: Path, origin: str, allowed: bool) -> None:
    client = Service(tmp_path, cors_origins=("https://friend.example",)).client()
    if allowed:
        with client.websocket_connect(SOCKET_PATH, headers={"Origin": origin}) as socket:
            assert socket.receive_json()["reply"]
        return
    with (
        pytest.raises(WebSocketDenialResponse) as caught,
        client.websocket_connect(SOCKET_PATH, headers={"Origin": origin}),
    ):
        pass
    assert caught.value.status_code == 403


def test_pages_of_any_origin_may_connect_where_the_setting_says_so(tmp_path: Path) -> None:
    client = Service(tmp_path, cors_origins=("*",)).client()
    with client.websocket_connect(SOCKET_PATH, headers={"Origin": "https://x.example"}) as socket:
        assert socket.receive_json()["reply"]


def test_only_so_many_are_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_socket, "MOST_OPEN", 1)
    client = Service(tmp_path).client()
    with client.websocket_connect(SOCKET_PATH) as socket:
        socket.receive_json()
        with (
            pytest.raises(WebSocketDenialResponse) as caught,
            client.websocket_connect(SOCKET_PATH),
        ):
            pass
    assert caught.value.status_code == 503
    assert caught.value.headers["retry-after"] == "1"
    with client.websocket_connect(SOCKET_PATH) as socket:
        assert socket.receive_json()["reply"]


def test_a_frame_that_is_too_long_and_a_silence_close_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = json.dumps({"message": "a" * chat_socket.LONGEST_FRAME})
    assert closed(Service(tmp_path), long) == chat_socket.TOO_BIG
    monkeypatch.setattr(chat_socket, "IDLE_S", 0.01)
    assert closed(Service(tmp_path)) == chat_socket.IDLE


def test_unread_messages_of_all_sockets_fit_into_little_memory() -> None:
    most = server._config(None, Settings(_env_file=None)).ws_max_size
    # A character takes four bytes at most.
    assert most >= 4 * chat_socket.LONGEST_FRAME
    assert most * chat_socket.MOST_OPEN < 64_000_000


def test_too_many_messages_are_refused_and_the_socket_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_socket, "MESSAGES_PER_MINUTE", 2)
    with Service(tmp_path).client().websocket_connect(SOCKET_PATH) as socket:
        socket.receive_json()
        assert [say(socket, "good").get("status") for _ in range(3)] == [None, None, 429]


def test_over_the_limit_of_requests_a_message_is_refused(tmp_path: Path) -> None:
    service = Service(tmp_path, max_in_flight=1)
    release = asyncio.Event()

    async def run() -> dict[str, Any]:
        async def slow(text: str) -> Any:
            await release.wait()

        service.load(SMALL, slow)
        busy = asyncio.create_task(service.shell.ask("/chat", b'{"message": "a"}', "1"))
        await asyncio.sleep(0)
        talk = Talk(service)
        refused = await talk.say("good")
        release.set()
        await asyncio.gather(busy, return_exceptions=True)
        await talk.end()
        return refused

    assert asyncio.run(run())["status"] == 503


def test_of_many_that_come_at_once_no_more_than_may_be_are_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_socket, "MOST_OPEN", 1)
    service = Service(tmp_path)

    async def run() -> list[int]:
        talks = [Talk(service) for _ in range(3)]
        await asyncio.gather(*(talk.end() for talk in talks))
        return [talk.sent[0].get("status", 101) for talk in talks]

    assert sorted(asyncio.run(run())) == [101, 503, 503]
    assert service.counted("chat_sockets") == 0


@pytest.mark.parametrize("end", ["silence", "a failure of ours", "too long a message"])
def test_a_caller_who_has_gone_before_the_close_costs_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    service = Service(tmp_path)
    text = '{"message": "good"}'
    if end == "silence":
        monkeypatch.setattr(chat_socket, "IDLE_S", 0.01)
    elif end == "a failure of ours":
        monkeypatch.setattr(chat_socket, "_decoded", lambda text: 1 / 0)
    else:
        text *= chat_socket.LONGEST_FRAME

    async def run() -> None:
        talk = Talk(service)
        talk.gone = True
        if end != "silence":
            talk.send(text)
        await asyncio.wait_for(talk.task, 5)

    asyncio.run(run())
    assert service.counted("chat_sockets") == 0


def test_draining_answers_first_and_takes_no_new_one(tmp_path: Path) -> None:
    service = Service(tmp_path)

    async def run() -> tuple[dict[str, Any], list[Any]]:
        talk = Talk(service)
        answer = await talk.say("good")
        service.socket.drain()
        await asyncio.wait_for(talk.task, 5)
        late = Talk(service)
        await asyncio.wait_for(late.task, 5)
        return answer, [talk.sent[-1], late.sent[0]]

    answer, (end, denied) = asyncio.run(run())
    assert answer["reply"] == "Great!"
    assert (end["type"], end["code"]) == ("websocket.close", chat_socket.RESTARTING)
    assert denied["status"] == 503


class Talk:
    """A socket driven from within the service's own loop."""

    def __init__(self, service: Service) -> None:
        self.sent: list[Any] = []
        self.gone = False
        """Whether the caller hears no more, though the service has not been told yet."""
        self._incoming: asyncio.Queue[Any] = asyncio.Queue()
        self._news = asyncio.Condition()
        self._incoming.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket",
            "path": SOCKET_PATH,
            "headers": [],
            "extensions": {"websocket.http.response": {}},
        }
        self.task = asyncio.create_task(service.shell(scope, self._incoming.get, self._send))

    async def _send(self, message: Any) -> None:
        # As a server hands a message over to its connection: others may go on meanwhile.
        await asyncio.sleep(0)
        if self.gone and message["type"] == "websocket.close":
            raise OSError("the connection is closed")
        async with self._news:
            self.sent.append(message)
            self._news.notify_all()

    def send(self, text: str) -> None:
        """A frame."""
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    async def say(self, message: str) -> dict[str, Any]:
        """The answer to a message, which comes after the greeting."""
        self.send(json.dumps({"message": message}))
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: len(self._texts()) >= 2), 5)
        found: dict[str, Any] = json.loads(self._texts()[-1])
        return found

    def _texts(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]

    async def end(self) -> None:
        """Leave."""
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task
