"""Who holds which key: declared in the file, or created in the store."""

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from routergate.accounts.keys import KEYS, decode, digest, key_id, masked
from routergate.accounts.times import shown
from routergate.domain.errors import Forbidden, StoreUnavailable, Unauthenticated
from routergate.domain.identity import Identity
from routergate.ports import Clock, Keyring
from routergate.store.client import Store

NO_KEY = "No API key was given. Send it as 'Authorization: Bearer rg-...'."
FRESH = 1.0
"""Seconds for which an answer of the store is believed without asking again."""
STALE = 3600.0
"""Seconds for which a known key is served when the store is away."""


@dataclass(frozen=True, slots=True)
class _Known:
    identity: Identity | None
    """`None`: nobody's key."""
    confirmed: float
    """When the store last said so."""
    asked: float
    """When the store was last asked."""


class StoredKeyring:
    """Keys by their digests, remembered for a second, so that a revoked key is refused within one.

    What the clock or the caller's address decides is looked at on every use.

    While the store is away, a key that it confirmed within the last hour is still good.
    """

    def __init__(
        self, store: Store, declared: Sequence[tuple[str, Identity]], clock: Clock, *, room: int = 10_000
    ) -> None:
        self._store = store
        self._declared = {key_id(full): (full, identity) for full, identity in declared}
        self._clock = clock
        self._room = room
        # Apart, so that a flood of wrong keys does not push the right ones out.
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._unknown: OrderedDict[str, _Known] = OrderedDict()
        self._lookups: dict[str, asyncio.Task[Identity | None]] = {}

    async def identify(self, token: str | None, peer: str | None = None) -> Identity:
        """Who `token` belongs to; without a pause if that was asked within the last second."""
        if not token:
            raise Unauthenticated(NO_KEY)
        full = digest(token)
        known = self._known.get(full) or self._unknown.get(full)
        if known is not None and self._clock.monotonic() - known.asked < FRESH:
            identity = known.identity
        else:
            identity = self._declared_as(full) or await self._shared_lookup(full)
        if identity is None:
            raise Unauthenticated(
                f"Incorrect API key provided: {masked(token)}. It is unknown, disabled or revoked: "
                "ask whoever runs this gateway for a key."
            )
        self._check_use(identity, peer)
        return identity

    def _check_use(self, identity: Identity, peer: str | None) -> None:
        """Raise unless the key is good now, and from where it is used."""
        if identity.expires_at is not None and self._clock.epoch_ns() >= identity.expires_at:
            raise Unauthenticated(
                f"This API key expired at {shown(identity.expires_at)}. "
                "Ask whoever runs this gateway for a new one."
            )
        if not identity.admits(peer):
            raise Forbidden(
                f"This API key may not be used from {peer or 'an unknown address'}. Use it from where it is "
                "meant for, or ask whoever runs this gateway to allow this address."
            )

    def _declared_as(self, full: str) -> Identity | None:
        declared, identity = self._declared.get(key_id(full), ("", None))
        return identity if hmac.compare_digest(declared, full) else None

    async def _shared_lookup(self, full: str) -> Identity | None:
        """Those who ask for one key at the same time wait for one answer."""
        lookup = self._lookups.get(full)
        if lookup is None:
            lookup = self._lookups[full] = asyncio.create_task(self._look_up(full))
            lookup.add_done_callback(partial(self._looked_up, full))
        # Whoever hangs up must not take the answer away from the others.
        return await asyncio.shield(lookup)

    def _looked_up(self, full: str, lookup: asyncio.Task[Identity | None]) -> None:
        del self._lookups[full]
        # Seen by someone, even if all who asked have hung up: else asyncio complains of a lost exception.
        if not lookup.cancelled():
            lookup.exception()

    async def _look_up(self, full: str) -> Identity | None:
        try:
            identity = await self._stored_as(full)
        except StoreUnavailable:
            known = self._still_good(full)
            if known is None:
                raise
        else:
            now = self._clock.monotonic()
            known = _Known(identity, confirmed=now, asked=now)
        self._remember(full, known)
        return known.identity

    async def _stored_as(self, full: str) -> Identity | None:
        value = await self._store.get_field(KEYS, key_id(full))
        if value is None:
            return None
        record = decode(value)
        good = record.revoked_at is None and record.disabled_at is None
        return record.identity if good and hmac.compare_digest(record.digest, full) else None

    def _still_good(self, full: str) -> _Known | None:
        """A key that may be served though the store is away; any other one cannot be judged."""
        known, now = self._known.get(full), self._clock.monotonic()
        if known is None or now - known.confirmed > STALE:
            return None
        return replace(known, asked=now)

    def _remember(self, full: str, known: _Known) -> None:
        here, there = self._known, self._unknown
        if known.identity is None:
            here, there = there, here
        there.pop(full, None)
        here[full] = known
        here.move_to_end(full)
        if len(here) > self._room:
            here.popitem(last=False)


_: type[Keyring] = StoredKeyring
