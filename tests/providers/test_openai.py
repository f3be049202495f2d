import asyncio
import json
import socket
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from routergate.api.wire import read_chat
from routergate.domain.errors import (
    ContentFiltered,
    ContextExceeded,
    ProviderBroken,
    ProviderDenied,
    ProviderDropped,
    ProviderRefused,
    ProviderThrottled,
    ProviderTimeout,
    ProviderUnreachable,
    StreamBroken,
)
from routergate.domain.request import limited
from routergate.providers.openai import Endpoint, NativeProvider
from routergate.testing import Ended, Profile, Simulator
from support.builders import a_card
from support.providers import chunks_of, wired

NO_USAGE = {"stream": True}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
def provider(sim: Simulator, session: aiohttp.ClientSession) -> NativeProvider:
    return NativeProvider(Endpoint(base_url=sim.base_url), session)


async def raw(sim: Simulator, **body: Any) -> bytes:
    """What the simulator says to those who ask it directly."""
    payload = {"messages": [{"role": "user", "content": "Hello?"}], **body}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/chat/completions", json=payload) as response,
    ):
        return await response.read()


async def test_a_plain_answer_is_one_chunk_byte_for_byte(sim: Simulator, provider: NativeProvider) -> None:
    [chunk] = await chunks_of(provider, "sim-mini")
    assert chunk.data == await raw(sim, model="sim-mini")
    wire = json.loads(chunk.data)["usage"]
    assert chunk.usage is not None
    assert (chunk.usage.input_total, chunk.usage.output_total) == (
        wire["prompt_tokens"],
        wire["completion_tokens"],
    )
    assert chunk.usage.cache_read == wire["prompt_tokens_details"]["cached_tokens"] > 0


async def test_a_streamed_answer_is_relayed_byte_for_byte(sim: Simulator, provider: NativeProvider) -> None:
    chunks = await chunks_of(provider, "sim-mini", **USAGE)
    assert b"".join(chunk.data for chunk in chunks) == await raw(sim, model="sim-mini", **USAGE)
    [counted] = [chunk for chunk in chunks if chunk.usage]
    assert counted.usage_only


@pytest.mark.parametrize("fault", ["crlf", "comments", "split:3", "crlf!comments!split:5", "usage-inline"])
async def test_oddities_of_a_stream_change_nothing(
    sim: Simulator, provider: NativeProvider, fault: str
) -> None:
    model = f"sim-mini!{fault}"
    chunks = await chunks_of(provider, model, **USAGE)
    assert b"".join(chunk.data for chunk in chunks) == await raw(sim, model=model, **USAGE)
    assert [chunk for chunk in chunks if chunk.usage]


async def test_a_stream_without_usage_has_its_text_for_counting(provider: NativeProvider) -> None:
    chunks = await chunks_of(provider, "sim-mini!nousage", **NO_USAGE)
    assert "simulated answer" in "".join(chunk.text for chunk in chunks)


async def test_a_plain_answer_without_usage_has_its_text_for_counting(provider: NativeProvider) -> None:
    [chunk] = await chunks_of(provider, "sim-mini!nousage")
    assert (chunk.usage, "simulated answer" in chunk.text) == (None, True)


async def test_a_stream_that_forgot_its_done_gets_one(provider: NativeProvider) -> None:
    chunks = await chunks_of(provider, "sim-mini!nodone", **NO_USAGE)
    assert chunks[-1].data == b"data: [DONE]\n\n"


async def test_a_malformed_event_in_mid_answer_breaks_it(provider: NativeProvider) -> None:
    with pytest.raises(StreamBroken):
        await chunks_of(provider, "sim-mini!garbage", **NO_USAGE)


async def test_only_the_model_is_changed_in_a_body(sim: Simulator, provider: NativeProvider) -> None:
    body = {"zebra": [1.0, 2e3, {"é": None}], "temperature": 0.30, "metadata": {"feature": "x"}}
    await chunks_of(provider, "sim-mini", **body)
    [call] = sim.calls
    expected = {"model": "sim-mini", "messages": [{"role": "user", "content": "Hello?"}], **body}
    assert (call.body, next(iter(call.body))) == (expected, "model")


