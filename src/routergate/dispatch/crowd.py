"""Providers whose servers are all full, and how full they are."""

from collections.abc import Iterable, Sequence
from math import inf

from routergate.dispatch.capacity import Gauge, Gauges
from routergate.dispatch.fleet import Fleet, Loads, Replica
from routergate.domain.capacity import Crowd, Fill
from routergate.domain.model import ProviderId

Told = Sequence[tuple[Replica, Gauge]]
"""The servers that told their load of late: of others nobody knows whether they have room, or are there."""


def crowds(fleet: Fleet, loads: Loads, gauges: Gauges, now: float) -> dict[ProviderId, Crowd]:
    """What stands in front of providers whose servers are all full, or were until just now."""
    if not gauges:
        return {}
    found = {
        provider: _crowd(provider, told, loads, gauges)
        for provider, replicas in fleet.items()
        if (told := _told(replicas, gauges, now))
    }
    return {provider: crowd for provider, crowd in found.items() if crowd.waiting or crowd.level}


def fill(replicas: Iterable[Replica], gauges: Gauges, now: float) -> Fill:
    """How full a provider's servers are together."""
    told = [gauge for _, gauge in _told(replicas, gauges, now)]
    if not told:
        return Fill()
    return Fill(
        utilisation=_mean([gauge.utilisation for gauge in told]),
        waiting=sum(gauge.said.waiting for gauge in told),
        prefix_hits=_mean([gauge.prefixes.mean for gauge in told]),
    )


def _told(replicas: Iterable[Replica], gauges: Gauges, now: float) -> Told:
    return [(one, gauge) for one in replicas if (gauge := gauges.of(one.server, now)) is not None]


def _crowd(provider: ProviderId, told: Told, loads: Loads, gauges: Gauges) -> Crowd:
    """At the server with the shortest wait; an unknown one is longer than any other."""
    seconds, waiting, server = min(
        (
            (_seconds(gauge.wait(loads.running(one))), gauge.waiting(loads.running(one)), one)
            for one, gauge in told
        ),
        key=lambda found: found[:2],
    )
    wait = None if seconds == inf else seconds
    return Crowd(waiting=waiting, seconds=wait, level=gauges.level(provider, wait, server.tolerated))


def _seconds(wait: float | None) -> float:
    return inf if wait is None else wait


def _mean(figures: Iterable[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known) / len(known) if known else None
