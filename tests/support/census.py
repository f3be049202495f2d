"""What a worker of `support.counted` has at a moment: tasks, objects, sockets, memory."""

import os
import signal
from dataclasses import dataclass
from typing import Any

from support.gateway import RunningGateway
from support.processes import Sample, worker_of
from support.servers import eventually


@dataclass(frozen=True, kw_only=True)
class Census:
    """One count of the one worker of a gateway."""

    tasks: dict[str, int]
    """By what they do."""
    kinds: dict[str, int]
    """Objects by type, of the most frequent types."""
    objects: int
    sockets: int
    rss_kib: int


def census(gateway: RunningGateway) -> Census:
    """Count now; the gateway was started as `support.counted`."""
    worker, told = worker_of(gateway.process.pid), len(_told(gateway))
    now = Sample.of(worker)
    os.kill(worker, signal.SIGUSR1)
    eventually(lambda: len(_told(gateway)) > told)
    return Census(**_told(gateway)[-1], sockets=now.sockets, rss_kib=now.rss_kib)


def _told(gateway: RunningGateway) -> list[dict[str, Any]]:
    return [line["census"] for line in gateway.logged() if "census" in line]
