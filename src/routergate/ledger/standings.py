"""How counters stand, read without moving them."""

from collections.abc import Mapping, Sequence

from routergate.domain.reservation import KEPT_BUCKETS, Counter, Kind, Standing
from routergate.ledger.names import counter_key, counter_of, counters_key
from routergate.ledger.posting import width
from routergate.ledger.reader import PORTION
from routergate.store.client import Script, Store

PRUNE = Script.packaged("routergate.ledger", "prune.lua")
START = 0
"""Where an index begins and ends."""


async def standings(store: Store, organisation: str, counters: Sequence[Counter], now: int) -> list[Standing]:
    """How each counter stands at `now`, milliseconds since the epoch; one that does not exist, at nothing."""
    found: list[Standing] = []
    for start in range(0, len(counters), PORTION):
        portion = counters[start : start + PORTION]
        replies = await store.together([("HGETALL", counter_key(organisation, one)) for one in portion])
        found += (_standing(one, fields, now) for one, fields in zip(portion, replies, strict=True))
    return found


async def existing(store: Store, organisation: str) -> list[Counter]:
    """The counters of calendar windows that there are, of earlier windows too; the expired ones are dropped
    from their index on the way."""
    cursor = START
    found: dict[bytes, Counter] = {}
    while True:
        cursor, there = await pruned(store, organisation, cursor)
        found.update((member, counter_of(organisation, member)) for member in there)
        if cursor == START:
            return sorted(found.values(), key=lambda one: (one.scope, one.value, one.label))


async def pruned(store: Store, organisation: str, cursor: int) -> tuple[int, list[bytes]]:
    """A portion of the index of counters without those that have expired, and where the next one begins."""
    index = counters_key(organisation)
    following, page = await store.call("SSCAN", index, cursor, "COUNT", PORTION)
    there = await store.run(PRUNE, [index, *(member.decode() for member in page)], []) if page else []
    return int(following), there


def _standing(one: Counter, fields: Mapping[bytes, bytes], now: int) -> Standing:
    if one.kind is not Kind.SLIDING:
        return Standing(spent=int(fields.get(b"spent", 0)), held=int(fields.get(b"held", 0)))
    oldest = now // width(one) - KEPT_BUCKETS
    buckets = (int(n) for field, n in fields.items() if field.isdigit() and int(field) > oldest)
    return Standing(spent=sum(buckets), held=0)
