"""Which provider keeps which answer, for those who go on from one or ask for it again."""

import logging
from dataclasses import dataclass

from routergate.domain.errors import StoreUnavailable
from routergate.domain.model import ProviderId
from routergate.ports import Homes
from routergate.store.client import Store

log = logging.getLogger(__name__)

KEPT = 30 * 24 * 3600
"""Seconds, as long as OpenAI keeps them."""
LONGEST = 256


@dataclass(frozen=True, slots=True)
class StoredHomes:
    """In the store, under the organisation that asked: nobody finds another one's answers."""

    store: Store

    async def of(self, organisation: str, answer_id: str) -> ProviderId | None:
        """Raises `StoreUnavailable`."""
        if len(answer_id) > LONGEST:
            return None
        found = await self.store.call("GET", _key(organisation, answer_id))
        return None if found is None else ProviderId(found.decode())

    async def remember(self, organisation: str, answer_id: str, provider: ProviderId) -> None:
        """Without raising: an answer is good also if nobody can go on from it."""
        try:
            await self.store.call("SET", _key(organisation, answer_id), provider, "EX", KEPT)
        except StoreUnavailable as error:
            log.warning("where a response is kept could not be stored, so it cannot be followed: %s", error)


def _key(organisation: str, answer_id: str) -> str:
    return f"rg:{{{organisation}}}:response:{answer_id}"


_: type[Homes] = StoredHomes
