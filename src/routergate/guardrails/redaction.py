"""The texts of a request and of its answer, as a route's redactions leave them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from routergate.domain.format import Format
from routergate.guardrails.answered import Transcript
from routergate.guardrails.asked import CARRIERS, places
from routergate.guardrails.guards import RouteGuards
from routergate.guardrails.rail import Rail
from routergate.ports import Chunk


class Redactions:
    """By route. Nothing but texts is left: no picture, no tool, no parameter."""

    def __init__(self, by_route: Mapping[str, Sequence[Rail]]) -> None:
        self._guards = RouteGuards(by_route)

    async def asked(self, route: str, payload: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Role and text of each turn. Raises `GuardrailRefused` where a redaction fails."""
        bearing = {name: value for name, value in payload.items() if name in CARRIERS}
        body = await asyncio.to_thread(msgspec.json.encode, bearing)
        redacted = await self._guards.before(route, body)
        return await asyncio.to_thread(_turns, redacted or body)

    async def answered(self, route: str, spoken: Format, chunks: Sequence[Chunk]) -> Sequence[str]:
        """The texts of the answer. Raises `GuardrailRefused` where a redaction fails."""
        redacted = await self._guards.after(route, spoken, chunks)
        return list((await asyncio.to_thread(Transcript, spoken, redacted)).texts().values())


def _turns(body: bytes) -> Sequence[tuple[str, str]]:
    """Neighbouring texts of one role are one turn."""
    turns: list[tuple[str, str]] = []
    for place in places(msgspec.json.decode(body)):
        one = place.message
        if turns and turns[-1][0] == one.role:
            turns[-1] = (one.role, f"{turns[-1][1]}\n{one.text}")
        else:
            turns.append((one.role, one.text))
    return turns
