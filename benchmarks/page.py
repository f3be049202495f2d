"""What was measured, as the tables of a document."""

import platform
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from benchmarks.processes import machine

BEGIN, END = "<!-- measured: `make bench` writes what follows -->", "<!-- measured: the end -->"
RATE = 100
"""Requests a second where how long they wait is measured."""
Rows = dict[tuple[str, str], list[dict[str, float]]]
"""By proxy and scenario, one for each repetition."""


def written(document: str, found: str) -> str:
    """A document with these tables in place of those that it had."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"the document has no place for tables: put {BEGIN} and {END} into it")
    return f"{head}{BEGIN}\n\n{found}\n{END}{tail}"


def tables(rows: Rows, stolen: float) -> str:
    """What the machine was, what requests cost, and what they wait for."""
    names = list(dict.fromkeys(name for name, _ in rows if name != "none"))
    return (
        "\n".join([*_circumstances(rows, stolen), "", *_costs(rows, names), "", *_waits(rows, names)]) + "\n"
    )


def _circumstances(rows: Rows, stolen: float) -> Iterator[str]:
    found = machine()
    yield (
        f"{datetime.now(UTC):%d %B %Y}, {found['processor']}, {found['cores']} cores, Linux {found['kernel']}"
        f", Python {platform.python_version()}; {len(rows['none', 'plain'])} repetitions, of which tables "
        f"show medians (least to most); the hypervisor took {stolen:.1%} of the time."
    )


def _costs(rows: Rows, names: Sequence[str]) -> Iterator[str]:
    yield (
        "| proxy | CPU ms / request | × aiohttp relay | CPU ms / stream of 50 events | × aiohttp relay "
        "| requests/s | streams/s | start s | idle MB | errors |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name in names:
        plain, stream = rows[name, "plain"], rows[name, "stream"]
        bad = sum(row["bad"] for scenario in ("plain", "stream", "paced") for row in rows[name, scenario])
        yield (
            f"| {name} | {_spread(plain, 'cpu_ms', 3)} | {_times(rows, name, 'plain')} "
            f"| {_spread(stream, 'cpu_ms', 3)} | {_times(rows, name, 'stream')} "
            f"| {_middle(plain, 'per_second'):,.0f} | {_middle(stream, 'per_second'):,.0f} "
            f"| {_middle(plain, 'start_s'):.2f} | {_middle(plain, 'idle_mb'):.0f} | {bad:.0f} |"
        )


def _waits(rows: Rows, names: Sequence[str]) -> Iterator[str]:
    yield f"Added to what the upstream itself takes, at {RATE} requests a second:"
    yield ""
    yield "| proxy | p50 ms | p99 ms | CPU ms / request |"
    yield "|---|---|---|---|"
    alone = rows["none", "paced"]
    for name in names:
        paced = rows[name, "paced"]
        p50, p99 = (_middle(paced, key) - _middle(alone, key) for key in ("p50_ms", "p99_ms"))
        yield f"| {name} | {p50:.2f} | {p99:.2f} | {_spread(paced, 'cpu_ms', 3)} |"


def _times(rows: Rows, name: str, scenario: str) -> str:
    relay = _middle(rows["aiohttp relay", scenario], "cpu_ms")
    return f"{_middle(rows[name, scenario], 'cpu_ms') / relay:.2f}"


def _middle(found: Sequence[dict[str, float]], key: str) -> float:
    return statistics.median(row[key] for row in found)


def _spread(found: Sequence[dict[str, float]], key: str, digits: int) -> str:
    values = [row[key] for row in found]
    return f"{_middle(found, key):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
