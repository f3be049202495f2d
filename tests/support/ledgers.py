"""Ledger events in variety, and what the store holds of them."""

from hypothesis import strategies as st

from routergate.domain.event import Outcome, UsageEvent, UsageSource
from routergate.domain.money import Nanos
from routergate.domain.usage import Usage
from routergate.ledger.names import events_key
from routergate.ledger.record import EventRow, decode
from routergate.store.client import Store
from support.events import LARGE, MINI, an_attribution, an_event

NOON = 1_700_000_000_000_000_000
"""2023-11-14, 22:13:20 UTC."""
DAY = 86_400 * 1_000_000_000

amounts = st.none() | st.integers(0, 10**13).map(Nanos)
counts = st.integers(0, 10**7)
usages = st.none() | st.builds(
    Usage, input_uncached=counts, cache_read=counts, cache_write_1h=counts, output=counts, reasoning=counts
)
words = st.none() | st.sampled_from(["a", "b|c", 'quo"te', "ü", "[1]"])


@st.composite
def events(draw: st.DrawFn) -> UsageEvent:
    """Any event, of one of two organisations, on one of three days."""
    organisation = draw(st.sampled_from(["acme", "other one"]))
    return an_event(
        id=f"event-{draw(st.uuids())}",
        at=NOON + draw(st.integers(0, 2)) * DAY,
        attribution=an_attribution(organisation, customer=draw(words), feature=draw(words), team=draw(words)),
        card=draw(st.sampled_from([None, MINI, LARGE])),
        outcome=draw(st.sampled_from(Outcome)),
        usage=draw(usages),
        usage_source=draw(st.sampled_from(UsageSource)),
        cost=draw(amounts),
        baseline_cost=draw(amounts),
    )


async def written(store: Store, organisation: str = "acme") -> list[EventRow]:
    """The rows in the stream, in the order in which they were written."""
    entries = await store.call("XRANGE", events_key(organisation), "-", "+")
    return [decode(fields[b"event"]) for _, fields in entries]
