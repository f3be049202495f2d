from contextlib import aclosing
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from routergate.api.messages import read_counted, read_messages
from routergate.domain.errors import ProviderBroken, ProviderRefused, ProviderThrottled, StreamBroken
from routergate.domain.format import Format
from routergate.domain.request import ChatRequest
from routergate.domain.usage import Usage
from routergate.ports import Chunk, Provider
from routergate.providers.anthropic import Reader
from routergate.providers.openai import ANTHROPIC, Endpoint, NativeProvider
from routergate.providers.translated import ChatAsMessages, MessagesAsChat, TranslatedProvider
from routergate.testing import Simulator
from support.builders import a_card
from support.providers import chunks_of, wired

HELLO = [{"role": "user", "content": "Hello?"}]


@pytest.fixture
def native(sim: Simulator, session: aiohttp.ClientSession) -> NativeProvider:
    return NativeProvider(Endpoint(base_url=sim.base_url, wires=ANTHROPIC), session)


def message(**body: Any) -> ChatRequest:
    """A Messages request as it comes off the wire."""
    whole = {"model": "auto", "max_tokens": 300, "messages": HELLO, **body}
    return read_messages(msgspec.json.encode(whole))[0]


async def answered(provider: Provider, model: str = "sim-mini", **body: Any) -> list[Chunk]:
    async with aclosing(provider.answer(message(**body), a_card(upstream=model))) as chunks:
        return [chunk async for chunk in chunks]


async def raw(sim: Simulator, **body: Any) -> bytes:
    """What the simulator says to those who ask it directly."""
    whole = {"model": "sim-mini", "max_tokens": 300, "messages": HELLO, **body}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/messages", json=whole) as response,
    ):
        return await response.read()


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_relayed_byte_for_byte(
    sim: Simulator, native: NativeProvider, *, stream: bool
) -> None:
    chunks = await answered(native, stream=stream)
    assert b"".join(chunk.data for chunk in chunks) == await raw(sim, stream=stream)
    [counted] = [chunk for chunk in chunks if chunk.usage]
    assert counted.usage is not None
    assert counted.usage.cache_read > 0
    [call, _] = sim.calls
    assert counted.usage.output_total == call.output_tokens
    assert counted.usage.input_total == call.prompt_tokens


async def test_what_was_counted_at_the_beginning_comes_first(sim: Simulator, native: NativeProvider) -> None:
    async with aclosing(native.answer(message(stream=True), a_card(upstream="sim-mini!cut:6"))) as chunks:
        first = await anext(chunks)
        with pytest.raises(StreamBroken):
            assert [chunk async for chunk in chunks]
    assert first.opening is not None
    assert first.opening.input_total == sim.calls[0].prompt_tokens


@pytest.mark.parametrize(("fault", "stream"), [("error200", False), ("error200", True), ("garbage", False)])
async def test_a_provider_that_gives_up_before_the_answer_has_not_begun(
    native: NativeProvider, fault: str, *, stream: bool
) -> None:
    with pytest.raises(ProviderBroken):
        await answered(native, f"sim-mini!{fault}", stream=stream)


async def test_an_overloaded_provider_is_throttling(native: NativeProvider) -> None:
    with pytest.raises(ProviderThrottled, match="529"):
        await answered(native, "sim-mini!529", stream=True)


async def test_a_stream_that_lacks_its_end_gets_one(sim: Simulator, native: NativeProvider) -> None:
    chunks = await answered(native, "sim-mini!nodone", stream=True)
    assert b"".join(chunk.data for chunk in chunks).endswith(b'data: {"type":"message_stop"}\n\n')


@pytest.mark.parametrize("fault", ["crlf", "comments", "split:3"])
async def test_oddities_change_nothing(native: NativeProvider, fault: str) -> None:
    plain = await answered(native, stream=True)
    odd = await answered(native, f"sim-mini!{fault}", stream=True)
    assert [chunk.usage for chunk in odd if chunk.usage] == [chunk.usage for chunk in plain if chunk.usage]
    assert "".join(chunk.text for chunk in odd) == "".join(chunk.text for chunk in plain)


def test_usage_in_two_parts_is_one_account() -> None:
    read = Reader()
    start = {
        "input_tokens": 50,
        "cache_creation_input_tokens": 1000,
        "cache_read_input_tokens": 10_000,
        "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600},
        "output_tokens": 2,
        "service_tier": "priority",
    }
    seen = read(msgspec.json.encode({"type": "message_start", "message": {"usage": start}}))
    opening = Usage(input_uncached=50, cache_read=10_000, cache_write=400, cache_write_1h=600)
    assert (seen.begun, seen.opening, seen.service_tier) == (False, opening, "priority")
    end = {"output_tokens": 503, "output_tokens_details": {"thinking_tokens": 100}}
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": end}
    told = read(msgspec.json.encode(delta))
    assert told.finished
    assert told.usage == Usage(
        input_uncached=50, cache_read=10_000, cache_write=400, cache_write_1h=600, output=403, reasoning=100
    )


