"""vLLM's own word on its load: the page of metrics that each of its servers has."""

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

import aiohttp

from routergate.domain.capacity import Occupancy
from routergate.ports import Capacity

PATIENCE: Final = 1.0
"""Seconds for the whole page."""
LARGEST: Final = 4 * 1024 * 1024
"""Bytes; a larger page is not read."""
MARK: Final = b"vllm:"

RUNNING: Final = ("num_requests_running",)
WAITING: Final = ("num_requests_waiting",)
CACHE: Final = ("kv_cache_usage_perc", "gpu_cache_usage_perc")
ANSWERED: Final = ("request_inference_time_seconds_count", "e2e_request_latency_seconds_count")
SECONDS: Final = ("request_inference_time_seconds_sum", "e2e_request_latency_seconds_sum")
PREFIX_ASKED: Final = (
    "prefix_cache_queries_total",
    "gpu_prefix_cache_queries_total",
    "prefix_cache_queries",
    "gpu_prefix_cache_queries",
)
PREFIX_FOUND: Final = (
    "prefix_cache_hits_total",
    "gpu_prefix_cache_hits_total",
    "prefix_cache_hits",
    "gpu_prefix_cache_hits",
)
"""Names of the same series, without their mark; those of newer versions come first."""

READ: Final = frozenset((*RUNNING, *WAITING, *CACHE, *ANSWERED, *SECONDS, *PREFIX_ASKED, *PREFIX_FOUND))

Samples = Mapping[str, Sequence[float]]
"""The values of each series, one for each engine of the server."""


@dataclass(frozen=True, slots=True)
class VllmMetrics:
    """The page of one server."""

    url: str
    session: aiohttp.ClientSession
    headers: Mapping[str, str]

    async def occupancy(self) -> Occupancy | None:
        """What the page says now; `None` if there is none, or none that can be read, in time."""
        try:
            async with asyncio.timeout(PATIENCE), self._get() as page:
                return read(await _bounded(page.content)) if page.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None

    def _get(self) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self.session.get(self.url, headers=self.headers, allow_redirects=False)


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    """The page, if it is not too large; raises `ValueError`."""
    page = bytearray()
    async for piece in content.iter_any():
        page += piece
        if len(page) > LARGEST:
            raise ValueError(f"a page of metrics has {LARGEST} bytes at most")
    return bytes(page)


def read(page: bytes) -> Occupancy | None:
    """What a page says; `None` if it says nothing of requests that run or wait."""
    samples: dict[str, list[float]] = {}
    for name, value in _samples(page):
        samples.setdefault(name, []).append(value)
    running, waiting = _total(samples, RUNNING), _total(samples, WAITING)
    if running is None or waiting is None:
        return None
    return Occupancy(
        running=int(running),
        waiting=int(waiting),
        cache=_mean(samples, CACHE),
        answered=_whole(_total(samples, ANSWERED)),
        seconds=_total(samples, SECONDS),
        prefix_asked=_whole(_total(samples, PREFIX_ASKED)),
        prefix_found=_whole(_total(samples, PREFIX_FOUND)),
    )


def _samples(page: bytes) -> Iterator[tuple[str, float]]:
    """The lines of Prometheus' text format that matter; whatever else the page holds is passed over."""
    for line in page.splitlines():
        if not line.startswith(MARK):
            continue
        name = line[len(MARK) :].partition(b"{")[0].partition(b" ")[0].decode(errors="replace")
        value = _number(line.rpartition(b"}")[2].split()) if b"{" in line else _number(line.split()[1:])
        if name in READ and value is not None:
            yield name, value


def _number(words: Sequence[bytes]) -> float | None:
    """The value, which a time stamp may follow; `None` for what counts nothing."""
    try:
        number = float(words[0])
    except (IndexError, ValueError):
        return None
    return number if 0 <= number < math.inf else None


def _first(samples: Samples, names: Iterable[str]) -> Sequence[float]:
    return next((samples[name] for name in names if name in samples), ())


def _total(samples: Samples, names: Iterable[str]) -> float | None:
    values = _first(samples, names)
    return sum(values) if values else None


def _mean(samples: Samples, names: Iterable[str]) -> float | None:
    values = _first(samples, names)
    return sum(values) / len(values) if values else None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


_: type[Capacity] = VllmMetrics
