"""A real gateway: `routergate serve` in a process of its own, on a port of its own."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = "rg-test-key-of-the-acme-organisation"
ADMIN_KEY = "rg-admin-key-for-tests"
_LISTENING = re.compile(r"listening on (http://[^\"\s]+)")


def sha256(token: str) -> str:
    """A key's hash, as the configuration declares it."""
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"


def configuration(base_url: str, **changes: Any) -> dict[str, Any]:
    """An economy and a frontier model on one provider, a route over both, and one key."""
    return {
        "version": 1,
        "providers": {
            "sim": {
                "kind": "openai",
                "base_url": base_url,
                "timeouts": {"connect": 1, "first_byte": 2, "idle": 2, "total": 10},
            }
        },
        "models": {
            "small": a_model("sim-mini", "economy", 0.15, 0.60),
            "large": a_model("sim-mini", "frontier", 2.50, 10.00),
        },
        "routes": {"auto": {"candidates": ["small", "large"], "baseline": "large", "quality": 0.9}},
        "keys": [{"hash": sha256(KEY), "organisation": "acme", "team": "research"}],
        "server": {"grace_seconds": 3},
        **changes,
    }


def a_model(name: str, model_class: str, rate_in: float, rate_out: float, **more: Any) -> dict[str, Any]:
    """A model of the provider `sim` that can do everything."""
    return {
        "provider": "sim",
        "name": name,
        "class": model_class,
        "context_tokens": 128_000,
        "capabilities": ["tools", "vision", "json_schema", "reasoning"],
        "prices": [{"from": "2024-01-01", "input": rate_in, "output": rate_out}],
        **more,
    }


@dataclass
class RunningGateway:
    """A gateway that listens."""

    url: str
    process: subprocess.Popen[bytes]
    config: Path
    log: Path
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)

    def logged(self) -> list[dict[str, Any]]:
        """Its log, line by line."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def stop(self, patience: float = 20.0) -> int:
        """Let it drain; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A `routergate` command with the same settings."""
        return run_command(self.environment, *arguments)


def run_command(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A `routergate` command, with what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "routergate.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def running_gateway(
    folder: Path,
    written: Mapping[str, Any],
    *,
    workers: int = 1,
    environment: Mapping[str, str] | None = None,
    program: str = "routergate.cli",
) -> Iterator[RunningGateway]:
    """`routergate serve` with its own store in `folder`; stopped, if it still runs, at the end.

    JSON is YAML: `written` goes into the file as it is. `program` is the module that serves.
    """
    config = folder / "routergate.yaml"
    config.write_text(json.dumps(written))
    log = folder / "gateway.log"
    settings = {
        "ROUTERGATE_CONFIG": str(config),
        "ROUTERGATE_DATA_DIR": str(folder / "data"),
        "ROUTERGATE_ADMIN_KEY": ADMIN_KEY,
        "ROUTERGATE_LOG_FORMAT": "json",
        **(environment or {}),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", program, "serve", "--port", "0", "--workers", str(workers)],
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = _listening(process, log, workers)
        yield RunningGateway(url=url, process=process, config=config, log=log, environment=settings)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _listening(process: subprocess.Popen[bytes], log: Path, workers: int) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = _LISTENING.findall(log.read_text())
        if len(found) >= workers:
            return str(found[0])
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(f"the gateway did not come up:\n{log.read_text()[-4000:]}")
