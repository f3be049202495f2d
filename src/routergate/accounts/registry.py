"""The life of a key: created, rotated, disabled and enabled, revoked."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec.structs import replace

from routergate.accounts import scope
from routergate.accounts.audit import AUDIT, entry
from routergate.accounts.keys import KEYS, KeyBudget, KeyRecord, decode, digest, encode, key_id, new_token
from routergate.accounts.times import LONGEST, SECOND
from routergate.domain.errors import InvalidRequest, KeyConflict, UnknownKey
from routergate.ports import Clock
from routergate.store.client import Argument, Script, Store

CHANGE = Script.packaged("routergate.accounts", "change.lua")
OVERLAP = 86_400 * SECOND
"""How long a key goes on beside the one that replaced it."""

ID = re.compile("key_[0-9a-f]{1,16}")

Action: TypeAlias = Literal["create", "rotate", "disable", "enable", "revoke", "budget"]
Step: TypeAlias = tuple[Action, KeyRecord]
"""What is done to a key, and the record that comes of it."""

UNFIT: Mapping[str, Sequence[tuple[str, str]]] = {
    "rotate": (
        ("revoked_at", "is revoked, which is final: create another one"),
        ("disabled_at", "is disabled: enable it before it is rotated"),
        ("replaced_by", "has been rotated: rotate the key that replaced it"),
    ),
    "disable": (
        ("revoked_at", "is revoked, which is final"),
        ("disabled_at", "is disabled already"),
    ),
    "enable": (("revoked_at", "is revoked, which is final: create another one"),),
    "revoke": (("revoked_at", "is revoked already"),),
    "budget": (("revoked_at", "is revoked, which is final: it spends nothing"),),
}
"""What a key must not be for a change, and what is said if it is."""


class KeyRegistry:
    """The keys in the store. Every gateway that shares the store follows within a second.

    `by` is who asks for the changes: the audit log has it, and gets each change in the same step.
    """

    def __init__(self, store: Store, clock: Clock, by: str) -> None:
        self._store = store
        self._clock = clock
        self._by = by

    async def create(
        self,
        organisation: str,
        *,
        team: str | None = None,
        customer: str | None = None,
        feature: str | None = None,
        name: str | None = None,
        allow: Iterable[str] | None = None,
        classes: Iterable[str] | None = None,
        regions: Iterable[str] | None = None,
        ips: Iterable[str] | None = None,
        priority: str | None = None,
        expires_at: int | None = None,
        budget: KeyBudget | None = None,
    ) -> tuple[str, str]:
        """A new key and its id. The key is nowhere else: whoever loses it needs another."""
        scope.check_organisation(organisation)
        for param, text in (("team", team), ("customer", customer), ("feature", feature), ("name", name)):
            if text is not None:
                scope.check_name(param, text)
        token, now = new_token(), self._clock.epoch_ns()
        _check_expiry(expires_at, now)
        record = KeyRecord(
            id=key_id(digest(token)),
            digest=digest(token),
            organisation=organisation,
            team=team,
            customer=customer,
            feature=feature,
            name=name,
            allow=scope.names("allow", allow),
            classes=scope.classes(classes),
            regions=scope.regions(regions),
            ips=scope.ips(ips),
            priority=scope.priority(priority),
            created_at=now,
            expires_at=expires_at,
            budget=budget,
        )
        await self._apply([("create", record)])
        return token, record.id

    async def list(self) -> tuple[KeyRecord, ...]:
        """Every key that was ever created, oldest first."""
        records = (decode(value) for value in (await self._store.fields(KEYS)).values())
        return tuple(sorted(records, key=lambda record: (record.created_at, record.id)))

    async def rotate(
        self, key_id: str, *, overlap: int = OVERLAP, expires_at: int | None = None
    ) -> tuple[str, str]:
        """A new key of the same owner and scope, and its id. The old one ends after `overlap` nanoseconds.

        The new one expires when the old one would have, unless `expires_at` says otherwise.
        """
        token, now = new_token(), self._clock.epoch_ns()

        def steps(old: KeyRecord) -> Sequence[Step]:
            new = _successor(old, token, now, old.expires_at if expires_at is None else expires_at)
            ends = now + overlap if old.expires_at is None else min(now + overlap, old.expires_at)
            return ("rotate", replace(old, replaced_by=new.id, expires_at=ends)), ("create", new)

        _, (_, new) = await self._change(key_id, "rotate", steps)
        return token, new.id

    async def disable(self, key_id: str) -> KeyRecord:
        """Let the key open nothing until it is enabled again."""
        now = self._clock.epoch_ns()
        return await self._changed(key_id, "disable", lambda old: replace(old, disabled_at=now))

    async def enable(self, key_id: str) -> KeyRecord:
        """Let a disabled key open again what it opened before."""

        def enabled(old: KeyRecord) -> KeyRecord:
            if old.disabled_at is None:
                raise KeyConflict(f"{old.id} is not disabled.")
            return replace(old, disabled_at=None)

        return await self._changed(key_id, "enable", enabled)

    async def revoke(self, key_id: str) -> KeyRecord:
        """Let the key open nothing any more, whatever comes."""
        now = self._clock.epoch_ns()
        return await self._changed(key_id, "revoke", lambda old: replace(old, revoked_at=now))

    async def budget(self, key_id: str, budget: KeyBudget | None) -> KeyRecord:
        """Let the key spend so much, what it has spent in the window included; `None`: no bound."""
        return await self._changed(key_id, "budget", lambda old: replace(old, budget=budget))

    async def _changed(
        self, key_id: str, action: Action, change: Callable[[KeyRecord], KeyRecord]
    ) -> KeyRecord:
        [(_, record)] = await self._change(key_id, action, lambda old: [(action, change(old))])
        return record

    async def _change(
        self, key_id: str, action: Action, steps: Callable[[KeyRecord], Sequence[Step]]
    ) -> Sequence[Step]:
        """Do what `steps` makes of the record, again if it has changed meanwhile: then someone got ahead."""
        _check_id(key_id)
        while True:
            found = await self._store.get_field(KEYS, key_id)
            if found is None:
                raise UnknownKey(
                    f"There is no key {key_id} in the store; those that are there can be listed."
                )
            before = decode(found)
            _check_fit(before, action)
            done = steps(before)
            if await self._apply(done, found):
                return done

    async def _apply(self, steps: Sequence[Step], found: bytes = b"") -> bool:
        """Change and audit log together; false, with nothing done, if the first record is not as found."""
        before, now = decode(found) if found else None, self._clock.epoch_ns()
        arguments: list[Argument] = [found]
        for action, after in steps:
            arguments += after.id, encode(after), entry(action, before, after, by=self._by, at=now)
            before = None
        return bool(await self._store.run(CHANGE, [KEYS, AUDIT], arguments))


def _successor(old: KeyRecord, token: str, now: int, expires_at: int | None) -> KeyRecord:
    """The record of a key that takes over from another."""
    _check_expiry(expires_at, now)
    full = digest(token)
    return replace(old, id=key_id(full), digest=full, created_at=now, expires_at=expires_at, replaces=old.id)


def _check_id(text: str) -> None:
    """What is no id may be the key itself: it must not come back in an error."""
    if not ID.fullmatch(text):
        raise UnknownKey("This is no key's id, which looks like key_0123456789abcdef.")


def _check_fit(record: KeyRecord, action: Action) -> None:
    for field, text in UNFIT[action]:
        if getattr(record, field) is not None:
            raise KeyConflict(f"{record.id} {text}.")


def _check_expiry(expires_at: int | None, now: int) -> None:
    if expires_at is not None and not now < expires_at <= now + LONGEST * SECOND:
        raise InvalidRequest("expires must lie in the future, within a century", param="expires")
