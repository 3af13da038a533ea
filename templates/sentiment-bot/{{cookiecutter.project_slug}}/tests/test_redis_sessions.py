"""Sessions in a real Redis: shared, bounded, expiring, none lost, and a loss that mends itself."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_process import Redis, needs_redis, running_redis
from serve_process import running
from test_sessions import counted, ended

from {{ cookiecutter.package_name }}.chat import redis_sessions
from {{ cookiecutter.package_name }}.chat.machine import Session
from {{ cookiecutter.package_name }}.chat.redis_sessions import RedisSessions
from {{ cookiecutter.package_name }}.chat.sessions import SessionsUnavailable
from {{ cookiecutter.package_name }}.errors import UserError

PREFIX = "bot:chat"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of the test's own."""
    with running_redis(tmp_path) as found:
        yield found


def sessions_of(server: Redis, most: int = 100, ttl_s: int = 60) -> RedisSessions:
    return RedisSessions(server.url, PREFIX, most, ttl_s)


@needs_redis
def test_a_session_is_shared_and_ended_for_all(server: Redis) -> None:
    async def talk() -> None:
        one, other = sessions_of(server), sessions_of(server)
        first = await one.change(None, counted)
        assert (first.new, first.result) == (True, 1)
        second = await other.change(first.id, counted)
        assert (second.id, second.new, second.result) == (first.id, False, 2)
        await one.change(first.id, ended)
        assert (await other.change(first.id, counted)).new
        assert (await other.change("x" * 32, counted)).id != "x" * 32
        await one.close()
        await other.close()

    asyncio.run(talk())


@needs_redis
def test_no_turn_is_lost_when_many_write_at_once(server: Redis) -> None:
    async def talk() -> tuple[int, set[int]]:
        workers = [sessions_of(server) for _ in range(4)]
        session_id = (await workers[0].change(None, counted)).id
        changes = [workers[i % 4].change(session_id, counted) for i in range(24)]
        found = [changed.result for changed in await asyncio.gather(*changes)]
        last = (await workers[1].change(session_id, counted)).result
        for worker in workers:
            await worker.close()
        return last, set(found)

    last, found = asyncio.run(talk())
    assert last == 26
    assert found == set(range(2, 26))


@needs_redis
def test_sessions_have_a_prefix_and_a_time_to_live_and_are_bounded(server: Redis) -> None:
    async def talk() -> list[str]:
        sessions = sessions_of(server, most=3, ttl_s=50)
        ids = [(await sessions.change(None, counted)).id for _ in range(3)]
        await sessions.change(ids[0], counted)
        ids.append((await sessions.change(None, counted)).id)
        await sessions.close()
        return ids

    ids = asyncio.run(talk())
    client = server.client()
    keys = {key.decode() for key in client.keys("*")}
    assert keys == {f"{PREFIX}:ids", *(f"{PREFIX}:{ids[i]}" for i in (0, 2, 3))}
    for key in keys:
        assert 0 < client.ttl(key) <= 50


@needs_redis
def test_a_session_is_forgotten_after_its_time(server: Redis) -> None:
    async def talk() -> bool:
        sessions = sessions_of(server, ttl_s=1)
        found = await sessions.change(None, counted)
        deadline = time.monotonic() + 20
        while server.client().exists(f"{PREFIX}:{found.id}") and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        new = (await sessions.change(found.id, counted)).new
        await sessions.close()
        return new

    assert asyncio.run(talk())


@needs_redis
def test_what_another_version_has_written_begins_a_new_session(server: Redis) -> None:
    async def talk() -> bool:
        sessions = sessions_of(server)
        session_id = (await sessions.change(None, counted)).id
        server.client().set(f"{PREFIX}:{session_id}", b'{"stage": 1}')
        new = (await sessions.change(session_id, counted)).new
        await sessions.close()
        return new

    assert asyncio.run(talk())


@needs_redis
def test_a_redis_that_is_gone_is_told_at_once_and_found_again_by_itself(server: Redis) -> None:
    async def talk() -> None:
        sessions = sessions_of(server)
        await sessions.change(None, counted)
        server.stop()
        started = time.monotonic()
        with pytest.raises(SessionsUnavailable):
            await sessions.change(None, counted)
        assert time.monotonic() - started < 10
        server.start()
        assert (await sessions.change(None, counted)).new
        await sessions.close()

    asyncio.run(talk())


def test_a_redis_that_does_not_answer_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_sessions, "TIMEOUT_S", 0.1)
    asked = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    async def talk() -> None:
        listener = await asyncio.start_server(silent, "127.0.0.1")
        port = listener.sockets[0].getsockname()[1]
        sessions = RedisSessions(f"redis://127.0.0.1:{port}/0", PREFIX, 1, 1)
        with pytest.raises(SessionsUnavailable):
            await sessions.change(None, counted)
        await sessions.close()
        listener.close()

    asyncio.run(talk())
    assert asked == 1


@pytest.mark.parametrize("url", ["localhost:6379", "http://x", "redis://x:y/0"])
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UserError, match=r"^APP_REDIS_URL") as caught:
        RedisSessions(url.replace("//", "//:secret@"), PREFIX, 1, 1)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_stored_session_is_read_as_it_was() -> None:
    session = Session("open", 3, 4, 1, 2, True, {"name": "Ada ☃"}, "Hi {name}")
    assert redis_sessions._decode(redis_sessions._encode(session)) == session


@needs_redis
@pytest.mark.slow
def test_two_workers_of_the_real_server_share_a_conversation(
    trained_project: Path, server: Redis
) -> None:
    with running(
        trained_project, workers=2, APP_REDIS_URL=server.url, APP_PREDICTION_LOG=""
    ) as service:
        session, states = None, []
        for message in ["My name is Ada", *["hello there"] * 11]:
            # Each on a connection of its own, which either worker may take.
            body = {"session": session, "message": message}
            answer = service.post("/chat", body)
            assert answer.status_code == 200, answer.text
            found = answer.json()
            assert found["new"] == (session is None)
            session = found["session"]
            states.append(found["reply"])
        assert service.metric("chat_conversations_total", outcome="begun") == 1
        assert any("Ada" in reply for reply in states[1:])
        server.stop()
        refused = service.post("/chat", {"session": session, "message": "hello"})
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert service.post("/predict", {"text": "hello"}).status_code == 200
        server.start()
        again = service.post("/chat", {"session": session, "message": "hello"}).json()
        assert again["new"]
        assert again["note"]