async def test_values_are_carried_byte_for_byte(session: aiohttp.ClientSession) -> None:
    seen: list[bytes] = []

    async def keep(request: web.Request) -> web.Response:
        seen.append(await request.read())
        return web.Response(status=500)

    app = web.Application()
    app.router.add_post("/chat/completions", keep)
    async with TestServer(app) as server:
        provider = NativeProvider(Endpoint(base_url=str(server.make_url("")).rstrip("/")), session)
        odd = (
            b'{"zebra":1.50e+3,"model":"auto","messages":[{"role":"user","content":"\\u00e9"}],'
            b'"big":12345678901234567890123}'
        )
        with pytest.raises(ProviderBroken):
            await anext(provider.answer(read_chat(odd)[0], a_card(upstream="sim-mini")))
    assert seen == [odd.replace(b'"auto"', b'"sim-mini"')]


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (None, {"include_usage": True}),
        ({}, {"include_usage": True}),
        ({"include_usage": False}, {"include_usage": True}),
        ({"include_obfuscation": False}, {"include_obfuscation": False, "include_usage": True}),
        ({"include_usage": True, "zebra": 1}, {"include_usage": True, "zebra": 1}),
    ],
)
async def test_usage_is_asked_for_even_if_the_caller_does_not(
    sim: Simulator, provider: NativeProvider, options: Any, sent: Any
) -> None:
    chunks = await chunks_of(provider, "sim-mini", stream=True, stream_options=options)
    assert [chunk for chunk in chunks if chunk.usage_only]
    assert sim.calls[0].body["stream_options"] == sent


async def test_a_provider_without_stream_usage_is_not_asked_for_it(
    sim: Simulator, session: aiohttp.ClientSession
) -> None:
    provider = NativeProvider(Endpoint(base_url=sim.base_url, stream_usage=False), session)
    await chunks_of(provider, "sim-mini", **NO_USAGE)
    assert "stream_options" not in sim.calls[0].body


async def test_the_endpoints_headers_are_sent(sim: Simulator, session: aiohttp.ClientSession) -> None:
    endpoint = Endpoint(base_url=sim.base_url, headers={"Authorization": "Bearer key", "x-team": "a"})
    await chunks_of(NativeProvider(endpoint, session), "sim-mini")
    headers = sim.calls[0].headers
    assert (headers["authorization"], headers["x-team"]) == ("Bearer key", "a")
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400", ProviderRefused),
        ("context", ContextExceeded),
        ("filtered", ContentFiltered),
        ("401", ProviderDenied),
        ("429", ProviderThrottled),
        ("429:3", ProviderThrottled),
        ("500", ProviderBroken),
        ("503", ProviderBroken),
        ("once500", ProviderBroken),
        ("error200", ProviderBroken),
        ("reset", ProviderDropped),
        ("cut", StreamBroken),
    ],
)
async def test_each_fault_has_its_error(
    provider: NativeProvider, fault: str, error: type[Exception], stream: bool
) -> None:
    with pytest.raises(error):
        await chunks_of(provider, f"sim-mini!{fault}", stream=stream)


async def test_a_stream_without_an_answer_in_it_is_a_failure(provider: NativeProvider) -> None:
    with pytest.raises(ProviderBroken, match="ended before the answer did"):
        await chunks_of(provider, "sim-mini!empty", **NO_USAGE)


async def test_who_throttles_says_for_how_long(provider: NativeProvider) -> None:
    with pytest.raises(ProviderThrottled) as throttled:
        await chunks_of(provider, "sim-mini!429:3")
    assert throttled.value.retry_after == 3.0


async def test_what_a_slow_caller_takes_is_not_the_providers_silence(
    sim: Simulator, session: aiohttp.ClientSession
) -> None:
    provider = NativeProvider(Endpoint(base_url=sim.base_url, idle=0.2), session)
    seen = []
    async with aclosing(provider.answer(wired(stream=True), a_card(upstream="sim-mini!split:20"))) as chunks:
        async for chunk in chunks:
            seen.append(chunk.data)
            await asyncio.sleep(0.25 if len(seen) < 3 else 0)
    assert seen[-1].endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("fault", ["empty", "garbage"])
async def test_a_plain_body_that_is_no_answer_is_a_failure(provider: NativeProvider, fault: str) -> None:
    with pytest.raises(ProviderBroken):
        await chunks_of(provider, f"sim-mini!{fault}")


async def test_an_unknown_model_is_the_operators_business(provider: NativeProvider) -> None:
    with pytest.raises(ProviderDenied):
        await chunks_of(provider, "nobody")


async def test_a_stream_that_ends_before_its_first_event_has_not_begun(provider: NativeProvider) -> None:
    with pytest.raises(ProviderDropped):
        await chunks_of(provider, "sim-mini!cut:0", **NO_USAGE)


async def test_a_refusal_keeps_the_providers_own_words(sim: Simulator, provider: NativeProvider) -> None:
    with pytest.raises(ProviderRefused) as refused:
        await chunks_of(provider, "sim-mini!context")
    error = refused.value
    assert (error.status, error.content_type) == (400, "application/json")
    assert error.body == await raw(sim, model="sim-mini!context")


