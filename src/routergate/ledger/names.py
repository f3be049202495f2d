"""What things are called in the store. Braces keep all of one organisation's on one node of a cluster."""

from functools import lru_cache

import msgspec

from routergate.domain.budget import Measure, Scope
from routergate.domain.reservation import Counter, Kind

ORGANISATIONS = "rg:organisations"
"""The set of all organisations that ever held or left something."""

ALERTING = "rg:alerts:lease"
"""Who sends alerts."""

WATCHING = "rg:quality:lease"
"""Who moves models from one state of trust into another."""
WATCHES = "rg:quality:watches:{quality}"
"""The hash of what is remembered of each model with each task on each route."""
WATCHED = "rg:quality:watched:{quality}"
"""The hash of how often that was written (`version`), and up to which news (`place`)."""
NEWS = "rg:quality:news:{quality}"
"""The stream of comparisons and orders that have not been taken into account yet."""
TRANSITIONS = "rg:quality:transitions:{quality}"
"""The stream of the last moves."""
TRANSITIONS_TOLD = "rg:quality:told:{quality}"
"""The hash of those who are told of moves, and the last that each has got."""


def key(organisation: str, name: str) -> str:
    """What one organisation keeps under a name."""
    return f"rg:{{{organisation}}}:{name}"


def writers_key(organisation: str) -> str:
    """The hash of writers and the last sequence that each has applied."""
    return key(organisation, "writers")


def events_key(organisation: str) -> str:
    """The stream of events."""
    return key(organisation, "events")


def holds_key(organisation: str) -> str:
    """The hash of what requests hold, or that they have ended."""
    return key(organisation, "holds")


def leases_key(organisation: str) -> str:
    """The requests that hold something, by when they are given up (milliseconds)."""
    return key(organisation, "leases")


def ended_key(organisation: str) -> str:
    """The requests that have ended, by when they are forgotten (milliseconds)."""
    return key(organisation, "ended")


def counters_key(organisation: str) -> str:
    """The set of the counters of calendar windows."""
    return key(organisation, "counters")


def alerts_key(organisation: str) -> str:
    """The stream of budgets that were passed or reached."""
    return key(organisation, "alerts")


def told_key(organisation: str) -> str:
    """The hash of those who are told, and the last entry of the stream that each has got."""
    return key(organisation, "alerts:told")


def index_key(organisation: str, day: str) -> str:
    """The set of the keys that were used on a day."""
    return key(organisation, f"usage:{day}")


def usage_key(organisation: str, day: str, used: str) -> str:
    """The hash of a key's totals on a day."""
    return f"{index_key(organisation, day)}:{used}"


def lease_key(organisation: str) -> str:
    """Who works on the ledger's files."""
    return key(organisation, "ledger:lease")


def ledger_key(organisation: str) -> str:
    """The name of the ledger to which the stream's events go."""
    return key(organisation, "ledger")


def revenue_key(organisation: str) -> str:
    """The hash of posted revenue: the poster's id to a digest of what was posted, marked if booked."""
    return key(organisation, "revenue")


def counter_key(organisation: str, counter: Counter) -> str:
    """The hash of one counter."""
    return key(organisation, f"count:{counter_name(counter)}")


@lru_cache(maxsize=4096)
def counter_name(counter: Counter) -> str:
    """Which counter it is, as a JSON list that `read_counter` understands."""
    parts = (counter.scope, counter.value, counter.measure, counter.kind, counter.window, counter.label)
    return msgspec.json.encode(parts).decode()


def read_counter(name: str) -> Counter:
    """The counter that is called so, without the length and the end of its window."""
    scope, value, measure, kind, window, label = msgspec.json.decode(name, type=tuple[str, ...])
    return Counter(
        scope=Scope(scope), value=value, measure=Measure(measure), kind=Kind(kind), window=window, label=label
    )


def name_of(organisation: str, found: bytes) -> str:
    """The name of the counter whose key this is."""
    return found.decode().removeprefix(key(organisation, "count:"))


def counter_of(organisation: str, found: bytes) -> Counter:
    """The counter whose key this is."""
    return read_counter(name_of(organisation, found))
