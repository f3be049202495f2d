"""One at a time: whoever works on an organisation's files holds a lease in the store."""

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from routergate.domain.errors import LedgerBusy
from routergate.ledger.names import lease_key
from routergate.store.client import Script, Store

RENEW = Script.packaged("routergate.ledger", "lease.lua")
TERM = 60_000
"""Milliseconds. Longer than any one step takes, for the lease is renewed before each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What one process holds of an organisation until `TERM` after it last said so."""

    store: Store
    organisation: str
    holder: str

    async def renew(self) -> None:
        """Hold it for another term; raises `LedgerBusy` if it has passed to somebody else."""
        if not await self._set(TERM):
            raise LedgerBusy(
                f"This process was away for more than {TERM // 1000} s, and the ledger of "
                f"{self.organisation!r} passed to another. Nothing is lost: run the command again."
            )

    async def release(self) -> None:
        """Give it up, if it is still ours."""
        await self._set(0)

    async def _set(self, milliseconds: int) -> bool:
        keys = [lease_key(self.organisation)]
        return bool(await self.store.run(RENEW, keys, [self.holder, milliseconds]))


@asynccontextmanager
async def lease(store: Store, organisation: str) -> AsyncIterator[Lease]:
    """The lease of one organisation's ledger; raises `LedgerBusy`, with the holder's name, if it is taken."""
    ours = Lease(store=store, organisation=organisation, holder=_name())
    key = lease_key(organisation)
    if not await store.call("SET", key, ours.holder, "NX", "PX", TERM):
        holder, left = await store.together([("GET", key), ("PTTL", key)])
        raise LedgerBusy(
            f"The ledger of {organisation!r} is in the hands of {_shown(holder)}. If that process is dead, "
            f"try again in {max(left, 0) // 1000 + 1} s."
        )
    try:
        yield ours
    finally:
        await ours.release()


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"


def _shown(holder: bytes | None) -> str:
    host, _, process = (holder or b"nobody:0:").decode().rpartition(":")[0].rpartition(":")
    return f"process {process} on {host}"
