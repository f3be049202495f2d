from contextlib import aclosing
from typing import Any

import aiohttp
import msgspec
import pytest

from routergate.api.completions import read_completions
from routergate.api.responses import read_responses
from routergate.domain.errors import (
    ProviderBroken,
    ProviderDenied,
    ProviderUnreachable,
    StreamBroken,
    UnknownResponse,
)
from routergate.domain.format import Format
from routergate.domain.usage import Usage
from routergate.ports import Chunk
from routergate.providers.openai import ANTHROPIC, Endpoint, NativeProvider
from routergate.providers.responses import read
from routergate.providers.translated import MessagesAsChat, TranslatedProvider
from routergate.testing import Simulator
from support.builders import a_card

READERS = {"responses": read_responses, "completions": read_completions}
GIVEN = {"responses": "input", "completions": "prompt"}


@pytest.fixture
def provider(sim: Simulator, session: aiohttp.ClientSession) -> NativeProvider:
    return NativeProvider(Endpoint(base_url=sim.base_url), session)


async def answered(
    provider: NativeProvider, spoken: str, model: str = "sim-mini", **body: Any
) -> list[Chunk]:
    whole = {"model": "auto", GIVEN[spoken]: "Hello?", **body}
    request, _ = READERS[spoken](msgspec.json.encode(whole))
    async with aclosing(provider.answer(request, a_card(upstream=model))) as chunks:
        return [chunk async for chunk in chunks]


async def raw(sim: Simulator, spoken: str, **body: Any) -> bytes:
    """What the simulator says to those who ask it directly."""
    whole = {"model": "sim-mini", GIVEN[spoken]: "Hello?", **body}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/{spoken}", json=whole) as response,
    ):
        return await response.read()


@pytest.mark.parametrize("spoken", ["responses", "completions"])
@pytest.mark.parametrize("options", [{}, {"stream": True, "stream_options": {"include_usage": True}}])
async def test_an_answer_is_relayed_byte_for_byte(
    sim: Simulator, provider: NativeProvider, spoken: str, options: dict[str, Any]
) -> None:
    chunks = await answered(provider, spoken, **options, brand_new=1)
    assert b"".join(chunk.data for chunk in chunks) == await raw(sim, spoken, **options, brand_new=1)
    [usage] = [chunk.usage for chunk in chunks if chunk.usage]
    [call, _] = sim.calls
    assert (usage.input_total, usage.output_total) == (call.prompt_tokens, call.output_tokens)
    assert usage.cache_read == call.prompt_tokens // 2
    assert chunks[0].answer_id is None or chunks[0].answer_id.startswith("resp_")
    assert (chunks[0].answer_id is not None) == (spoken == "responses")


@pytest.mark.parametrize("fault", ["crlf", "comments", "split:3"])
async def test_oddities_of_a_stream_change_nothing(provider: NativeProvider, fault: str) -> None:
    plain = await answered(provider, "responses", stream=True)
    odd = await answered(provider, "responses", f"sim-mini!{fault}", stream=True)
    assert "".join(chunk.text for chunk in odd) == "".join(chunk.text for chunk in plain)
    assert [chunk.usage for chunk in odd if chunk.usage] == [chunk.usage for chunk in plain if chunk.usage]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_provider_that_fails_before_the_answer_has_not_begun(
    provider: NativeProvider, *, stream: bool
) -> None:
    with pytest.raises(ProviderBroken):
        await answered(provider, "responses", "sim-mini!error200", stream=stream)


@pytest.mark.parametrize("fault", ["cut:6", "nodone"])
async def test_a_response_without_its_end_is_not_whole(provider: NativeProvider, fault: str) -> None:
    with pytest.raises(StreamBroken):
        await answered(provider, "responses", f"sim-mini!{fault}", stream=True)


async def test_a_kept_response_is_asked_for_where_it_is(
    sim: Simulator, provider: NativeProvider, session: aiohttp.ClientSession
) -> None:
    [chunk] = await answered(provider, "responses")
    assert chunk.answer_id is not None
    wrapped = TranslatedProvider(provider, Format.MESSAGES, MessagesAsChat())
    told = await wrapped.kept("GET", chunk.answer_id)
    assert (told.status, told.body, told.content_type) == (200, chunk.data, "application/json")
    assert (await wrapped.kept("DELETE", chunk.answer_id)).status == 200
    assert (await wrapped.kept("GET", chunk.answer_id)).status == 404
    assert len(sim.calls) == 1
    keepless = NativeProvider(Endpoint(base_url=sim.base_url, wires=ANTHROPIC), session)
    with pytest.raises(UnknownResponse):
        await keepless.kept("GET", chunk.answer_id)


async def test_what_is_wrong_with_our_own_key_is_not_the_callers_to_see(
    sim: Simulator, provider: NativeProvider
) -> None:
    sim.fault = "401"
    with pytest.raises(ProviderDenied):
        await provider.kept("GET", "resp_1")
    sim.fault = "503"
    with pytest.raises(ProviderBroken):
        await provider.kept("GET", "resp_1")


async def test_a_provider_that_is_down_says_nothing_of_what_it_keeps(session: aiohttp.ClientSession) -> None:
    provider = NativeProvider(Endpoint(base_url="http://127.0.0.1:1/v1"), session)
    with pytest.raises(ProviderUnreachable):
        await provider.kept("GET", "resp_1")


USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 20},
}


def test_usage_in_disjoint_buckets() -> None:
    body = {"id": "resp_1", "object": "response", "output": [], "usage": USAGE, "service_tier": "flex"}
    seen = read(msgspec.json.encode(body))
    assert seen.usage == Usage(input_uncached=30, cache_read=60, cache_write=10, output=30, reasoning=20)
    assert (seen.service_tier, seen.answer_id, seen.failed) == ("flex", "resp_1", False)


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": 1}])
def test_usage_that_is_not_told_is_unknown(usage: Any) -> None:
    assert read(msgspec.json.encode({"output": [], "usage": usage})).usage is None


def test_a_response_that_is_not_finished_tells_no_usage_yet() -> None:
    assert read(b'{"type": "response.in_progress", "response": {"usage": {"input_tokens": 1}}}').usage is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"output": [], "status": "failed"},
        {"output": [], "error": {}},
        {"type": "response.failed"},
        {"type": "error"},
    ],
)
def test_what_is_no_answer_has_failed(body: dict[str, Any]) -> None:
    assert read(msgspec.json.encode(body)).failed


def test_all_that_is_written_is_text() -> None:
    items = [{"content": [{"text": "a"}]}, {"arguments": '{"b":1}'}]
    assert read(msgspec.json.encode({"output": items})).text == 'a{"b":1}'
    assert read(b'{"type": "response.output_text.delta", "delta": "c"}').text == "c"


def test_an_end_in_the_old_way_is_one() -> None:
    assert read(b"[DONE]").done
