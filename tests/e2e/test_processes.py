"""Workers, their supervisor, and how they end: real processes, real signals."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from routergate.testing import Profile, Simulator
from support.asking import HELLO, a_client, booked, chat, eventually, metric
from support.gateway import configuration, run_command, running_gateway

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def children(pid: int) -> list[int]:
    """Processes that a process has started, by its own account."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def workers(pid: int) -> list[int]:
    """The children that are workers, not the store."""
    return [child for child in children(pid) if b"redis" not in Path(f"/proc/{child}/cmdline").read_bytes()]


def written_to(folder: Path, written: dict[str, Any]) -> dict[str, str]:
    """The settings of a gateway whose configuration and data are in a folder."""
    config = folder / "routergate.yaml"
    config.write_text(json.dumps(written))
    return {"ROUTERGATE_CONFIG": str(config), "ROUTERGATE_DATA_DIR": str(folder / "data")}


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux' /proc")


@needs_proc
async def test_a_killed_worker_is_replaced_and_the_metrics_stay_right(tmp_path: Path) -> None:
    async with Simulator() as sim:
        with running_gateway(tmp_path, configuration(sim.base_url), workers=2) as gateway:
            async with a_client(gateway) as client:
                for _ in range(20):
                    assert (await chat(client))[0] == 200
                victim = workers(gateway.process.pid)[0]
                os.kill(victim, signal.SIGKILL)

                async def replaced() -> bool:
                    now = workers(gateway.process.pid)
                    return victim not in now and len(now) == 2

                await eventually(replaced)
                await eventually(lambda: metric(client, "routergate_workers_restarted_total"))
                for _ in range(20):
                    assert (await chat(client))[0] == 200
                assert await metric(client, "routergate_requests_total", outcome="ok") == 40
                assert await metric(client, "routergate_workers_restarted_total") == 1


@needs_proc
@pytest.mark.timeout(180)
@pytest.mark.parametrize("running", [1, 2], ids=["while the store starts", "while a worker starts"])
async def test_a_signal_to_stop_is_heeded_from_the_first_moment(tmp_path: Path, running: int) -> None:
    written = configuration("http://127.0.0.1:9/v1")
    written["providers"]["sim"] = {"kind": "litellm"}  # takes a worker seconds to import
    process = subprocess.Popen(
        [sys.executable, "-m", "routergate.cli", "serve", "--port", "0"],
        env={**os.environ, **written_to(tmp_path, written)},
        stderr=subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while len(children(process.pid)) < running:
                await asyncio.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 90) == 0
    finally:
        process.kill()
        process.wait()


async def test_a_running_stream_is_finished_before_the_process_ends(tmp_path: Path) -> None:
    async with Simulator(Profile(seconds_per_token=0.03)) as sim:
        with running_gateway(tmp_path, configuration(sim.base_url)) as gateway:
            async with a_client(gateway) as client:
                body = {**HELLO, "stream": True, "max_tokens": 30}
                async with client.post("/v1/chat/completions", json=body) as answer:
                    await answer.content.readany()
                    gateway.process.send_signal(signal.SIGTERM)
                    rest = await answer.read()
                assert rest.endswith(b"data: [DONE]\n\n")
                assert await asyncio.to_thread(gateway.process.wait, 15) == 0


async def test_a_stream_that_outlasts_the_grace_is_cut_and_booked(tmp_path: Path) -> None:
    written = configuration("", server={"grace_seconds": 0.5})
    async with Simulator(Profile(seconds_per_token=1.0)) as sim:
        written["providers"]["sim"]["base_url"] = sim.base_url
        with running_gateway(tmp_path, written) as gateway:
            asked = {**HELLO, "stream": True}
            async with a_client(gateway) as client, client.post("/v1/chat/completions", json=asked) as answer:
                await answer.content.readany()
                gateway.process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(gateway.process.wait, 15) == 0
        report = run_command(gateway.environment, "report", "usage", "--json")
    assert '"abandoned": 1' in report.stdout, report.stdout + report.stderr


async def test_a_gateway_that_starts_again_still_has_its_keys_and_its_books(tmp_path: Path) -> None:
    async with Simulator() as sim:
        written = configuration(sim.base_url)
        with running_gateway(tmp_path, written) as gateway:
            async with a_client(gateway) as client:
                assert (await chat(client))[0] == 200
            gateway.stop()
        with running_gateway(tmp_path, written) as gateway:
            async with a_client(gateway) as client:
                assert (await booked(client))[0]["requests"] == 1


@needs_proc
async def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    async with Simulator() as sim:
        with running_gateway(tmp_path, configuration(sim.base_url), workers=2) as gateway:
            orphans = workers(gateway.process.pid)
            gateway.process.kill()

            async def gone() -> bool:
                return not any(Path(f"/proc/{pid}").exists() for pid in orphans)

            await eventually(gone)
        # The store outlives a killed supervisor; the next one takes it over and stops it.
        with running_gateway(tmp_path, configuration(sim.base_url)) as gateway:
            assert gateway.stop() == 0


def test_a_wrong_configuration_stops_serve_before_it_listens(tmp_path: Path) -> None:
    written = configuration("http://127.0.0.1:9/v1")
    written["routes"]["auto"]["baseline"] = "larg"
    ended = run_command(written_to(tmp_path, written), "serve", "--port", "0")
    assert ended.returncode == 2
    assert "did you mean 'large'?" in ended.stderr
    assert "listening" not in ended.stderr


async def test_metrics_on_a_port_of_their_own_are_on_no_other(tmp_path: Path) -> None:
    async with Simulator() as sim:
        written = configuration(sim.base_url, server={"metrics_port": 0, "grace_seconds": 3})
        with running_gateway(tmp_path, written) as gateway:
            told = next(line for line in gateway.logged() if "metrics are at" in line["message"])
            url = told["message"].removeprefix("metrics are at ")
            async with a_client(gateway) as client:
                assert (await chat(client))[0] == 200
                async with client.get(url, headers={"Accept": OPENMETRICS}) as answer:
                    text = await answer.text()
                async with client.get("/metrics") as elsewhere, client.get("/healthz") as here:
                    assert (elsewhere.status, here.status) == (404, 200)
                async with client.get(url.replace("metrics", "v1/models")) as models:
                    assert models.status == 404
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")
    assert '# {request_id="req_' in text


async def test_a_second_gateway_on_the_same_port_is_told_so(tmp_path: Path) -> None:
    async with Simulator() as sim:
        with running_gateway(tmp_path, configuration(sim.base_url)) as gateway:
            port = gateway.url.rpartition(":")[2]
            ended = await asyncio.to_thread(gateway.command, "serve", "--port", port)
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr


async def test_a_dead_store_is_started_again_and_nothing_that_was_settled_is_lost(tmp_path: Path) -> None:
    async with Simulator() as sim:
        with running_gateway(tmp_path, configuration(sim.base_url)) as gateway:
            async with a_client(gateway) as client:
                assert (await chat(client))[0] == 200
                await eventually(lambda: booked(client))
                os.kill(int((tmp_path / "data" / "redis.pid").read_text()), signal.SIGKILL)
                assert (await chat(client))[0] == 200

                async def both() -> bool:
                    async with client.get("/v1/usage", params={"by": "model"}) as answer:
                        return answer.status == 200 and (await answer.json())["data"][0]["requests"] == 2

                await eventually(both)
