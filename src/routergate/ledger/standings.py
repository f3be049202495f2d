"""How counters stand, read without moving them."""

from collections.abc import Mapping, Sequence

from routergate.domain.hold import KEPT_BUCKETS, Counter, Kind, Standing
from routergate.ledger.names import counter_key, counter_of, counters_key
from routergate.ledger.posting import width
from routergate.ledger.reader import PORTION
from routergate.store.client import Store


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
    index, cursor = counters_key(organisation), 0
    found: dict[bytes, Counter] = {}
    while True:
        cursor, page = await store.call("SSCAN", index, cursor, "COUNT", PORTION)
        there = await store.together([("EXISTS", member.decode()) for member in page]) if page else []
        gone = [member for member, exists in zip(page, there, strict=True) if not exists]
        if gone:
            await store.call("SREM", index, *gone)
        found.update((member, counter_of(organisation, member)) for member in page if member not in gone)
        if not cursor:
            return sorted(found.values(), key=lambda one: (one.scope, one.value, one.label))


def _standing(one: Counter, fields: Mapping[bytes, bytes], now: int) -> Standing:
    if one.kind is not Kind.SLIDING:
        return Standing(spent=int(fields.get(b"spent", 0)), held=int(fields.get(b"held", 0)))
    oldest = now // width(one) - KEPT_BUCKETS
    buckets = (int(n) for field, n in fields.items() if field.isdigit() and int(field) > oldest)
    return Standing(spent=sum(buckets), held=0)
