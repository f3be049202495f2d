"""A load generator on bare sockets: closed loop, or open loop at a rate. Prints what it saw as JSON."""

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

from benchmarks.prompts import conversation

PREPARED = 4_000
"""Requests that are written before the first is sent, so that writing them is not what is measured."""


@dataclass
class Load:
    """What is sent, and how long each answer took."""

    requests: Iterator[bytes]
    end: bytes
    seconds: list[float] = field(default_factory=list)
    bad: int = 0

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send one request and wait for the end of its answer."""
        began = time.perf_counter()
        writer.write(next(self.requests))
        answer = await reader.readuntil(b"\r\n\r\n")
        lower = answer.lower()
        if b"content-length:" in lower:
            await reader.readexactly(int(lower.partition(b"content-length:")[2].split(b"\r\n")[0]))
        else:
            await reader.readuntil(self.end)
        self.bad += not answer.startswith(b"HTTP/1.1 200")
        self.seconds.append(time.perf_counter() - began)


def request(port: int, key: str, model: str, number: int, *, stream: bool) -> bytes:
    """One chat completion, as it goes over the wire."""
    asked = {"model": model, "messages": conversation(number), "stream": stream}
    body = json.dumps(asked, separators=(",", ":")).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def closed(load: Load, port: int, connections: int, seconds: float) -> None:
    """As many as go: each connection sends the next request when it has its answer."""
    until = time.perf_counter() + seconds

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            await load.one(reader, writer)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))


async def steady(load: Load, port: int, rate: float, seconds: float) -> None:
    """`rate` requests a second, whether the answers come or not."""
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(64)]
    began, running = time.perf_counter(), set()

    async def one() -> None:
        pair = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        await load.one(*pair)
        idle.append(pair)

    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
        running.add(asyncio.create_task(one()))
    await asyncio.gather(*running)
    for _, writer in idle:
        writer.close()


def main() -> None:
    """Run one scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default="none")
    parser.add_argument("--model", default="gpt-4o-mini")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rate", type=float, help="open loop; default: closed loop")
    asked = parser.parse_args()
    first = int.from_bytes(os.urandom(4)) * PREPARED
    written = [
        request(asked.port, asked.key, asked.model, number, stream=asked.stream)
        for number in range(first, first + PREPARED)
    ]
    load = Load(cycle(written), b"0\r\n\r\n")
    began = time.perf_counter()
    if asked.rate:
        work = steady(load, asked.port, asked.rate, asked.seconds)
    else:
        work = closed(load, asked.port, asked.connections, asked.seconds)
    try:
        import uvloop

        uvloop.run(work)
    except ImportError:
        asyncio.run(work)
    cuts = statistics.quantiles(load.seconds, n=100)
    print(
        json.dumps(
            {
                "requests": len(load.seconds),
                "bad": load.bad,
                "per_second": len(load.seconds) / (time.perf_counter() - began),
                "p50_ms": 1e3 * cuts[49],
                "p99_ms": 1e3 * cuts[98],
            }
        )
    )


if __name__ == "__main__":
    main()
