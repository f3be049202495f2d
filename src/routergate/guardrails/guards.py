"""The guardrails of every route, one after the other."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from routergate.domain.format import Format
from routergate.guardrails.answered import Transcript
from routergate.guardrails.asked import places, put
from routergate.guardrails.rail import Rail
from routergate.ports import Chunk, Guards


@dataclass(frozen=True, slots=True)
class RouteGuards:
    """By route, in their order. Bodies are taken apart and written beside the event loop."""

    by_route: Mapping[str, Sequence[Rail]]

    async def before(self, route: str, body: bytes) -> bytes | None:
        """The body as they leave it; `None`: as it is."""
        rails, changed = self._of(route, "before"), False
        if not rails:
            return None
        written = await asyncio.to_thread(msgspec.json.decode, body)
        for rail in rails:
            found = places(written)
            messages = [place.message for place in found]
            texts = await rail.told("before", messages, partial(_texts, len(found)))
            changed = (texts is not None and put(found, texts)) or changed
        return await asyncio.to_thread(msgspec.json.encode, written) if changed else None

    def looks_after(self, route: str) -> bool:
        """Whether anybody looks at the answers of a route."""
        return bool(self._of(route, "after"))

    async def after(self, route: str, spoken: Format, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        """A whole answer as they leave it."""
        answer = await asyncio.to_thread(Transcript, spoken, chunks)
        for rail in self._of(route, "after"):
            for channel, text in answer.texts().items():
                told = await rail.told("after", text, _text)
                if told not in {None, text}:
                    answer.write(channel, told or "")
        return await asyncio.to_thread(answer.chunks)

    def _of(self, route: str, moment: str) -> Sequence[Rail]:
        return [rail for rail in self.by_route.get(route, ()) if rail.has(moment)]


def _texts(most: int, told: Any) -> list[str]:
    texts = [_text(one) for one in told]
    if len(texts) != most:
        raise ValueError("as many texts must come back as there were messages")
    return texts


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise TypeError("a guardrail gives text, or None")
    return told


_: type[Guards] = RouteGuards
