"""POST /chat: its answers, its sessions, wrong bodies, and what happens when Redis is gone."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from chat_service import Service
from dialogs import SMALL, Prediction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.api.chat_routes import UNKNOWN
from {{ cookiecutter.package_name }}.api.problems import Problem
from {{ cookiecutter.package_name }}.api.settings import load_settings
from {{ cookiecutter.package_name }}.chat.patterns import LONGEST_MESSAGE
from {{ cookiecutter.package_name }}.chat.rules import Mood
from {{ cookiecutter.package_name }}.chat.sessions import (
    Change,
    Changed,
    MemorySessions,
    SessionsUnavailable,
    T,
)
from {{ cookiecutter.package_name }}.errors import UserError

KEY = "open sesame"


def test_a_conversation_has_a_session_a_mood_and_an_end(tmp_path: Path) -> None:
    service = Service(tmp_path)
    with service.said() as say:
        first = say("it was bad")
        assert first["new"]
        assert first["mood"] == "negative"
        assert (first["label"], first["confidence"]) == ("neg", 0.95)
        assert (first["state"], first["ended"], first["escalated"]) == ("sad", False, False)
        second = say("order 1234")
        assert (second["session"], second["new"]) == (first["session"], False)
        assert second["reply"] == "I look into 1234."
        last = say("bye")
        assert (last["reply"], last["ended"]) == ("Goodbye.", True)
        again = say("it was good")
        assert (again["new"], again["note"], again["state"]) == (True, UNKNOWN, "open")
        assert again["session"] != first["session"]
    assert service.counted("chat_conversations_total", outcome="begun") == 2
    assert service.counted("chat_conversations_total", outcome="ended") == 1
    assert service.counted("chat_replies_total", source="rule") == 4


def test_without_a_message_there_is_a_greeting_and_nothing_is_remembered(tmp_path: Path) -> None:
    sessions = MemorySessions(100, 60)
    answer = Service(tmp_path, sessions).client().post("/chat", json={})
    found = answer.json()
    assert found["reply"] == "How was it?"
    assert (found["session"], found["mood"], found["label"]) == (None, None, None)
    assert len(sessions) == 0


def test_of_five_stars_the_confidence_is_that_of_the_mood_which_the_rules_go_by(
    tmp_path: Path,
) -> None:
    stars = {"1": 0.31, "2": 0.3, "3": 0.34, "4": 0.05, "5": 0.0}

    async def starred(text: str) -> Prediction:
        return Prediction("3", stars)

    moods: dict[str, Mood] = {
        **dict.fromkeys(("1", "2"), "negative"),
        "3": "neutral",
        **dict.fromkeys(("4", "5"), "positive"),
    }
    service = Service(tmp_path, moods=moods)
    service.load(SMALL, starred)
    found = service.client().post("/chat", json={"message": "so so"}).json()
    assert (found["label"], found["mood"]) == ("3", "negative")
    assert found["confidence"] == pytest.approx(0.61)
    assert found["state"] == "sad"


def test_a_greeting_gives_back_a_session_and_nothing_else(tmp_path: Path) -> None:
    client = Service(tmp_path).client()
    session = client.post("/chat", json={"message": "good"}).json()["session"]
    for sent, back in ((session, session), ("x" * 100_000, None), ("<b>", None)):
        assert client.post("/chat", json={"session": sent}).json()["session"] == back


def test_repeated_negatives_are_escalated_and_counted(tmp_path: Path) -> None:
    service = Service(tmp_path)
    with service.said() as say:
        assert not say("bad")["escalated"]
        assert say("bad again")["escalated"]
        assert say("hm")["escalated"]
    assert service.counted("chat_conversations_total", outcome="escalated") == 1


def test_rules_that_change_take_the_session_along_where_they_can(tmp_path: Path) -> None:
    service = Service(tmp_path)
    with service.said() as say:
        session = say("order 1234")["session"]
        say("bad")
        service.load(SMALL.replace("I look into", "We look into"))
        assert say("order 5678")["reply"] == "We look into 5678."
        say("bad")
        service.load(SMALL.replace("sad", "gloomy"))
        found = say("bad")
        assert (found["session"], found["new"], found["state"]) == (session, True, "gloomy")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"message": ""}', 422, "message"),
        (b'{"message": " \\n\\u200b"}', 422, "message"),
        (b'{"message": 1}', 422, "message"),
        (b'{"message": "a", "session": 1}', 422, "session"),
        (b'{"message": "a", "sesion": null}', 422, "sesion"),
        (b'{"message": "' + b"a" * (LONGEST_MESSAGE + 1) + b'"}', 422, "message"),
        (b"[]", 422, None),
        (b"null", 422, None),
        (b"", 400, None),
        (b'{"message": ', 400, None),
        (b'{"message": "\xff"}', 400, None),
    ],
)
def test_a_wrong_body_is_a_problem_that_names_the_field(
    tmp_path: Path, body: bytes, status: int, field: str | None
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = Service(tmp_path).client().post("/chat", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("field") == field


@pytest.mark.parametrize("text", ["\x00\x07 bad", "שלום good", "😀" * 500, "{order} {x}", "\\1 %s"])
def test_any_text_that_can_be_seen_has_an_answer(tmp_path: Path, text: str) -> None:
    answer = Service(tmp_path).client().post("/chat", json={"message": text})
    assert answer.status_code == 200, answer.text
    assert answer.json()["reply"]


words = st.one_of(st.text(max_size=40), st.sampled_from(["bad", "good", "order 1234", "bye", "hm"]))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(messages=st.lists(words, max_size=8), data=st.data())
def test_any_messages_get_replies_or_problems(
    tmp_path: Path, messages: list[str], data: st.DataObject
) -> None:
    direct = Service(tmp_path).shell.direct
    assert direct is not None
    session: Any = None
    for message in messages:
        body = json.dumps({"message": message, "session": session}).encode()
        problem: Problem | None = None
        try:
            found = json.loads(asyncio.run(direct["/chat"](body, "id")))
        except Problem as refusal:
            problem = refusal
        assert problem is None or problem.status in (400, 422)
        if problem is None:
            assert found["reply"]
            session = data.draw(st.sampled_from([found["session"], None, "other"]))


class Broken:
    """Sessions that cannot be reached."""

    async def change(self, session_id: str | None, change: Change[T]) -> Changed[T]:
        raise SessionsUnavailable("ConnectionError")

    async def close(self) -> None:
        """Nothing."""


def test_sessions_that_cannot_be_reached_are_a_503_in_one_line(tmp_path: Path) -> None:
    answer = Service(tmp_path, Broken()).client().post("/chat", json={"message": "hello"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "\n" not in answer.json()["detail"]


def test_two_messages_at_once_are_two_turns(tmp_path: Path) -> None:
    sessions = MemorySessions(100, 60)
    service = Service(tmp_path, sessions)
    with service.said() as say:
        session = say("good")["session"]
    assert service.shell.direct is not None
    chat = service.shell.direct["/chat"]
    body = json.dumps({"message": "good", "session": session}).encode()

    async def both() -> None:
        await asyncio.gather(chat(body, "a"), chat(body, "b"))

    asyncio.run(both())
    held = asyncio.run(sessions.change(session, lambda held: (held, held))).result
    assert held is not None
    assert held.turns == 3


def test_with_a_key_the_conversation_needs_it(tmp_path: Path) -> None:
    client = Service(tmp_path, api_key=KEY).client()
    assert client.post("/chat", json={}).status_code == 401
    assert client.post("/chat", json={}, headers={"X-API-Key": KEY}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [("APP_CHAT_SESSIONS", "0"), ("APP_CHAT_TTL_S", "soon"), ("APP_CHAT_TURNS", "-1")],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f"^{name} = '{value}'"):
        load_settings()


def test_several_workers_without_redis_are_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_REDIS_URL", "")
    assert load_settings().remarks(1) == []
    (remark,) = load_settings().remarks(2)
    assert "APP_REDIS_URL" in remark
    monkeypatch.setenv("APP_REDIS_URL", "redis://:secret@127.0.0.1/0")
    assert load_settings().remarks(2) == []
    assert "secret" not in repr(load_settings())