async def test_what_came_before_a_cut_is_relayed(provider: NativeProvider) -> None:
    seen: list[bytes] = []

    async def relay() -> None:
        async with aclosing(provider.answer(wired(stream=True), a_card(upstream="sim-mini!cut:6"))) as chunks:
            async for chunk in chunks:
                seen.append(chunk.data)  # noqa: PERF401 - what came before the error is looked at

    with pytest.raises(StreamBroken):
        await relay()
    assert b"".join(seen).count(b"\n\n") == 6


@pytest.mark.parametrize(
    ("fault", "stream", "limits", "error"),
    [
        ("silent", False, {"first_byte": 0.05}, ProviderTimeout),
        ("silent", True, {"first_byte": 0.05}, ProviderTimeout),
        ("silent", True, {"total": 0.05}, ProviderTimeout),
        ("slow:30", True, {"first_byte": 0.05}, ProviderTimeout),
        ("stall:0", True, {"first_token": 0.05}, ProviderTimeout),
        ("stall:1", True, {"first_token": 0.05}, ProviderTimeout),
        ("muttering", True, {"first_token": 0.05}, ProviderTimeout),
        ("stall", False, {"first_byte": 0.05}, ProviderTimeout),
        ("stall:3", True, {"idle": 0.05}, StreamBroken),
        ("stall:3!muttering", True, {"idle": 0.05}, StreamBroken),
        ("stall:3", True, {"total": 0.3}, StreamBroken),
    ],
)
async def test_patience_ends(
    sim: Simulator,
    session: aiohttp.ClientSession,
    fault: str,
    stream: bool,
    limits: dict[str, float],
    error: type[Exception],
) -> None:
    provider = NativeProvider(Endpoint(base_url=sim.base_url, **limits), session)  # type: ignore[arg-type]
    with pytest.raises(error):
        await chunks_of(provider, f"sim-mini!{fault}", stream=stream)


async def test_a_slow_first_token_is_not_an_idle_stream(
    sim: Simulator, session: aiohttp.ClientSession
) -> None:
    provider = NativeProvider(Endpoint(base_url=sim.base_url, first_byte=30, idle=0.2), session)
    assert await chunks_of(provider, "sim-mini!slow:0.4", **NO_USAGE)


async def test_nobody_listens(session: aiohttp.ClientSession) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        with pytest.raises(ProviderUnreachable):
            await chunks_of(NativeProvider(Endpoint(base_url=url), session), "sim-mini")


async def test_a_connection_that_is_never_taken_costs_nothing(session: aiohttp.ClientSession) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        held = [socket.socket() for _ in range(4)]
        for waiting in held:
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        endpoint = Endpoint(base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1", connect=0.1)
        with pytest.raises(ProviderUnreachable) as unreachable:
            await chunks_of(NativeProvider(endpoint, session), "sim-mini")
        for waiting in held:
            waiting.close()
    assert unreachable.value.billed is False


async def test_an_answer_that_is_closed_early_ends_the_call_upstream(session: aiohttp.ClientSession) -> None:
    async with Simulator(Profile(seconds_per_token=0.01)) as sim, asyncio.timeout(20):
        provider = NativeProvider(Endpoint(base_url=sim.base_url), session)
        async with aclosing(provider.answer(wired(stream=True), a_card(upstream="sim-mini"))) as chunks:
            await anext(chunks)
        [call] = await sim.until(lambda calls: calls[0].ended is not None)
    assert (call.ended, call.hung_up) == (Ended.ABORTED, True)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_cancelled_call_hangs_up_on_a_silent_provider(
    sim: Simulator, provider: NativeProvider, stream: bool
) -> None:
    async with asyncio.timeout(20):
        asking = asyncio.create_task(chunks_of(provider, "sim-mini!silent", stream=stream))
        await sim.until(lambda calls: bool(calls and calls[0].model))
        asking.cancel()
        [call] = await sim.until(lambda calls: calls[0].ended is not None)
    assert call.hung_up


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_a_limit_that_the_caller_did_not_set_has_the_name_that_the_provider_knows(
    sim: Simulator, session: aiohttp.ClientSession, name: str
) -> None:
    provider = NativeProvider(Endpoint(base_url=sim.base_url, limit=name), session)
    [_] = [chunk async for chunk in provider.answer(limited(wired(), 5), a_card(upstream="sim-mini"))]
    [call] = sim.calls
    assert (call.body[name], call.output_tokens) == (5, 5)
