"""Which of several servers is asked next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil, log
from types import MappingProxyType
from typing import TypeAlias

from routergate.dispatch.capacity import Gauges
from routergate.dispatch.fleet import Balance, Loads, Replica

FULLER = 1.25
"""Times its share of all running calls: a server with more is much fuller than the others."""
SPARE = 4
"""Calls that make no server much fuller than others, however little those have to do."""
SPAN = 2.0**48


@dataclass(frozen=True, slots=True)
class View:
    """What is known of the servers when one request is to be sent."""

    loads: Loads
    gauges: Gauges
    conversation: str
    """To which the request belongs; empty: to none."""
    now: float

    def outstanding(self, replica: Replica) -> int:
        """Requests that a server is working on, those of others included where it tells."""
        gauge = self.gauges.of(replica.server, self.now)
        return self.loads.running(replica) + (gauge.others if gauge else 0)

    def queued(self, replica: Replica) -> bool:
        """Whether one more request would wait there, as far as is known."""
        gauge = self.gauges.of(replica.server, self.now)
        return gauge is not None and gauge.waiting(self.loads.running(replica)) > 0


Policy: TypeAlias = Callable[[Sequence[Replica], View], Replica]


def chosen(replicas: Iterable[Replica], view: View) -> Replica | None:
    """By the policy of the provider, among those without a queue if there are any; `None` from nobody."""
    able = list(replicas)
    free = [replica for replica in able if not view.queued(replica)] or able
    return POLICIES[free[0].balance](free, view) if free else None


def least_outstanding(replicas: Sequence[Replica], view: View) -> Replica:
    """The one with the fewest requests for its weight; of those alike, whose turn it is."""
    return min(replicas, key=lambda one: (view.outstanding(one) / one.weight, view.loads.given(one)))


def soonest(replicas: Sequence[Replica], view: View) -> Replica:
    """The one that is expected to begin first; of whom nothing is known of late, it is found out."""

    def expected(one: Replica) -> tuple[float, float]:
        pace = view.loads.pace(one, view.now) or 0.0
        return (view.outstanding(one) + 1) * pace / one.weight, view.loads.given(one)

    return min(replicas, key=expected)


def same_again(replicas: Sequence[Replica], view: View) -> Replica:
    """The one that a conversation always gets, the next in its order if that is much fuller than its share.

    Each conversation has an order of its own (rendezvous hashing), the same in every process: a server that
    comes or goes moves nobody but those who had it, or get it.
    """
    if not view.conversation:
        return least_outstanding(replicas, view)
    load = {one: view.outstanding(one) for one in replicas}
    each = FULLER * (sum(load.values()) + 1) / sum(one.weight for one in replicas)
    fit = [one for one in replicas if load[one] < ceil(each * one.weight) + SPARE]
    return max(fit, key=lambda one: _affinity(one, view.conversation))


def _affinity(replica: Replica, conversation: str) -> float:
    """Whoever has the most is asked; twice the weight has the most twice as often."""
    drawn = blake2b(f"{conversation} {replica.name}".encode(), digest_size=6).digest()
    return replica.weight / -log((int.from_bytes(drawn) + 0.5) / SPAN)


POLICIES: Mapping[Balance, Policy] = MappingProxyType(
    {
        Balance.LEAST_OUTSTANDING: least_outstanding,
        Balance.LATENCY: soonest,
        Balance.PREFIX: same_again,
    }
)
