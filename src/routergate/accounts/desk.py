"""Where operators come about keys, by command or over HTTP: words in, JSON out."""

from collections.abc import Mapping, Sequence
from typing import Any

from routergate.accounts.audit import entries, plain
from routergate.accounts.keys import KeyRecord, terms
from routergate.accounts.registry import KeyRegistry
from routergate.accounts.scope import budget
from routergate.accounts.times import instant, shown, span
from routergate.ports import Clock
from routergate.store.client import Store

READ_HERE = frozenset({"expires", "budget_usd", "window", "strict"})
"""Words that are not the registry's own."""


class KeyDesk:
    """The registry in operators' words; `by` is who asks."""

    def __init__(self, store: Store, clock: Clock, by: str) -> None:
        self._store = store
        self._clock = clock
        self._registry = KeyRegistry(store, clock, by)

    async def create(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """The id of a new key, and the key, which is never shown again."""
        named = {name: value for name, value in wanted.items() if name not in READ_HERE}
        token, key_id = await self._registry.create(
            **named,
            expires_at=self._instant(wanted.get("expires")),
            budget=budget(wanted.get("budget_usd"), wanted.get("window"), strict=bool(wanted.get("strict"))),
        )
        return {"id": key_id, "key": token}

    async def list(self) -> Sequence[Mapping[str, Any]]:
        """Every key, oldest first."""
        return [self._view(record) for record in await self._registry.list()]

    async def rotate(
        self, key_id: str, overlap: str = "24h", expires: str | None = None
    ) -> Mapping[str, Any]:
        """The same for the key that takes over from another."""
        token, new_id = await self._registry.rotate(
            key_id, overlap=span(overlap, "overlap"), expires_at=self._instant(expires)
        )
        return {"id": new_id, "key": token, "replaces": key_id}

    async def disable(self, key_id: str) -> Mapping[str, Any]:
        """The key as it is now."""
        return self._view(await self._registry.disable(key_id))

    async def enable(self, key_id: str) -> Mapping[str, Any]:
        """The key as it is now."""
        return self._view(await self._registry.enable(key_id))

    async def revoke(self, key_id: str) -> Mapping[str, Any]:
        """The key as it is now."""
        return self._view(await self._registry.revoke(key_id))

    async def budget(
        self, key_id: str, usd: str | None, window: str | None = None, *, strict: bool = False
    ) -> Mapping[str, Any]:
        """The key as it is now, with this budget in place of the one it had; without `usd`, with none."""
        return self._view(await self._registry.budget(key_id, budget(usd, window, strict=strict)))

    async def audit(self, key: str | None = None, most: int | None = None) -> Sequence[Mapping[str, Any]]:
        """What was done, oldest first; to one key, or the last few changes, if so asked."""
        found = await entries(self._store, key=key, most=most)
        return [
            {name: value for name, value in plain(one).items() if name != "on"} for one in found if one.key
        ]

    def _instant(self, text: str | None) -> int | None:
        return None if text is None else instant(text, self._clock.epoch_ns(), "expires")

    def _view(self, record: KeyRecord) -> Mapping[str, Any]:
        state = record.state(self._clock.epoch_ns())
        return {"id": record.id, "state": state, "created": shown(record.created_at), **terms(record)}
