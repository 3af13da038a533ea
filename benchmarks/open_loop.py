"""An open-loop load generator: requests come when they are due, whether or not others are answered.

Usage: python open_loop.py ADDRESS POSTS.jsonl PHASES CONNECTIONS wait|skip OUTPUT.npz

POSTS has a line per request, which are sent in turn: {"path": "/predict", "body": {...}}, or
{"path": "/chat", "messages": [...]} for a turn of a conversation. Such a turn goes on with the
conversation that has waited for longest if there are enough of them, or begins that of its line;
each has its own session, and is over with its last message or when the service ends it.

PHASES is rate:seconds,rate:seconds,... A request goes over a kept connection that is free, or a new
one. With CONNECTIONS of them busy it waits for one, or is skipped and counts as not sent.

OUTPUT has one entry per request: `due` in seconds from the start; `late`, how much later it was
begun, which is the generator's own doing; `seconds` from there until the answer was complete;
`status` (0: the connection failed, -1: not sent, -2: no answer, -3: conversation forgotten).
"""

import asyncio
import json
import sys
import time
from array import array
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# The client of each project's `loadtest`.
sys.path.append(str(Path(__file__).resolve().parents[1] / "common" / "src"))

from load_client import Address, Connection

TICK_SECONDS = 0.001
PATIENCE_SECONDS = 15.0
FAILED, NOT_SENT, NO_ANSWER, FORGOTTEN = 0, -1, -2, -3
OPEN_TALKS = 50  # conversations that wait for their next message before an old one is gone on with


@dataclass
class Talk:
    """A conversation: its messages, how many were said, and the session that it was given."""

    path: str
    messages: list[str]
    said: int = 0
    session: str | None = None

    def request(self, address: Address) -> bytes:
        """The next message."""
        return address.post(
            self.path, {"message": self.messages[self.said], "session": self.session}
        )

    def hear(self, body: bytes) -> tuple[int, bool]:
        """Take in the answer to a message. Returns its status, and whether it goes on."""
        answer = json.loads(body)
        if answer["new"] != (self.session is None):
            return FORGOTTEN, False
        self.session = answer["session"]
        self.said += 1
        return 200, not answer["ended"] and self.said < len(self.messages)


class Telling(Connection):
    """A connection that keeps the body of the last answer."""

    def __init__(self) -> None:
        super().__init__()
        self.body = b""

    async def ask(self, request: bytes) -> int:
        """Send a request, and wait for the whole answer. Returns its status."""
        self.body = b""
        return await super().ask(request)

    def on_body(self, data: bytes) -> None:
        """For httptools."""
        self.body += data


class Generator:
    """Sends requests in turn, and notes what comes back."""

    def __init__(
        self, address: Address, posts: list[bytes | Talk], connections: int, wait: bool
    ) -> None:
        self.due, self.late, self.seconds = array("d"), array("d"), array("d")
        self.status = array("i")
        self._address = address
        self._posts = posts
        self._talks: deque[Talk] = deque()
        self._most = connections
        self._wait = wait
        self._waiting: deque[int] = deque()
        self._idle: list[Telling] = []
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
            status = await self._sent(connection, self._posts[number % len(self._posts)])
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

    async def _sent(self, connection: Telling, post: bytes | Talk) -> int:
        """Send a request, or a turn of a conversation. Returns its status. Raises OSError."""
        if isinstance(post, bytes):
            return await connection.ask(post)
        enough = len(self._talks) >= OPEN_TALKS
        talk = self._talks.popleft() if enough else Talk(post.path, post.messages)
        status = await connection.ask(talk.request(self._address))
        # What was refused is said again, in its turn.
        goes_on = True
        if status == 200:
            status, goes_on = talk.hear(connection.body)
        if goes_on:
            self._talks.append(talk)
        return status

    async def _connection(self) -> Telling:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return await Telling.open(self._address)


def main(url: str, posts: str, phases: str, connections: str, full: str, output: str) -> None:
    """Generate the load, and write what came of it."""
    address = Address.of(url)
    lines = [json.loads(line) for line in Path(posts).read_text().splitlines()]
    steps = [tuple(map(float, part.split(":"))) for part in phases.split(",")]
    prepared = [
        Talk(line["path"], line["messages"])
        if "messages" in line
        else address.post(line["path"], line["body"])
        for line in lines
    ]
    generator = Generator(address, prepared, int(connections), full == "wait")
    asyncio.run(generator.send(steps))
    names = ("due", "late", "seconds", "status")
    np.savez(output, **{name: np.array(getattr(generator, name)) for name in names})


if __name__ == "__main__":
    main(*sys.argv[1:])
