"""A second call beside one that keeps silent: what the caller, the providers and the ledger see."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from routergate.ledger.record import AttemptRow
from routergate.store.client import Store
from routergate.testing import Ended, Simulator
from support.gateway import KEY
from support.stage import Reply
from support.wall import RATES, Wall, a_wall


def check_given(wall: Wall, reply: Reply, model: str) -> None:
    """A whole answer by a model, whose own call alone has a known price."""
    row = wall.row
    call = (wall.primary if model == "small" else wall.spare).calls[-1]
    rate_in, rate_out = RATES[model]
    assert (reply.status, reply.headers["x-routergate-model"]) == (200, model)
    assert (row.outcome, row.model, row.usage_source) == ("ok", model, "provider")
    assert row.cost_nanos == call.prompt_tokens * rate_in + call.output_tokens * rate_out
    assert row.overhead_seconds < 0.5


def unknown(call: AttemptRow) -> bool:
    return call.billed is None and call.cost_nanos is None


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("fault", ["silent", "slow:30", "muttering"])
async def test_whoever_begins_first_answers_and_the_other_call_is_ended(
    wall: Wall, fault: str, stream: bool
) -> None:
    wall.primary.fault = fault if stream or fault != "muttering" else "silent"
    reply = await wall.ask("hedged", stream=stream)
    assert wall.results == ["small: outrun", "large: ok"]
    check_given(wall, reply, "large")
    assert unknown(wall.row.attempts[0])
    [lost] = await wall.primary.until(lambda calls: all(call.ended for call in calls))
    assert lost.hung_up


async def test_the_first_call_may_win_after_all(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "slow:0.3", "silent"
    reply = await wall.ask("hedged", stream=True)
    assert wall.results == ["large: outrun", "small: ok"]
    check_given(wall, reply, "small")
    assert unknown(wall.row.attempts[0])
    [lost] = await wall.spare.until(lambda calls: all(call.ended for call in calls))
    assert lost.hung_up


async def test_who_answers_in_time_is_left_alone(wall: Wall) -> None:
    check_given(wall, await wall.ask("patient", stream=True), "small")
    assert (wall.results, wall.calls) == (["small: ok"], (1, 0))


async def test_another_server_is_asked_before_another_model(tmp_path: Path, store: Store) -> None:
    async with Simulator() as slow, Simulator() as quick:
        slow.fault = "silent"
        async with a_wall(tmp_path, store, replicas=[slow.base_url, quick.base_url]) as wall:
            reply = await wall.ask("hedged", stream=True)
            assert (wall.results, reply.headers["x-routergate-model"]) == (
                ["small: outrun", "small: ok"],
                "small",
            )
        assert (len(slow.calls), len(quick.calls), len(wall.spare.calls)) == (1, 1, 0)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_a_second_call_that_fails_is_no_loss(wall: Wall, stream: bool) -> None:
    wall.primary.fault, wall.spare.fault = "slow:0.3", "503"
    check_given(wall, await wall.ask("hedged", stream=stream), "small")
    assert wall.results == ["large: broken", "small: ok"]


async def test_a_first_call_that_fails_leaves_the_second_one(tmp_path: Path, store: Store) -> None:
    patience = {"first_token": 0.3, "first_byte": 0.3}
    async with a_wall(tmp_path, store, timeouts=patience) as wall:
        wall.primary.fault, wall.spare.fault = "silent", "slow:0.8"
        check_given(wall, await wall.ask("hedged", stream=True), "large")
        assert wall.results == ["small: timeout", "large: ok"]


async def test_when_both_fail_the_request_does(tmp_path: Path, store: Store) -> None:
    patience = {"first_token": 0.3, "first_byte": 0.3}
    async with a_wall(tmp_path, store, timeouts=patience) as wall:
        wall.primary.fault, wall.spare.fault = "silent", "503"
        reply = await wall.ask("hedged", stream=True)
        assert (reply.status, reply.error["code"]) == (502, "upstream_exhausted")
        assert wall.results == ["large: broken", "small: timeout"]
        assert (wall.row.outcome, wall.row.cost_nanos) == ("failed", None)


async def test_what_a_provider_finds_at_fault_is_told_at_once(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "silent", "400"
    reply = await wall.ask("hedged", stream=True)
    assert (reply.status, reply.error["code"]) == (400, "invalid_value")
    assert wall.results == ["large: refused", "small: outrun"]


async def test_a_caller_who_leaves_ends_both_calls(wall: Wall) -> None:
    wall.primary.fault = wall.spare.fault = "silent"
    body = {"model": "hedged", "stream": True, "messages": [{"role": "user", "content": "Hello?"}]}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        asking = asyncio.create_task(session.post(f"{wall.caller.url}/v1/chat/completions", json=body))
        await wall.spare.until(lambda calls: len(calls) == 1)
        asking.cancel()
        await asyncio.wait([asking])
    for provider in (wall.primary, wall.spare):
        [call] = await provider.until(lambda calls: all(call.ended for call in calls))
        assert (call.ended, call.hung_up) == (Ended.FAULTED, True)
    async with asyncio.timeout(10):
        while not wall.ledger.events:
            await asyncio.sleep(0.001)
    assert wall.results == ["small: abandoned", "large: abandoned"]
    assert (wall.row.outcome, wall.row.cost_nanos) == ("abandoned", None)


async def test_a_stored_response_is_not_asked_for_twice(tmp_path: Path, store: Store) -> None:
    patience = {"first_token": 0.5, "first_byte": 0.5}
    async with a_wall(tmp_path, store, timeouts=patience) as wall:
        wall.primary.fault = "slow:0.2"
        body = {"model": "hedged", "input": "Hello?", "store": True}
        assert (await wall.caller.ask("POST", "/v1/responses", json=body)).status == 200
        assert wall.calls == (1, 0)


async def test_late_is_later_than_usual(wall: Wall) -> None:
    for _ in range(20):
        await wall.ask("usual", stream=True)
    wall.primary.fault = "silent"
    check_given(wall, await wall.ask("usual", stream=True), "large")
    assert wall.results == ["small: outrun", "large: ok"]