def test_usage_without_a_count_is_unknown() -> None:
    assert Reader()(b'{"type":"message_delta","delta":{},"usage":{"output_tokens":3}}').usage is None


def test_all_that_is_written_is_text() -> None:
    blocks = [{"type": "thinking", "thinking": "a"}, {"type": "text", "text": "b"}]
    use = {"type": "tool_use", "name": "c", "input": {"d": 1}}
    body = {"type": "message", "content": [*blocks, use]}
    assert Reader()(msgspec.json.encode(body)).text == 'abc{"d":1}'


def translated(sim: Simulator, session: aiohttp.ClientSession, spoken: Format) -> TranslatedProvider:
    """For callers who speak one format, on a provider that speaks the other."""
    if spoken is Format.MESSAGES:
        return TranslatedProvider(
            NativeProvider(Endpoint(base_url=sim.base_url), session), spoken, MessagesAsChat()
        )
    endpoint = Endpoint(base_url=sim.base_url, wires=ANTHROPIC)
    return TranslatedProvider(NativeProvider(endpoint, session), spoken, ChatAsMessages(now=lambda: 7.9))


async def test_what_needs_no_translation_passes(sim: Simulator, session: aiohttp.ClientSession) -> None:
    [chunk] = await answered(translated(sim, session, Format.CHAT))
    assert chunk.data == await raw(sim)


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_metered_alike_in_both_formats(
    sim: Simulator, session: aiohttp.ClientSession, *, stream: bool
) -> None:
    ours = await chunks_of(translated(sim, session, Format.CHAT), "sim-mini", stream=stream)
    theirs = await answered(translated(sim, session, Format.MESSAGES), stream=stream)
    for chunks, call in zip((ours, theirs), sim.calls, strict=True):
        [usage] = [chunk.usage for chunk in chunks if chunk.usage]
        assert (usage.input_total, usage.output_total) == (call.prompt_tokens, call.output_tokens)
        assert usage.cache_read == call.prompt_tokens // 2


@pytest.mark.parametrize("spoken", [Format.CHAT, Format.MESSAGES])
async def test_a_refusal_is_told_in_the_callers_format(
    sim: Simulator, session: aiohttp.ClientSession, spoken: Format
) -> None:
    request = wired() if spoken is Format.CHAT else message()
    provider = translated(sim, session, spoken)
    with pytest.raises(ProviderRefused) as caught:
        await anext(provider.answer(request, a_card(upstream="sim-mini!400")))
    body = msgspec.json.decode(caught.value.body)
    assert ("type" in body) == (spoken is Format.MESSAGES)
    assert "find fault" in body["error"]["message"]


MALFORMED: list[ChatRequest] = [
    wired(n=2),
    wired(messages=[{"role": "user", "content": [{"type": "image_url"}]}]),
    message(messages=[{"role": "user", "content": [{"type": "tool_result"}]}]),
    message(tools=[{"type": "bash_20250124", "name": "bash"}]),
]


@pytest.mark.parametrize("request_", MALFORMED)
async def test_what_cannot_be_translated_is_refused_and_nobody_is_asked(
    sim: Simulator, session: aiohttp.ClientSession, request_: ChatRequest
) -> None:
    provider = translated(sim, session, request_.format)
    with pytest.raises(ProviderRefused) as caught:
        await anext(provider.answer(request_, a_card()))
    assert caught.value.status == 400
    assert b"cannot answer this" in caught.value.body
    assert sim.calls == []


async def test_input_is_counted_by_anthropic_itself(
    sim: Simulator, session: aiohttp.ClientSession, native: NativeProvider
) -> None:
    card = a_card(upstream="sim-mini")
    asked, _ = read_counted(msgspec.json.encode({"model": "auto", "messages": HELLO}))
    [chunk] = await answered(native)
    assert chunk.usage is not None
    assert await native.counted(asked, card) == chunk.usage.input_total
    assert await translated(sim, session, Format.CHAT).counted(asked, card) == chunk.usage.input_total
    assert await translated(sim, session, Format.MESSAGES).counted(asked, card) is None
    assert await NativeProvider(Endpoint(base_url=sim.base_url), session).counted(asked, card) is None
    with pytest.raises(ProviderRefused):
        await native.counted(asked, a_card(upstream="sim-mini!none-such"))


async def test_what_is_no_count_is_none(session: aiohttp.ClientSession) -> None:
    async def odd(_: web.Request) -> web.Response:
        return web.Response(body=b"{}")

    app = web.Application()
    app.router.add_post("/messages/count_tokens", odd)
    async with TestServer(app) as server:
        provider = NativeProvider(
            Endpoint(base_url=str(server.make_url("")).rstrip("/"), wires=ANTHROPIC), session
        )
        with pytest.raises(ProviderBroken):
            await provider.counted(message(), a_card())
