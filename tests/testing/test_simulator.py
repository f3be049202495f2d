import asyncio
import json
import math
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from routergate.testing import ECONOMY, FRONTIER, VLLM, Ended, Profile, Simulator
from support.simulation import a_body, ask, ask_bytes, url


async def metrics(sim: Simulator) -> dict[str, float]:
    """Every sample of the page by name, and by reason where it has one."""
    async with aiohttp.ClientSession() as session, session.get(f"{sim.root_url}/metrics") as response:
        families = list(text_string_to_metric_families(await response.text()))
    samples = [sample for family in families for sample in family.samples]
    assert all({"model_name", "engine"} <= sample.labels.keys() for sample in samples)
    return {sample.name + sample.labels.get("finished_reason", ""): sample.value for sample in samples}


async def test_a_call_is_recorded_as_it_was_seen(sim: Simulator) -> None:
    headers = {"Authorization": "Bearer sesame", "X-Mark": "1"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url(sim), json=a_body(zebra=1)) as response,
    ):
        usage = (await response.json())["usage"]
    [call] = sim.calls
    assert (call.model, call.streamed, call.body["zebra"]) == ("sim-mini", False, 1)
    assert (call.authorization, call.headers["x-mark"]) == ("Bearer sesame", "1")
    assert (call.prompt_tokens, call.output_tokens) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert (call.ended, call.status, call.hung_up) == (Ended.ANSWERED, 200, False)


async def test_a_record_does_not_show_its_key(sim: Simulator) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer sesame"}) as session:
        await session.post(url(sim), json=a_body())
    assert "sesame" not in repr(sim.calls)


async def test_a_hang_up_in_the_middle_is_recorded() -> None:
    async with Simulator(Profile(seconds_per_token=0.01)) as sim:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url(sim), json=a_body(stream=True)) as response,
        ):
            await response.content.readany()
        [call] = await sim.until(lambda calls: calls[0].ended is not None)
    assert (call.ended, call.hung_up) == (Ended.ABORTED, True)
    assert call.events > 0


async def test_a_refused_request_is_recorded(sim: Simulator) -> None:
    await ask(sim, model="nobody")
    [call] = sim.calls
    assert (call.ended, call.status, call.prompt_tokens) == (Ended.REFUSED, 404, 0)


async def test_a_body_that_is_not_json_is_refused(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session, session.post(url(sim), data=b"[1]") as response:
        assert (response.status, (await response.json())["error"]["code"]) == (400, None)


async def test_reset_forgets_everything(sim: Simulator) -> None:
    asked = {"model": "sim-mini!once500"}
    await ask(sim, **asked)
    sim.fault = "503"
    sim.reset()
    assert sim.calls == []
    assert [(await ask(sim))[0], (await ask(sim, **asked))[0]] == [200, 500]


async def test_a_call_from_before_a_reset_does_not_come_back(sim: Simulator) -> None:
    async with asyncio.timeout(10), aiohttp.ClientSession() as session:
        waiting = asyncio.create_task(session.post(url(sim), json=a_body("sim-mini!silent")))
        await sim.until(lambda calls: len(calls) == 1)
        sim.reset()
        waiting.cancel()
        await ask(sim)
    assert [call.model for call in sim.calls] == ["sim-mini"]


@pytest.mark.parametrize("fault", ["silent", "stall:2", "stall:0"])
@pytest.mark.parametrize("stream", [False, True])
async def test_it_stops_at_once_even_with_stuck_answers(fault: str, stream: bool) -> None:
    async def hold() -> None:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError):
                async with session.post(
                    url(sim), json=a_body(f"sim-mini!{fault}", stream=stream)
                ) as response:
                    await response.read()

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks, Simulator() as sim:
        for _ in range(3):
            tasks.create_task(hold())
        await sim.until(lambda calls: [call.body != {} for call in calls] == [True] * 3)
    assert {call.ended for call in sim.calls} == {Ended.STOPPED}


async def test_it_can_be_started_again() -> None:
    sim = Simulator()
    for _ in range(2):
        async with sim:
            assert (await ask(sim))[0] == 200
    with pytest.raises(RuntimeError, match="async with"):
        assert sim.base_url


async def test_a_port_in_use_is_an_error_and_leaves_nothing_open(sim: Simulator) -> None:
    with pytest.raises(OSError, match="address already in use"):
        async with Simulator(port=sim.port):
            pytest.fail("two servers on one port")


async def test_an_unknown_address_is_an_error_in_the_apis_shape(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        for method, path, status in (("POST", "/rerank", 404), ("GET", "/chat/completions", 405)):
            async with session.request(method, sim.base_url + path) as response:
                body: Any = await response.json()
                assert (response.status, body["error"]["code"]) == (status, "unknown_url")


async def test_only_vllm_has_metrics(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{sim.root_url}/metrics") as response:
        assert response.status == 404


async def test_vllms_metrics_count_what_was_served() -> None:
    async with Simulator(Profile(vllm=True)) as sim:
        await ask(sim)
        await ask_bytes(sim, stream=True)
        counted = await metrics(sim)
        calls = sim.calls
    assert counted["vllm:prompt_tokens_total"] == sum(call.prompt_tokens for call in calls)
    assert counted["vllm:generation_tokens_total"] == sum(call.output_tokens for call in calls)
    assert counted["vllm:request_success_totalstop"] == 2


async def test_vllms_metrics_show_the_line_in_front_of_the_slots() -> None:
    async with Simulator(Profile(vllm=True, slots=2)) as sim, aiohttp.ClientSession() as session:
        asked = [
            asyncio.create_task(session.post(url(sim), json=a_body("sim-mini!silent"))) for _ in range(3)
        ]
        await sim.until(lambda calls: [call.body != {} for call in calls] == [True] * 3)
        busy = await metrics(sim)
        for task in asked:
            task.cancel()
        await sim.until(lambda calls: all(call.ended for call in calls))
        assert (await metrics(sim))["vllm:num_requests_running"] == 0
    assert (busy["vllm:num_requests_running"], busy["vllm:num_requests_waiting"]) == (2, 1)
    assert busy["vllm:kv_cache_usage_perc"] == 1


@pytest.mark.parametrize("profile", [ECONOMY, VLLM, FRONTIER], ids=lambda profile: profile.name)
async def test_ready_made_profiles_answer_for_all_their_models(profile: Profile) -> None:
    async with Simulator(profile.at_speed(math.inf)) as sim:
        answers = [await ask(sim, model=model) for model in profile.models]
    assert [(status, body["model"]) for status, body in answers] == [(200, model) for model in profile.models]


def test_a_profile_has_a_pace() -> None:
    fast = FRONTIER.at_speed(4)
    assert fast.first_token_seconds == FRONTIER.first_token_seconds / 4
    assert fast.seconds_per_token == FRONTIER.seconds_per_token / 4
    with pytest.raises(ValueError, match="positive"):
        FRONTIER.at_speed(0)


@pytest.mark.parametrize(
    "wrong", [{"cached_share": 1.5}, {"seconds_per_token": -1}, {"slots": 0}, {"models": ("a!b",)}]
)
def test_a_profile_cannot_be_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="profile 'sim'"):
        Profile(**wrong)


async def test_a_large_body_is_taken(sim: Simulator) -> None:
    large = a_body(messages=[{"role": "user", "content": "word " * 300_000}])
    data = BytesIO(json.dumps(large).encode())
    async with aiohttp.ClientSession() as session, session.post(url(sim), data=data) as response:
        body = await response.json()
    assert body["usage"]["prompt_tokens"] == 300_004
