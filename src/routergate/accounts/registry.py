"""Create, list and revoke keys."""

from collections.abc import Iterable

from msgspec.structs import replace

from routergate.accounts.keys import KEYS, KeyRecord, decode, digest, encode, key_id, new_token
from routergate.domain.errors import InvalidRequest
from routergate.ports import Clock
from routergate.store.client import Store

LONGEST_NAME = 128


class KeyRegistry:
    """The keys in the store. Every gateway that shares the store follows within a second."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(
        self,
        organisation: str,
        *,
        team: str | None = None,
        customer: str | None = None,
        feature: str | None = None,
        name: str | None = None,
        allow: Iterable[str] | None = None,
    ) -> tuple[str, str]:
        """A new key and its id. The key is nowhere else: whoever loses it needs another."""
        allowed = None if allow is None else tuple(sorted(set(allow)))
        check_organisation(organisation)
        for param, text in (("team", team), ("customer", customer), ("feature", feature), ("name", name)):
            if text is not None:
                check_name(param, text)
        for text in allowed or ():
            check_name("allow", text)
        token = new_token()
        record = KeyRecord(
            id=key_id(digest(token)),
            digest=digest(token),
            organisation=organisation,
            team=team,
            customer=customer,
            feature=feature,
            name=name,
            allow=allowed,
            created_at=self._clock.epoch_ns(),
        )
        await self._write(record)
        return token, record.id

    async def list(self) -> tuple[KeyRecord, ...]:
        """Every key that was ever created, oldest first."""
        records = (decode(value) for value in (await self._store.fields(KEYS)).values())
        return tuple(sorted(records, key=lambda record: (record.created_at, record.id)))

    async def revoke(self, key_id: str) -> bool:
        """Let the key open nothing any more; false if there is no such key, or it was revoked before."""
        value = await self._store.get_field(KEYS, key_id)
        if value is None or (record := decode(value)).revoked_at is not None:
            return False
        await self._write(replace(record, revoked_at=self._clock.epoch_ns()))
        return True

    async def _write(self, record: KeyRecord) -> None:
        await self._store.call("HSET", KEYS, record.id, encode(record))


def check_name(param: str, text: str) -> None:
    """Raise `InvalidRequest` unless `text` can be a name."""
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise InvalidRequest(f"{param} must be 1 to {LONGEST_NAME} printable characters", param=param)


def check_organisation(text: str) -> None:
    """The same, without the braces that hold an organisation's keys together in a Redis Cluster."""
    check_name("organisation", text)
    if "{" in text or "}" in text:
        raise InvalidRequest("organisation cannot contain braces", param="organisation")
