"""What OpenCost says that parts of a Kubernetes cluster came to.

As of OpenCost's allocation API: https://opencost.io/docs/integrations/api
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from typing import Any

import aiohttp

from routergate.domain.asset import Allocation, HostingUnmeasured
from routergate.domain.model import ModelCard
from routergate.domain.money import Nanos, nanos

PATIENCE = aiohttp.ClientTimeout(total=120)
"""OpenCost asks a Prometheus for a whole month."""
LARGEST = 64 * 1024 * 1024
"""Bytes of an answer."""
SHOWN = 5
"""Names of other parts, in an error."""


async def bills(cards: Iterable[ModelCard], since: int, until: int) -> Mapping[str, Nanos]:
    """What the hosting of models came to between two instants, where OpenCost is to be asked.

    Raises `HostingUnmeasured`: it does not answer, or knows no such part.
    """
    asked = {card.id: found for card in cards if (found := _allocation(card)) is not None}
    if not asked:
        return {}
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        said = await asyncio.gather(
            *(_bill(session, name, found, since, until) for name, found in asked.items())
        )
    return dict(zip(asked, said, strict=True))


def _allocation(card: ModelCard) -> Allocation | None:
    return card.asset.hosting.allocation if card.asset and card.asset.hosting else None


async def _bill(session: aiohttp.ClientSession, model: str, it: Allocation, since: int, until: int) -> Nanos:
    asked = {"window": f"{_spoken(since)},{_spoken(until)}", "aggregate": it.aggregate, "accumulate": "true"}
    try:
        async with session.get(f"{it.url.rstrip('/')}/allocation", params=asked) as response:
            if response.status != 200:
                raise _unmeasured(model, f"OpenCost answered with status {response.status}")
            said = json.loads(await _bounded(response.content), parse_float=Decimal)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise _unmeasured(model, f"OpenCost cannot be reached ({type(error).__name__})") from error
    except ValueError as error:
        raise _unmeasured(model, "what OpenCost answered is no JSON; is that its API?") from error
    return _cost(model, it, said)


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    """All of an answer; raises `ValueError` if it is too large."""
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) > LARGEST:
            raise ValueError(f"{LARGEST} bytes at most")
    return bytes(body)


def _cost(model: str, it: Allocation, said: Any) -> Nanos:
    """The part's cost, added up over the sets of an answer."""
    sets = said.get("data") if isinstance(said, dict) else None
    if not isinstance(sets, list) or not all(isinstance(one, dict) for one in sets):
        raise _unmeasured(model, "what OpenCost answered has no sets of allocations")
    parts = [one[it.name] for one in sets if it.name in one]
    if not parts:
        known = sorted({name for one in sets for name in one})
        others = f"it has {', '.join(known[:SHOWN])}" if known else "it has none at all for that time"
        raise _unmeasured(model, f"OpenCost has no '{it.name}' by {it.aggregate}; {others}")
    try:
        return nanos(sum((Decimal(part["totalCost"]) for part in parts), Decimal(0)))
    except (KeyError, TypeError, ValueError, DecimalException) as error:
        raise _unmeasured(model, f"OpenCost gives no totalCost for '{it.name}'") from error


def _unmeasured(model: str, why: str) -> HostingUnmeasured:
    return HostingUnmeasured(f"models.{model}.asset.hosting.opencost: {why}. Nothing was booked or reported.")


def _spoken(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
