"""Which items share one run of the model, who waits for whom, and whom an error reaches."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.api.grouping import Limits, groups
from {{ cookiecutter.package_name }}.api.model_thread import ModelThread, Steps

LIMITS = Limits(rows=4, total=100, fixed=5)
PATIENCE = 20.0


class Model:
    """Answers a size with its double; a run waits until `go` is set. Knows what it was asked."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.begun = threading.Event()
        self.go = threading.Event()

    def run(self, sizes: list[int]) -> list[int]:
        self.runs.append(sizes)
        self.begun.set()
        assert self.go.wait(PATIENCE)
        if 13 in sizes:
            raise ValueError("13")
        return [2 * size for size in sizes]


def prepared(item: int) -> int:
    if item < 0:
        raise ValueError(str(item))
    return item


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as found:
        yield found


def asked(
    model: Model,
    thread: ThreadPoolExecutor,
    first: int,
    *others: int,
    meanwhile: Callable[[list[asyncio.Task[int]]], None] = lambda tasks: None,
) -> list[Any]:
    """The outcomes, if the others arrive while the model runs on the first."""

    async def run() -> list[Any]:
        served: ModelThread[int, int, int] = ModelThread(
            thread, Steps(prepared, lambda size: size, model.run), LIMITS
        )
        tasks = [asyncio.create_task(served.answer(first))]
        assert await asyncio.to_thread(model.begun.wait, PATIENCE)
        tasks += [asyncio.create_task(served.answer(item)) for item in others]
        await asyncio.sleep(0)  # now each has been put in the queue
        meanwhile(tasks)
        model.go.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        # It goes on after whatever has happened.
        assert await served.answer(7) == 14
        return found

    return asyncio.run(run())


def test_a_lone_item_runs_at_once_and_what_arrives_meanwhile_is_the_next_batch(
    thread: ThreadPoolExecutor,
) -> None:
    model = Model()
    assert asked(model, thread, 10, 11, 12, 14) == [20, 22, 24, 28]
    assert model.runs[0] == [10]
    assert sorted(model.runs[1]) == [11, 12, 14]


def test_a_batch_has_items_of_like_size_and_the_one_that_waited_longest(
    thread: ThreadPoolExecutor,
) -> None:
    model = Model()
    assert asked(model, thread, 1, 40, 10, 41, 11, 90) == [2, 80, 20, 82, 22, 180]
    assert [sorted(run) for run in model.runs] == [[1], [40, 41], [10, 11], [90], [7]]


def test_an_error_of_one_item_is_its_own_and_one_of_a_run_is_its_batchs(
    thread: ThreadPoolExecutor,
) -> None:
    model = Model()
    found = asked(model, thread, 1, 13, -1, 50, 14)
    assert [type(each) for each in found] == [int, ValueError, ValueError, int, ValueError]
    assert str(found[2]) == "-1"
    assert (found[0], found[3]) == (2, 100)


def test_a_caller_that_gives_up_costs_no_run_and_no_other_its_answer(
    thread: ThreadPoolExecutor,
) -> None:
    def give_up(tasks: list[asyncio.Task[int]]) -> None:
        tasks[0].cancel()  # it runs already
        tasks[2].cancel()

    model = Model()
    found = asked(model, thread, 1, 20, 21, 22, meanwhile=give_up)
    assert found[1::2] == [40, 44]
    assert [type(each) for each in found[::2]] == [asyncio.CancelledError] * 2
    assert sorted(model.runs[1]) == [20, 22]


@given(sizes=st.lists(st.integers(1, 200), max_size=60))
def test_groups_hold_each_row_once_and_keep_to_the_limits(sizes: list[int]) -> None:
    found = groups(sizes, LIMITS)
    assert sorted(position for group in found for position in group) == list(range(len(sizes)))
    for group in found:
        inside = [sizes[position] for position in group]
        assert len(group) <= LIMITS.rows
        assert len(group) == 1 or len(group) * max(inside) <= LIMITS.total
        assert max(inside) - min(inside) <= LIMITS.fixed
