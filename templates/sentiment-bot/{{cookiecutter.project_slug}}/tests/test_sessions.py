"""Sessions in memory: their ids, how many there are, and for how long."""

import asyncio
from collections.abc import Callable

import pytest

from {{ cookiecutter.package_name }}.chat.machine import Session
from {{ cookiecutter.package_name }}.chat.sessions import (
    ID,
    Changed,
    MemorySessions,
    Sessions,
)


def counted(session: Session | None) -> tuple[Session | None, int]:
    """One turn more; its result is how many there are."""
    turns = (session.turns if session else 0) + 1
    return Session("open", turns=turns), turns


def ended(session: Session | None) -> tuple[Session | None, int]:
    """The end of a session."""
    return None, 0


def change(
    sessions: Sessions,
    session_id: str | None,
    how: Callable[[Session | None], tuple[Session | None, int]] = counted,
) -> Changed[int]:
    """One change, waited for."""
    return asyncio.run(sessions.change(session_id, how))


def test_a_session_is_remembered_under_an_id_that_nobody_guesses() -> None:
    sessions = MemorySessions(10, 60)
    first = change(sessions, None)
    assert (first.new, first.result) == (True, 1)
    assert ID.fullmatch(first.id)
    second = change(sessions, first.id)
    assert (second.id, second.new, second.result) == (first.id, False, 2)
    assert len({change(sessions, None).id for _ in range(10)}) == 10


@pytest.mark.parametrize("sent", ["", "x" * 32, "a/b", "é" * 32, "x" * 100_000])
def test_an_id_that_was_not_given_out_is_not_taken_over(sent: str) -> None:
    sessions = MemorySessions(10, 60)
    found = change(sessions, sent)
    assert found.new
    assert found.id != sent


def test_a_session_that_was_ended_is_gone() -> None:
    sessions = MemorySessions(10, 60)
    first = change(sessions, None)
    change(sessions, first.id, ended)
    assert len(sessions) == 0
    assert change(sessions, first.id).new


def test_sessions_expire_after_their_last_turn() -> None:
    now = [0.0]
    sessions = MemorySessions(10, 60, lambda: now[0])
    first, other = change(sessions, None), change(sessions, None)
    now[0] = 59
    assert not change(sessions, first.id).new
    now[0] = 61
    assert not change(sessions, first.id).new
    assert change(sessions, other.id).new
    now[0] = 1000
    change(sessions, None)
    assert len(sessions) == 1


def test_beyond_the_limit_those_that_were_idle_for_longest_go() -> None:
    sessions = MemorySessions(3, 60)
    ids = [change(sessions, None).id for _ in range(3)]
    change(sessions, ids[0])
    change(sessions, None)
    assert len(sessions) == 3
    assert not change(sessions, ids[0]).new
    assert change(sessions, ids[1]).new


def test_many_beginners_take_no_more_room_than_the_limit() -> None:
    sessions = MemorySessions(100, 60)

    async def begin() -> None:
        for _ in range(20_000):
            await sessions.change(None, counted)

    asyncio.run(begin())
    assert len(sessions) == 100
