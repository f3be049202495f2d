"""A job that one process of all does at a time."""

import os
import secrets
import socket

from routergate.ledger.lease import RENEW, TERM
from routergate.store.client import Store


class Turn:
    """One process's claim to a job. Whoever has it keeps it for `TERM` after it last asked."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"

    async def ours(self) -> bool:
        """Whether the job is this process's for another term."""
        if await self._store.run(RENEW, [self._key], [self._holder, TERM]):
            return True
        return bool(await self._store.call("SET", self._key, self._holder, "NX", "PX", TERM))

    async def pass_on(self) -> None:
        """Let another process have it at once."""
        await self._store.run(RENEW, [self._key], [self._holder, 0])
