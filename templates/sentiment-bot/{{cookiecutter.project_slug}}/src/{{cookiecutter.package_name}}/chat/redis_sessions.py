"""Conversations in Redis, so that any worker, on any machine, can answer the next message."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, WatchError

from ..errors import UserError
from .machine import Session
from .sessions import Change, Changed, SessionsUnavailable, T, known_form, new_id

TIMEOUT_S = 2.0
"""Seconds until Redis counts as gone."""
ATTEMPTS = 50
"""Changes of one session that may come in between before this one gives up."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Session).decode


class RedisSessions:
    """Sessions under `prefix`:ID, each of which Redis forgets after `ttl_s`.

    Their ids, by the time of the last turn, are at `prefix`:ids: beyond `most`, those that were
    idle for longest are deleted. The connection is made at the first need, and again after a loss.
    Raises UserError for an address that is none.
    """

    def __init__(self, url: str, prefix: str, most: int, ttl_s: int) -> None:
        self._prefix = prefix
        self._ids = f"{prefix}:ids"
        self._most = most
        self._ttl_s = ttl_s
        try:
            self._redis: Any = redis.asyncio.Redis.from_url(
                url,
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=TIMEOUT_S,
                # A lost connection is made anew once. A Redis that does not answer is not asked
                # again: callers who wait take the places of those who ask for predictions.
                retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
            )
        except ValueError:
            # Without the address: there may be a password in it.
            raise UserError(
                "APP_REDIS_URL is no address of a Redis. Write redis://HOST:PORT/NUMBER, or leave "
                "it away."
            ) from None

    async def change(self, session_id: str | None, change: Change[T]) -> Changed[T]:
        """See `Sessions`: what was changed in between is read anew, and changed again."""
        try:
            for _ in range(ATTEMPTS):
                try:
                    return await self._change(known_form(session_id), change)
                except WatchError:
                    continue
        except (RedisError, OSError) as error:
            raise SessionsUnavailable(type(error).__name__) from None
        raise SessionsUnavailable("too many messages of one conversation at once")

    async def _change(self, session_id: str | None, change: Change[T]) -> Changed[T]:
        async with self._redis.pipeline(transaction=True) as pipeline:
            held = None
            if session_id is not None:
                await pipeline.watch(self._key(session_id))
                held = self._session(await pipeline.get(self._key(session_id)))
            found = session_id if session_id is not None and held is not None else new_id()
            after, result = change(held)
            pipeline.multi()
            if after is None:
                pipeline.delete(self._key(found))
                pipeline.zrem(self._ids, found)
            else:
                self._store(pipeline, found, after)
            *_, count = await pipeline.execute()
        if after is not None and held is None and count > self._most:
            await self._drop(count - self._most)
        return Changed(found, held is None, result)

    def _store(self, pipeline: Any, session_id: str, session: Session) -> None:
        now = time.time()
        pipeline.set(self._key(session_id), _encode(session), ex=self._ttl_s)
        pipeline.zadd(self._ids, {session_id: now})
        pipeline.zremrangebyscore(self._ids, "-inf", now - self._ttl_s)
        pipeline.expire(self._ids, self._ttl_s)
        pipeline.zcard(self._ids)

    async def _drop(self, count: int) -> None:
        """Delete those that were idle for longest."""
        oldest = await self._redis.zpopmin(self._ids, count)
        keys = [self._key(name.decode()) for name, _ in oldest]
        if keys:
            await self._redis.delete(*keys)

    def _key(self, session_id: str) -> str:
        return f"{self._prefix}:{session_id}"

    @staticmethod
    def _session(stored: bytes | None) -> Session | None:
        try:
            return None if stored is None else _decode(stored)
        except msgspec.DecodeError:
            return None  # written by another version of this project

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
