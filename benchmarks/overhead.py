"""What the gateway costs beside relays that do nothing else, measured in one run (Linux, 5 minutes).

    python -m benchmarks.overhead [--repetitions 3] [--seconds 3] [--write docs/performance.md]

The proxy is alone on the last core, upstream and load are on the first. CPU time is that of the proxy's whole
process tree, the embedded Redis included. The ratio is the figure to trust: machines differ, and are noisy.
nginx and HAProxy are measured, too, where they are installed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from benchmarks.page import RATE, Rows, tables, written
from benchmarks.processes import answers, cpu_seconds, free_port, megabytes, running, stolen

HERE = Path(__file__).parent
SCENARIOS: dict[str, list[str]] = {
    "plain": [],
    "stream": ["--stream"],
    "paced": ["--rate", str(RATE)],
}
KEY, CAREFUL = "rg-benchmark", "rg-benchmark-everything"


@dataclass(frozen=True, slots=True)
class Proxy:
    """What is started: how, and what is asked of it under which names."""

    command: Callable[[int, int, Path], Sequence[str]]
    """By its port, the upstream's, and a fresh folder."""
    settings: Mapping[str, Sequence[str]]
    """What the tables call it, and what the load generator is told."""
    environment: Mapping[str, str] = field(default_factory=dict)


def relay(port: int, upstream: int, _: Path) -> list[str]:
    """aiohttp's server and client."""
    return [sys.executable, str(HERE / "passthrough.py"), str(port), f"http://127.0.0.1:{upstream}/v1"]


def nginx(port: int, upstream: int, folder: Path) -> list[str]:
    """One worker that keeps its connections."""
    (folder / "nginx.conf").write_text(
        f"worker_processes 1; error_log /dev/null crit; pid {folder}/pid; daemon off;"
        "events { worker_connections 4096; } http { access_log off;"
        f"client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;"
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_body_buffer_size 64k;"
        "keepalive_requests 100000000; keepalive_timeout 75s;"
        f"upstream up {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}"
        f"server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ proxy_pass http://up;"
        'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }'
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def haproxy(port: int, upstream: int, folder: Path) -> list[str]:
    """One thread that keeps its connections."""
    (folder / "haproxy.cfg").write_text(
        "global\n nbthread 1\n maxconn 4096\ndefaults\n mode http\n timeout connect 5s\n timeout client 75s\n"
        " timeout server 75s\n option http-no-delay\n http-reuse always\n no log\n"
        f"frontend f\n bind 127.0.0.1:{port} backlog 1024\n default_backend b\n"
        f"backend b\n server s1 127.0.0.1:{upstream}\n"
    )
    return ["haproxy", "-q", "-f", str(folder / "haproxy.cfg")]


def gateway(port: int, _: int, __: Path) -> list[str]:
    """One worker and the embedded store."""
    return [sys.executable, "-m", "routergate.cli", "serve", "--port", str(port)]


def proxies(upstream: int) -> Iterator[Proxy]:
    """Those that are here."""
    yield Proxy(relay, {"aiohttp relay": ()})
    if which("nginx"):
        yield Proxy(nginx, {"nginx": ()})
    if which("haproxy"):
        yield Proxy(haproxy, {"HAProxy": ()})
    yield Proxy(
        gateway,
        {
            "RouterGate, relay only": ("--model", "small"),
            "RouterGate, routing": (),
            "RouterGate, everything": ("--key", CAREFUL),
        },
        {
            "ROUTERGATE_CONFIG": str(HERE / "routergate.yaml"),
            "ROUTERGATE_LOG_LEVEL": "WARNING",
            "UPSTREAM_PORT": str(upstream),
        },
    )


def load(port: int, told: Sequence[str], seconds: float) -> dict[str, float]:
    """What the load generator saw."""
    command = [sys.executable, "-m", "benchmarks.load", "--port", str(port), "--key", KEY, *told]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*command, "--seconds", str(seconds)],
            stdout=output,
            cwd=HERE.parent,
            preexec_fn=lambda: os.sched_setaffinity(0, {0}),
        )
        if process.wait(seconds + 60):
            raise SystemExit("the load generator failed")
        output.seek(0)
        seen: dict[str, float] = json.loads(output.read())
        return seen


def measured(port: int, pid: int, told: Sequence[str], seconds: float) -> dict[str, float]:
    """One scenario against one proxy."""
    before = cpu_seconds(pid)
    row = load(port, told, seconds)
    row["cpu_ms"] = 1e3 * (cpu_seconds(pid) - before) / row["requests"]
    return row


def one(proxy: Proxy, upstream: int, seconds: float, rows: Rows) -> None:
    """Start a proxy, and measure it in all its settings."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        environment = {**proxy.environment, "ROUTERGATE_DATA_DIR": str(folder)}
        core = max(os.sched_getaffinity(0))
        process = stack.enter_context(running(proxy.command(port, upstream, folder), core, **environment))
        state = {"start_s": answers(port, KEY), "idle_mb": megabytes(process.pid)}
        for name, told in proxy.settings.items():
            load(port, told, 1)
            for scenario, how in SCENARIOS.items():
                row = measured(port, process.pid, [*told, *how], seconds)
                rows.setdefault((name, scenario), []).append(row | state)


def run(repetitions: int, seconds: float) -> Rows:
    """Every scenario against every proxy, in turns; what the upstream itself takes is `none`."""
    rows: Rows = {}
    upstream = free_port()
    with running([sys.executable, str(HERE / "upstream.py"), str(upstream)], 0):
        answers(upstream, KEY)
        for _ in range(repetitions):
            for scenario, how in SCENARIOS.items():
                rows.setdefault(("none", scenario), []).append(load(upstream, how, min(seconds, 2.0)))
            for proxy in proxies(upstream):
                one(proxy, upstream, seconds, rows)
    return rows


def main() -> None:
    """Measure, and print the medians as tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--write", type=Path, help="the document whose tables are written anew")
    asked = parser.parse_args()
    before = stolen()
    rows = run(asked.repetitions, asked.seconds)
    after = stolen()
    found = tables(rows, (after[0] - before[0]) / (after[1] - before[1]))
    print(found)
    if asked.write:
        asked.write.write_text(written(asked.write.read_text("utf-8"), found), "utf-8")


if __name__ == "__main__":
    main()
