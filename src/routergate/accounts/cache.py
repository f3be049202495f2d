"""Answers that are given again to the same request, in the store, sealed."""

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from routergate.domain.caching import Question, Sharing
from routergate.domain.errors import StoreUnavailable
from routergate.domain.once import Asked
from routergate.ports import Cache, Whole
from routergate.store.client import Script, Store

if TYPE_CHECKING:
    from routergate.accounts.seal import Seal

log = logging.getLogger(__name__)

KEEP = Script.packaged("routergate.accounts", "keep.lua")
MIB: Final = 1024 * 1024
IGNORED: Final = frozenset(
    {"user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"}
)
"""Parameters that say on whose account a request goes, or where its provider caches a prompt: an answer does
not depend on them. It may depend on any other, those that nobody here has heard of included."""
UNREADABLE = (ValueError, msgspec.MsgspecError)
"""What was kept is damaged, or of another version."""


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """Each under a name and a key made of the request itself, and of its caller's key or organisation.

    Who has the store only can read none of them. Where an organisation shares them and there is no `secret`,
    who guesses a whole request can tell whether the guess is right.
    """

    store: Store
    room: int = 64 * MIB
    """Bytes that the answers of one organisation may have together."""
    secret: str = field(default="", repr=False)
    """The operator's own; it goes into what an organisation shares."""

    async def find(self, question: Question) -> Whole | None:
        """What was kept; `None` if nothing was, or the store does not say."""
        seal = await asyncio.to_thread(_sealed, question, self.secret)
        try:
            kept = await self.store.call("GET", _record(question, seal.name))
        except StoreUnavailable:
            return None
        return None if kept is None else await asyncio.to_thread(_opened, seal, kept)

    async def keep(self, question: Question, answer: Whole) -> None:
        """For as long as the question says; what does not work out is logged, for the answer is good."""
        seal, closed = await asyncio.to_thread(_closed, question, self.secret, answer)
        index = f"rg:{{{question.identity.organisation}}}:answers"
        keys = [_record(question, seal.name), f"{index}:ends", f"{index}:bytes"]
        arguments = (seal.name, closed, round(question.caching.ttl * 1000), self.room, _record(question, ""))
        try:
            await self.store.run(KEEP, keys, arguments)
        except StoreUnavailable as error:
            log.info("an answer could not be kept to be given again: %s", error)


def _record(question: Question, name: str) -> str:
    return f"rg:{{{question.identity.organisation}}}:answer:{name}"


def _sealed(question: Question, secret: str) -> "Seal":
    """In a thread: the library takes a while to import, and a large body to hash."""
    from routergate.accounts.seal import AGAIN, seal  # noqa: PLC0415 - most gateways never need it

    content = msgspec.json.encode([*_content(question)])
    shared = question.caching.scope is Sharing.ORGANISATION
    asked = Asked(
        identity=question.identity,
        token=f"{question.identity.organisation}\n{secret}" if shared else question.token,
        name=hashlib.sha256(content).hexdigest(),
        content=(content,),
    )
    return seal(asked, AGAIN)


def _content(question: Question) -> Iterator[object]:
    """All that the answer depends on, in one order; spaces between the parts of a body mean nothing."""
    request = question.request
    yield question.identity.organisation
    yield question.settings
    yield request.format.value
    yield sorted(request.headers.items())
    for name in sorted(request.payload.keys() - IGNORED):
        yield name
        yield msgspec.Raw(msgspec.json.format(msgspec.json.encode(request.payload[name]), indent=-1))


def _closed(question: Question, secret: str, answer: Whole) -> "tuple[Seal, bytes]":
    seal = _sealed(question, secret)
    return seal, seal.close(msgspec.msgpack.encode(answer))


def _opened(seal: "Seal", kept: bytes) -> Whole | None:
    try:
        return msgspec.msgpack.decode(seal.open(kept), type=Whole)
    except UNREADABLE as error:
        log.warning("a kept answer cannot be read (%s); the request is answered anew", type(error).__name__)
        return None


_: type[Cache] = StoredAnswers
