"""Which rows share one run of the model, and how long they wait for it."""

import asyncio
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.api.batching import Batcher


@pytest.mark.parametrize("wait_s", [0.0, 0.02])
def test_rows_that_come_together_are_one_batch_and_a_long_queue_several(wait_s: float) -> None:
    batches: list[list[int]] = []

    def double(rows: list[int]) -> list[int]:
        batches.append(rows)
        return [2 * row for row in rows]

    async def run() -> list[int]:
        batcher = Batcher(double, wait_s, largest=4)
        first = await asyncio.gather(*(batcher.answer(i) for i in range(10)))
        return [*first, await batcher.answer(10)]

    assert asyncio.run(run()) == [2 * i for i in range(11)]
    assert batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [10]]


def test_rows_wait_for_others_only_if_told_to() -> None:
    batches: list[list[int]] = []

    def same(rows: list[int]) -> list[int]:
        batches.append(rows)
        return rows

    async def run(wait_s: float) -> int:
        batches.clear()
        batcher = Batcher(same, wait_s, largest=4)
        answers = []
        for row in range(4):
            answers.append(asyncio.create_task(batcher.answer(row)))
            await asyncio.sleep(0.001)  # so that each comes in a later turn of the loop
        await asyncio.gather(*answers)
        return len(batches)

    assert asyncio.run(run(0.0)) == 4
    assert asyncio.run(run(60.0)) == 1


def test_one_error_reaches_every_row_of_its_batch_and_no_other() -> None:
    def picky(rows: list[int]) -> list[int]:
        if 1 in rows:
            raise ValueError("one")
        return rows

    async def run() -> list[Any]:
        batcher = Batcher(picky)
        found = await asyncio.gather(batcher.answer(0), batcher.answer(1), return_exceptions=True)
        return [*found, await batcher.answer(2)]

    first, second, third = asyncio.run(run())
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)
    assert third == 2
