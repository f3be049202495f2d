"""How large an installation must be: the arithmetic of docs/scaling.md, with your figures.

PYTHONPATH=. python -m benchmarks.scaling.sizes --rate 10000 --gateway-ms 4.1 --redis-ms 0.22
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

DAY = 86_400
PASSES = 1_440
"""Of `ledger run` a day, one a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of an installation, and what a request takes; rates are of the busiest minute."""

    rate: float = 10_000
    """Requests a second."""
    peak: float = 3
    """The busiest minute, in means of the day."""
    gateway_ms: float = 4.1
    """Processor time of a gateway for one request."""
    redis_ms: float = 0.22
    """Processor time of Redis for one request."""
    redis_bytes: int = 3_900
    """On the wire to and from Redis, for one request."""
    aof_bytes: int = 4_060
    """That Redis appends to its file for one request."""
    waiting_bytes: int = 2_130
    """That an event takes in Redis until it is in a file."""
    row_bytes: int = 300
    """That an event takes in a Parquet file."""
    body_bytes: int = 8_000
    """Of question and answer together."""
    organisations: int = 100
    busy: float = 0.7
    """Share of a core that may be in use in the busiest minute."""

    def __post_init__(self) -> None:
        if min(getattr(self, each.name) for each in fields(self)) <= 0 or self.busy > 1:
            raise ValueError(f"rates, sizes and shares are above zero, and `busy` is at most 1: {self!r}")


def cores(rate: float, milliseconds: float, busy: float) -> float:
    """Cores that this rate keeps busy, and no busier than that."""
    return rate * milliseconds / 1000 / busy


def primaries(load: Load) -> int:
    """Nodes of a Redis Cluster, each of which works on one core."""
    return math.ceil(cores(load.rate, load.redis_ms, load.busy))


def one_organisation(load: Load) -> float:
    """Requests a second of an organisation with a node of Redis for itself: all of its budgets are there."""
    return load.busy / (load.redis_ms / 1000)


def rows(load: Load) -> Iterator[tuple[str, str, str]]:
    """What is needed, how much of it, and how that is reckoned."""
    needed = cores(load.rate, load.gateway_ms, load.busy)
    yield "cores for gateways", f"{needed:.0f}", "rate × CPU of a request / 0.7"
    yield "gateways of two workers", f"{math.ceil(needed / 2)}", "cores / 2, and what a lost zone takes"
    yield (
        "Redis primaries",
        f"{primaries(load)}",
        "rate × CPU of Redis / 0.7, a core each; and a replica each",
    )
    yield (
        "one organisation at most",
        f"{one_organisation(load):,.0f} requests/s",
        "0.7 / CPU of Redis: one node",
    )
    yield "to and from Redis", f"{load.rate * load.redis_bytes / 1e6:.0f} MB/s", "rate × 3.9 kB"
    yield (
        "Redis' append-only files",
        f"{load.rate * load.aof_bytes / 1e6:.0f} MB/s",
        "rate × 4.06 kB, before rewrites",
    )
    yield (
        "Redis' memory, an hour without `ledger run`",
        f"{load.rate * load.waiting_bytes * 3600 / 1e9:.0f} GB",
        "rate × 3600 s × 2.13 kB",
    )
    yield (
        "callers and providers",
        f"{2 * load.rate * load.body_bytes / 1e6:.0f} MB/s",
        "each byte comes and goes",
    )
    events = load.rate / load.peak * DAY
    yield "events a day", f"{events / 1e6:.0f} million", "rate / 3 × 86 400 s"
    yield "the ledger's files", f"{events * load.row_bytes / 1e9:.0f} GB a day", "events × bytes of a row"
    yield (
        "files a day",
        f"{load.organisations * PASSES:,}",
        "a minute and organisation each; compacted at night",
    )


def table(load: Load) -> Iterator[str]:
    yield "| what | how much | how it is reckoned |"
    yield "|---|---|---|"
    yield from (f"| {' | '.join(row)} |" for row in rows(load))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for each in fields(Load):
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=float, default=each.default)
    print("\n".join(table(Load(**vars(parser.parse_args())))))
