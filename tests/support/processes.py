"""A process as the kernel sees it (Linux): its memory and its sockets, from time to time."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")
_OPEN = frozenset({"01", "08"})
"""Established, and left by the other side, in the kernel's numbers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a process."""

    at: float
    """Seconds on the monotonic clock."""
    rss_kib: int
    sockets: int

    @classmethod
    def of(cls, pid: int) -> Self:
        folder = _PROC / str(pid)
        [rss] = [line for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS:")]
        return cls(time.monotonic(), int(rss.split()[1]), sum(map(_is_socket, (folder / "fd").iterdir())))


def _is_socket(descriptor: Path) -> bool:
    try:
        return str(descriptor.readlink()).startswith("socket:")
    except FileNotFoundError:  # closed since it was listed
        return False


def worker_of(supervisor: int) -> int:
    """The one worker of a gateway: a child that is a fork, as the embedded store is not."""
    children = (_PROC / str(supervisor) / "task" / str(supervisor) / "children").read_text().split()
    [worker] = [int(child) for child in children if _called(int(child)) == _called(supervisor)]
    return worker


def _called(pid: int) -> bytes:
    return (_PROC / str(pid) / "cmdline").read_bytes()


def connections(port: int) -> int:
    """How many a server on a loopback port has, those that nobody has closed yet included."""
    states = [line.split()[1:4] for line in (_PROC / "net" / "tcp").read_text().splitlines()[1:]]
    return sum(own.endswith(f":{port:04X}") and state in _OPEN for own, _, state in states)


async def sampled(pid: int, samples: list[Sample], *, every: float) -> None:
    """Look again and again, until cancelled."""
    while True:
        samples.append(await asyncio.to_thread(Sample.of, pid))
        await asyncio.sleep(every)


def growth(samples: Sequence[Sample]) -> dict[str, float]:
    """How much memory there was, in MiB, and the slope of its later three quarters."""
    mib = [sample.rss_kib / 1024 for sample in samples]
    quarter = max(len(mib) // 4, 1)
    later = samples[quarter:]
    line = statistics.linear_regression(
        [one.at / 3600 for one in later], [one.rss_kib / 1024 for one in later]
    )
    found = {
        "first": mib[0],
        "first_quarter": statistics.mean(mib[:quarter]),
        "second_quarter": statistics.mean(mib[quarter : 2 * quarter]),
        "third_quarter": statistics.mean(mib[2 * quarter : 3 * quarter]),
        "last_quarter": statistics.mean(mib[3 * quarter :]),
        "most": max(mib),
        "mib_per_hour": line.slope,
        "most_sockets": float(max(sample.sockets for sample in samples)),
    }
    return {name: round(value, 2) for name, value in found.items()}
