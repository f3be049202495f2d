"""Texts that a route keeps, from the request to their end."""

import json
import time
from pathlib import Path
from typing import Any

from routergate.testing import Simulator
from support.gateway import RunningGateway, configuration, run_command, running_gateway
from support.stage import a_caller

PRIVATE = "Write to ada@example.com about the harvest."


def with_capture(sim: Simulator, folder: Path) -> dict[str, Any]:
    route = {"candidates": ["small", "large"], "baseline": "large", "quality": 0.9}
    capture = {"share": 1, "days": 7, "redact": ["pii"]}
    return configuration(
        sim.base_url,
        routes={"auto": {**route, "capture": capture}, "other": route},
        guardrails={"pii": {"use": "routergate.guardrails.pii:Redaction"}},
        capture={"key": "${CAPTURE}", "folder": str(folder)},
    )


def files(folder: Path, count: int) -> list[Path]:
    """Once that many are there."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [path for path in folder.rglob("*") if path.is_file() and not path.suffix]
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{count} files were expected in {folder}")


async def ask(gateway: RunningGateway) -> None:
    async with a_caller(gateway.url) as caller:
        for stream in (False, True):
            reply = await caller.chat(text=PRIVATE, stream=stream, headers={"x-routergate-customer": "c-17"})
            assert reply.status == 200
        await caller.chat(text=PRIVATE, headers={"cache-control": "no-store"})
        await caller.chat("other", text=PRIVATE)


async def test_texts_are_kept_where_the_route_says_so_and_forgotten_on_demand(tmp_path: Path) -> None:
    folder = tmp_path / "captured"
    async with Simulator() as sim:
        written = with_capture(sim, folder)
        with running_gateway(tmp_path, written, environment={"CAPTURE": "a secret, long enough"}) as gateway:
            await ask(gateway)
            found = files(folder, 2)
            assert len(found) == 2
            assert not any(b"harvest" in path.read_bytes() for path in found)
            assert "harvest" not in gateway.log.read_text()
            forget = ("captured", "forget", "--organisation", "acme", "--customer", "c-17")
            assert "2 requests are deleted" in gateway.command(*forget).stdout
            assert not any(path.is_file() for path in folder.rglob("*"))


def test_a_capture_needs_a_key_and_guardrails_that_exist(tmp_path: Path) -> None:
    written = configuration("http://localhost:1/v1")
    written["routes"]["auto"]["capture"] = {"share": 0.1, "redact": ["pi"]}
    path = tmp_path / "routergate.yaml"
    path.write_text(json.dumps(written))
    told = run_command({"ROUTERGATE_CONFIG": str(path)}, "check")
    assert told.returncode == 2
    assert "nobody says where texts are kept; add a section `capture` with a key and a folder" in told.stderr
    assert "no guardrail is called 'pi'" in told.stderr
