"""What the gateway costs beside an aiohttp relay that does nothing else, measured in one run (Linux).

    python benchmarks/overhead.py [--repetitions 3] [--seconds 5]

The proxy is alone on the last core, upstream and load are on the first. CPU time is that of the proxy's whole
process tree, the embedded Redis included. The ratio is the figure to trust: machines differ, and are noisy.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
KEY = "rg-benchmark"
SCENARIOS: dict[str, list[str]] = {
    "plain, 64 connections": [],
    "50 events, 64 connections": ["--stream"],
    "plain, 100/s": ["--rate", "100"],
    "plain, 300/s": ["--rate", "300"],
}
Row = dict[str, float]


@contextmanager
def running(command: Sequence[str], core: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, stopped at the end."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, preexec_fn=lambda: os.sched_setaffinity(0, {core})
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


def answers(port: int) -> float:
    """Seconds until a chat completion is answered."""
    began = time.perf_counter()
    asked = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
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


def measured(name: str, port: int, pid: int, seconds: float) -> Row:
    """One scenario against one proxy."""
    command = [sys.executable, str(HERE / "load.py"), "--port", str(port), "--key", KEY]
    before = cpu_seconds(pid)
    with tempfile.TemporaryFile() as output:
        load = subprocess.Popen(
            [*command, "--seconds", str(seconds), *SCENARIOS[name]],
            stdout=output,
            preexec_fn=lambda: os.sched_setaffinity(0, {0}),
        )
        if load.wait(seconds + 60):
            raise SystemExit("the load generator failed")
        output.seek(0)
        row: Row = json.loads(output.read())
    row["cpu_ms"] = 1e3 * (cpu_seconds(pid) - before) / row["requests"]
    return row


def proxies(upstream: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is compared: name to command (which lacks its port) and environment."""
    gateway = {
        "ROUTERGATE_CONFIG": str(HERE / "routergate.yaml"),
        "ROUTERGATE_LOG_LEVEL": "WARNING",
        "UPSTREAM_PORT": upstream,
    }
    return {
        "aiohttp relay": (
            [sys.executable, str(HERE / "passthrough.py"), "PORT", f"http://127.0.0.1:{upstream}/v1"],
            {},
        ),
        "RouterGate": ([sys.executable, "-m", "routergate.cli", "serve", "--port", "PORT"], gateway),
    }


def run(repetitions: int, seconds: float) -> dict[tuple[str, str], list[Row]]:
    """Every scenario against every proxy, in turns."""
    rows: dict[tuple[str, str], list[Row]] = {}
    last = max(os.sched_getaffinity(0))
    upstream = str(free_port())
    with running([sys.executable, str(HERE / "upstream.py"), upstream], 0):
        for _ in range(repetitions):
            for proxy, (command, environment) in proxies(upstream).items():
                with ExitStack() as stack:
                    data = stack.enter_context(tempfile.TemporaryDirectory())
                    port = free_port()
                    there = [str(port) if word == "PORT" else word for word in command]
                    settings = {**environment, "ROUTERGATE_DATA_DIR": data}
                    process = stack.enter_context(running(there, last, **settings))
                    state = {"start_s": answers(port), "idle_mb": megabytes(process.pid)}
                    measured("plain, 64 connections", port, process.pid, 1)
                    for name in SCENARIOS:
                        row = measured(name, port, process.pid, seconds) | state
                        rows.setdefault((proxy, name), []).append(row)
    return rows


def main() -> None:
    """Measure, and print the medians as a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    rows = run(asked.repetitions, asked.seconds)
    print("| proxy | scenario | per second | p50 ms | p99 ms | CPU ms | × relay | start s | idle MB | bad |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (proxy, name), found in rows.items():
        middle = {key: statistics.median(row[key] for row in found) for key in found[0]}
        relay = statistics.median(row["cpu_ms"] for row in rows["aiohttp relay", name])
        print(
            f"| {proxy} | {name} "
            f"| {middle['per_second']:.0f} | {middle['p50_ms']:.2f} | {middle['p99_ms']:.2f} "
            f"| {middle['cpu_ms']:.3f} | {middle['cpu_ms'] / relay:.2f} | {middle['start_s']:.2f} "
            f"| {middle['idle_mb']:.0f} | {sum(row['bad'] for row in found):.0f} |"
        )


if __name__ == "__main__":
    main()
