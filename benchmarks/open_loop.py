"""An open-loop load generator: requests come when they are due, whether or not others are answered.

Usage: python open_loop.py URL BODIES.jsonl PHASES CONNECTIONS wait|skip OUTPUT.npz

PHASES is rate:seconds,rate:seconds,... Run in a generated project's folder with PYTHONPATH=src,
whose load_client.py it sends with. A request goes over a kept connection that is free, or a new
one. With CONNECTIONS of them busy it waits for one, or is skipped and counts as not sent.

OUTPUT has one entry per request: `due` in seconds from the start; `late`, how much later it was
begun, which is the generator's own doing; `seconds` from there until the answer was complete;
`status` (0: the connection failed, -1: not sent, -2: no answer).
"""

import asyncio
import json
import sys
import time
from array import array
from collections import deque
from pathlib import Path

import numpy as np
from house_prices.load_client import Address, Connection

TICK_SECONDS = 0.001
PATIENCE_SECONDS = 15.0
FAILED, NOT_SENT, NO_ANSWER = 0, -1, -2


class Generator:
    """Sends requests in turn, and notes what comes back."""

    def __init__(
        self, address: Address, requests: list[bytes], connections: int, wait: bool
    ) -> None:
        self.due, self.late, self.seconds = array("d"), array("d"), array("d")
        self.status = array("i")
        self._address = address
        self._requests = requests
        self._most = connections
        self._wait = wait
        self._waiting: deque[int] = deque()
        self._idle: list[Connection] = []
        self._busy = 0
        self._start = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, phases: list[tuple[float, float]]) -> None:
        """All phases, and the answers that are then outstanding."""
        self._start = time.perf_counter()
        begins = 0.0
        for rate, seconds in phases:
            sent, total = 0, round(rate * seconds)
            while sent < total:
                wanted = min(total, int((self._now() - begins) * rate) + 1)
                for number in range(sent, wanted):
                    self._note(begins + number / rate)
                sent = wanted
                await asyncio.sleep(TICK_SECONDS)
            begins += seconds
            await asyncio.sleep(max(0.0, begins - self._now()))
        deadline = self._now() + PATIENCE_SECONDS
        while self._tasks and self._now() < deadline:
            await asyncio.wait(set(self._tasks), timeout=deadline - self._now())
        for task in self._tasks:
            task.cancel()

    def _now(self) -> float:
        return time.perf_counter() - self._start

    def _note(self, due: float) -> None:
        number = len(self.due)
        self.due.append(due)
        self.late.append(0.0)
        self.seconds.append(float("nan"))
        self.status.append(NOT_SENT)
        if self._busy < self._most:
            self._begin(number)
        elif self._wait:
            self._waiting.append(number)

    def _begin(self, number: int) -> None:
        self._busy += 1
        self.status[number] = NO_ANSWER
        task = asyncio.ensure_future(self._ask(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, number: int) -> None:
        began = self._now()
        try:
            connection = await self._connection()
            status = await connection.ask(self._requests[number % len(self._requests)])
            if not connection.closed:
                self._idle.append(connection)
        except OSError:
            status = FAILED
        self.late[number] = began - self.due[number]
        self.seconds[number] = self._now() - began
        self.status[number] = status
        self._busy -= 1
        if self._waiting:
            self._begin(self._waiting.popleft())

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return await Connection.open(self._address)


def main(url: str, bodies: str, phases: str, connections: str, full: str, output: str) -> None:
    """Generate the load, and write what came of it."""
    address = Address.of(url)
    path, address = address.prefix, Address(address.host, address.port, address.tls, "")
    rows = [json.loads(line) for line in Path(bodies).read_text().splitlines()]
    steps = [tuple(map(float, part.split(":"))) for part in phases.split(",")]
    requests = [address.post(path, row) for row in rows]
    generator = Generator(address, requests, int(connections), full == "wait")
    asyncio.run(generator.send(steps))
    names = ("due", "late", "seconds", "status")
    np.savez(output, **{name: np.array(getattr(generator, name)) for name in names})


if __name__ == "__main__":
    main(*sys.argv[1:])
