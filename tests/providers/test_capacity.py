"""What vLLM's page of metrics says, of whatever version and from whatever server."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.capacity import Occupancy
from routergate.providers.capacity import LARGEST, VllmMetrics, read
from routergate.testing import Profile, Simulator
from support.simulation import a_body, url

NEW = b"""\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="contracts-7b"} 64.0
vllm:num_requests_running{engine="1",model_name="contracts-7b"} 32.0
vllm:num_requests_waiting{engine="0",model_name="contracts-7b"} 5.0
vllm:num_requests_waiting{engine="1",model_name="contracts-7b"} 0.0
vllm:kv_cache_usage_perc{engine="0",model_name="contracts-7b"} 0.9
vllm:kv_cache_usage_perc{engine="1",model_name="contracts-7b"} 0.5
vllm:prefix_cache_queries_total{engine="0",model_name="contracts-7b"} 1000.0
vllm:prefix_cache_hits_total{engine="0",model_name="contracts-7b"} 250.0
vllm:e2e_request_latency_seconds_count{engine="0",model_name="contracts-7b"} 40.0
vllm:e2e_request_latency_seconds_sum{engine="0",model_name="contracts-7b"} 99.0
vllm:request_inference_time_seconds_count{engine="0",model_name="contracts-7b"} 40.0
vllm:request_inference_time_seconds_sum{engine="0",model_name="contracts-7b"} 80.5
python_gc_objects_collected_total{generation="0"} 5.0
"""
OLD = b"""\
vllm:num_requests_running{model_name="a {strange} name"} 3.0
vllm:num_requests_waiting{model_name="a {strange} name"} 0.0
vllm:num_requests_swapped{model_name="a {strange} name"} 0.0
vllm:gpu_cache_usage_perc{model_name="a {strange} name"} 0.25 1700000000000
vllm:gpu_prefix_cache_queries_total{model_name="a {strange} name"} 100.0
vllm:gpu_prefix_cache_hits_total{model_name="a {strange} name"} 10.0
vllm:e2e_request_latency_seconds_bucket{le="+Inf",model_name="a {strange} name"} 4.0
vllm:e2e_request_latency_seconds_count{model_name="a {strange} name"} 4.0
vllm:e2e_request_latency_seconds_sum{model_name="a {strange} name"} 6.0
"""


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (
            NEW,
            Occupancy(
                running=96,
                waiting=5,
                cache=0.7,
                answered=40,
                seconds=80.5,
                prefix_asked=1000,
                prefix_found=250,
            ),
        ),
        (
            OLD,
            Occupancy(
                running=3,
                waiting=0,
                cache=0.25,
                answered=4,
                seconds=6.0,
                prefix_asked=100,
                prefix_found=10,
            ),
        ),
        (b"vllm:num_requests_running 2\nvllm:num_requests_waiting 1\n", Occupancy(running=2, waiting=1)),
    ],
    ids=["new names, two engines", "old names", "no labels"],
)
def test_a_page_is_read_by_the_names_that_it_has(page: bytes, said: Occupancy) -> None:
    assert read(page) == said


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"vllm:num_requests_running 2\n",
        b"vllm:num_requests_running\nvllm:num_requests_waiting\n",
        b"vllm:num_requests_running NaN\nvllm:num_requests_waiting -1\n",
        b"vllm:num_requests_running{ many\nvllm:num_requests_waiting} 1\n",
    ],
)
def test_a_page_that_does_not_say_it_says_nothing(page: bytes) -> None:
    assert read(page) is None


@given(st.binary(max_size=300))
def test_no_page_is_too_strange(noise: bytes) -> None:
    assert read(b"vllm:num_requests_waiting 0\nvllm:num_requests_running 1\n" + noise) is not None
    read(b"vllm:" + noise)


def metrics_of(root: str, session: aiohttp.ClientSession) -> VllmMetrics:
    return VllmMetrics(f"{root}/metrics", session, {"Authorization": "Bearer secret"})


@pytest.mark.parametrize("old", [False, True], ids=["new names", "old names"])
async def test_a_server_tells_how_full_it_is(old: bool, session: aiohttp.ClientSession) -> None:
    profile = Profile(vllm=True, slots=2, old_metrics=old)
    async with Simulator(profile) as sim:
        await (await session.post(url(sim), json=a_body())).read()
        asked = [
            asyncio.create_task(session.post(url(sim), json=a_body("sim-mini!silent"))) for _ in range(3)
        ]
        await sim.until(lambda calls: [call.body != {} for call in calls] == [True] * 4)
        said = await metrics_of(sim.root_url, session).occupancy()
        for task in asked:
            task.cancel()
    assert said is not None
    assert (said.running, said.waiting, said.cache, said.answered) == (2, 1, 1.0, 1)
    assert said.prefix_asked == sim.calls[0].prompt_tokens
    assert said.prefix_found == 0
    assert said.seconds is not None


async def test_the_prefix_cache_shows_which_server_knows_a_conversation(
    session: aiohttp.ClientSession,
) -> None:
    async with Simulator(Profile(vllm=True)) as sim:
        turns = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Yes."}]
        for messages in (turns[:1], [*turns, *turns[:1]]):
            await (await session.post(url(sim), json=a_body(messages=messages))).read()
        said = await metrics_of(sim.root_url, session).occupancy()
    assert said is not None
    assert said.prefix_found == sim.calls[1].prompt_tokens // 3


@pytest.mark.parametrize("fault", ["503", "reset", "silent"])
async def test_a_server_that_fails_says_nothing(fault: str, session: aiohttp.ClientSession) -> None:
    async with Simulator(Profile(vllm=True)) as sim:
        sim.fault = fault
        assert await metrics_of(sim.root_url, session).occupancy() is None


async def test_a_server_that_is_not_there_or_has_no_such_page_says_nothing(
    session: aiohttp.ClientSession, sim: Simulator
) -> None:
    assert await metrics_of(f"http://127.0.0.1:{unused_port()}", session).occupancy() is None
    assert await metrics_of(sim.root_url, session).occupancy() is None


async def test_a_page_without_end_is_not_read_to_its_end(session: aiohttp.ClientSession) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        response: Any = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(NEW * (LARGEST // len(NEW) // 4))

    app = web.Application()
    app.router.add_get("/metrics", page)
    async with TestServer(app) as server:
        assert await metrics_of(str(server.make_url("")).rstrip("/"), session).occupancy() is None
