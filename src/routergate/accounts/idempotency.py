"""Requests that are answered once: who is answering, and what was answered, in the store."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from routergate.domain.errors import StoreUnavailable
from routergate.domain.once import (
    Asked,
    IdempotencyConflict,
    IdempotencyInProgress,
    IdempotencyNotKept,
    Reply,
)
from routergate.store.client import Argument, Script, Store

if TYPE_CHECKING:
    from routergate.accounts.seal import Seal

log = logging.getLogger(__name__)

CLAIM = Script.packaged("routergate.accounts", "claim.lua")
HOLD = Script.packaged("routergate.accounts", "hold.lua")
LEASE = 60_000
"""Milliseconds for which a claim outlives the process that made it."""
RENEWED_EVERY = 20.0
"""Seconds."""
KEPT = 86_400_000
"""Milliseconds for which an answer is kept."""
PARAM = "Idempotency-Key"
UNREADABLE = (ValueError, msgspec.MsgspecError)
"""What was kept is nothing, for want of room, or it is damaged or of another version."""


class StoredReplies:
    """Answers that can be given again, readable with the caller's key only.

    Those whose bodies have more than `room` bytes are not kept.
    """

    def __init__(self, store: Store, room: int, *, renewed_every: float = RENEWED_EVERY) -> None:
        self._store = store
        self._room = room
        self._renewed_every = renewed_every

    @asynccontextmanager
    async def claim(self, asked: Asked) -> AsyncIterator["Claim | Reply"]:
        """The right to answer, or what was answered. A claim that kept nothing is free again at the end."""
        seal = await asyncio.to_thread(_seal, asked)
        claim = Claim(self._store, record_key(asked.identity.organisation, seal.name), seal, self._room)
        try:
            answered = await claim.begin()
            if answered is not None:
                yield answered
                return
            renewal = asyncio.create_task(claim.renew(self._renewed_every))
            try:
                yield claim
            finally:
                renewal.cancel()
        finally:
            await claim.end()


class Claim:
    """The right to answer a request, for as long as it takes."""

    def __init__(self, store: Store, key: str, seal: "Seal", room: int) -> None:
        self.room = room
        self._store = store
        self._key = key
        self._seal = seal
        self._holder = secrets.token_hex(16)
        self._over = False
        """Whether there is nothing left to give up."""

    async def begin(self) -> Reply | None:
        """Make the claim, unless the request has been answered; raises if neither can be."""
        try:
            became, *kept = await self._store.run(
                CLAIM, [self._key], [self._seal.request, self._holder, LEASE]
            )
        except StoreUnavailable:
            self._over = True
            raise
        if became == b"ours":
            return None
        self._over = True
        return await asyncio.to_thread(self._answered, became.decode(), kept)

    async def renew(self, every: float) -> None:
        """Hold the claim until it is over."""
        while not self._over:
            await asyncio.sleep(every)
            await self._tell(LEASE)

    async def keep(self, reply: Reply) -> None:
        """Put the answer in the claim's place: what fails here is logged, for the answer is good."""
        self._over = True
        await _surely(self._keep(reply))

    async def end(self) -> None:
        """Give the claim up, if nothing came of it."""
        if not self._over:
            self._over = True
            await _surely(self._tell(0))

    def _answered(self, became: str, kept: list[bytes]) -> Reply:
        if became == "other":
            raise IdempotencyConflict(
                "This Idempotency-Key was used with another request: with another body, path or "
                "x-routergate header. Use a new one for each request.",
                param=PARAM,
            )
        if became == "running":
            raise IdempotencyInProgress(
                "A request with this Idempotency-Key is being answered. Send it again in a moment.",
                param=PARAM,
            )
        return self._opened(kept[0])

    def _opened(self, kept: bytes) -> Reply:
        try:
            return msgspec.msgpack.decode(self._seal.open(kept), type=Reply)
        except UNREADABLE:
            raise IdempotencyNotKept(
                "This request was answered before, but its answer was not kept: it was larger than this "
                "gateway keeps, or cannot be read any more. Use a new Idempotency-Key to have it answered "
                "again, and paid again.",
                param=PARAM,
            ) from None

    async def _keep(self, reply: Reply) -> None:
        fits = len(reply.body) <= self.room
        await self._tell(KEPT, await asyncio.to_thread(self._closed, reply) if fits else b"")

    def _closed(self, reply: Reply) -> bytes:
        return self._seal.close(msgspec.msgpack.encode(reply))

    async def _tell(self, *arguments: Argument) -> None:
        try:
            if not await self._store.run(HOLD, [self._key], [self._holder, *arguments]):
                log.info("a claim on an Idempotency-Key ended before it was given up")
        except StoreUnavailable as error:
            log.warning("a claim on an Idempotency-Key stays as it is until its lease ends: %s", error)


async def _surely(work: Coroutine[Any, Any, None]) -> None:
    """Do it, even if the caller hangs up meanwhile."""
    await asyncio.shield(asyncio.create_task(work))


def record_key(organisation: str, name: str) -> str:
    """Where the store has the record of a request."""
    return f"rg:{{{organisation}}}:idempotency:{name}"


def _seal(asked: Asked) -> "Seal":
    """In a thread: the library takes a while to import, and a large body to hash."""
    from routergate.accounts.seal import seal  # noqa: PLC0415 - most gateways never need it

    return seal(asked)
