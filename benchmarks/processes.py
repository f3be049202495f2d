"""Processes that are measured: started on one core, and what they take of time and memory (Linux)."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}
"""What is installed has been compiled once."""


@contextmanager
def running(command: Sequence[str], core: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, stopped at the end."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **AS_INSTALLED, **environment},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, key: str) -> float:
    """Seconds until a chat completion is answered."""
    began = time.perf_counter()
    asked = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{port}/v1/chat/completions"
    while time.perf_counter() - began < 30:
        try:
            with urllib.request.urlopen(urllib.request.Request(address, asked, headers), timeout=5):
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.005)
    raise SystemExit(f"nothing answers on port {port}")


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in tree(int(child)))]


def cpu_seconds(pid: int) -> float:
    """CPU time of a process tree."""
    return sum(
        int(Path(f"/proc/{each}/task/{task}/schedstat").read_text().split()[0]) / 1e9
        for each in tree(pid)
        for task in os.listdir(f"/proc/{each}/task")
    )


def megabytes(pid: int) -> float:
    """Memory of a process tree, shared pages counted once."""
    lines = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in tree(pid))
    return sum(int(text.partition("\nPss:")[2].split()[0]) for text in lines) / 1024


def machine() -> Mapping[str, str]:
    """What the figures belong to."""
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    return {
        "processor": models[0].partition(": ")[2] if models else "unknown",
        "cores": str(os.cpu_count()),
        "kernel": os.uname().release,
    }


def stolen() -> tuple[float, float]:
    """Seconds of all cores since the start, those that others took by way of the hypervisor, and all."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[7] / os.sysconf("SC_CLK_TCK"), sum(ticks) / os.sysconf("SC_CLK_TCK")
