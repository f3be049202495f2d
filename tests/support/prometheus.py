"""A real Prometheus that scrapes what a test tells it to."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest


@dataclass(frozen=True)
class Prometheus:
    """A server that answers PromQL."""

    url: str

    async def query(self, promql: str) -> list[dict[str, Any]]:
        """The series that an expression gives now; an expression that is wrong fails the test."""
        result: list[dict[str, Any]] = (await self.asked("query", query=promql))["result"]
        return result

    async def asked(self, what: str, **parameters: str) -> Any:
        """What its API says of something."""
        address = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            found = await answer.json()
        assert found["status"] == "success", found
        return found["data"]

    async def until(self, promql: str, patience: float = 30.0) -> list[dict[str, Any]]:
        """The series of an expression, as soon as there are any; none if they do not come in time."""
        deadline = time.monotonic() + patience
        while not (found := await self.query(promql)) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        return found


@contextmanager
def running_prometheus(folder: Path, target: str, rules: Sequence[Path] = ()) -> Iterator[Prometheus]:
    """Prometheus scraping `target` (host:port) every second; skipped where there is none, but not in CI."""
    program = shutil.which("prometheus")
    if program is None:
        missing = "prometheus is not installed (on Debian: apt-get install prometheus)"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    config = folder / "prometheus.yml"
    job = {"job_name": "routergate", "static_configs": [{"targets": [target]}]}
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    written = {"global": every, "scrape_configs": [job], "rule_files": list(map(str, rules))}
    config.write_text(json.dumps(written))
    port = _free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--enable-feature=exemplar-storage",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        prometheus = Prometheus(f"http://127.0.0.1:{port}")
        _ready(prometheus.url, folder / "prometheus.log")
        yield prometheus
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=2):  # noqa: S310 - our own http:// address
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"Prometheus did not come up:\n{log.read_text()[-2000:]}")
