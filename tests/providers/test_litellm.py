"""With the real litellm, which takes seconds to import: all in this one module, so that one worker pays."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import pytest

from routergate.api.embeddings import read_embeddings
from routergate.domain.errors import (
    ProviderBroken,
    ProviderDenied,
    ProviderRefused,
    ProviderThrottled,
    ProviderTimeout,
    ProviderUnreachable,
    StreamBroken,
    UpstreamError,
)
from routergate.domain.request import limited
from routergate.domain.usage import Usage
from routergate.providers.litellm import LitellmProvider, load
from routergate.providers.openai import Endpoint
from routergate.testing import Profile, Simulator
from support.anthropic import OUTPUT, READ, UNCACHED, WRITTEN, a_fake_anthropic
from support.builders import a_card
from support.providers import chunks_of, wired

pytestmark = [
    pytest.mark.xdist_group("litellm"),
    # litellm's own: pydantic's remarks on its models, and clients that it never closes.
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning"
    ),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CLAUDE = "anthropic/claude-3-5-haiku-20241022"


@pytest.fixture(scope="module")
def litellm() -> Any:
    return load()


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(Profile(cached_share=0.5)) as simulator:
        yield simulator


def a_provider(litellm: Any, url: str, **limits: float) -> LitellmProvider:
    return LitellmProvider(litellm, Endpoint(base_url=url, **limits), "sesame")  # type: ignore[arg-type]


@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_left_of_a_limit_is_read_through_litellm(
    litellm: Any, sim: Simulator, *, stream: bool
) -> None:
    provider = a_provider(litellm, sim.base_url)
    first, *_ = await chunks_of(provider, "openai/sim-mini!spent:40", stream=stream)
    assert first.rest == 40.0
    first, *_ = await chunks_of(provider, "openai/sim-mini", stream=stream)
    assert first.rest is None


async def test_a_plain_answer_is_in_openais_format(litellm: Any, sim: Simulator) -> None:
    [chunk] = await chunks_of(a_provider(litellm, sim.base_url), "openai/sim-mini")
    body = json.loads(chunk.data)
    assert "simulated answer" in body["choices"][0]["message"]["content"]
    [call] = sim.calls
    assert (call.model, call.authorization) == ("sim-mini", "Bearer sesame")
    assert chunk.usage is not None
    assert (chunk.usage.input_total, chunk.usage.output_total) == (call.prompt_tokens, call.output_tokens)
    assert chunk.usage.cache_read == call.prompt_tokens // 2


async def test_vectors(litellm: Any, sim: Simulator) -> None:
    body = b'{"model": "auto", "input": ["one two", "three"], "base_url": "https://elsewhere"}'
    provider, card = a_provider(litellm, sim.base_url), a_card(upstream="openai/sim-mini")
    [chunk] = [chunk async for chunk in provider.answer(read_embeddings(body)[0], card)]
    assert chunk.usage == Usage(input_uncached=3)
    assert len(json.loads(chunk.data)["data"]) == 2
    assert sim.calls[0].authorization == "Bearer sesame"


async def test_a_limit_that_the_caller_did_not_set_is_kept(litellm: Any, sim: Simulator) -> None:
    provider = a_provider(litellm, sim.base_url)
    [_] = [chunk async for chunk in provider.answer(limited(wired(), 5), a_card(upstream="openai/sim-mini"))]
    assert sim.calls[0].output_tokens == 5


async def test_a_streamed_answer_is_in_openais_format(litellm: Any, sim: Simulator) -> None:
    chunks = await chunks_of(a_provider(litellm, sim.base_url), "openai/sim-mini", stream=True)
    assert chunks[-1].data == b"data: [DONE]\n\n"
    assert "simulated answer" in "".join(chunk.text for chunk in chunks)
    [counted] = [chunk for chunk in chunks if chunk.usage]
    assert counted.usage is not None
    assert counted.usage_only
    assert counted.usage.output_total == sim.calls[0].output_tokens
    assert counted.usage.cache_read == sim.calls[0].prompt_tokens // 2


async def test_the_trace_of_a_request_reaches_the_provider(litellm: Any, sim: Simulator) -> None:
    traced = replace(
        wired(), headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    )
    async with aclosing(
        a_provider(litellm, sim.base_url).answer(traced, a_card(upstream="openai/sim-mini"))
    ) as chunks:
        assert [chunk async for chunk in chunks]
    [call] = sim.calls
    assert traced.headers.items() <= {name.lower(): value for name, value in call.headers.items()}.items()


async def test_what_the_caller_asked_for_reaches_the_provider(litellm: Any, sim: Simulator) -> None:
    body = {"temperature": 0.5, "zebra": {"stripes": 7}, "seed": 7}
    await chunks_of(a_provider(litellm, sim.base_url), "openai/sim-mini", **body)
    assert {name: sim.calls[0].body.get(name) for name in body} == body


@pytest.mark.parametrize("option", ["base_url", "api_base"])
async def test_a_caller_cannot_send_our_key_elsewhere(litellm: Any, sim: Simulator, option: str) -> None:
    async with Simulator() as thief:
        options = {option: thief.base_url, "api_key": "theirs", "mock_response": "forged"}
        [chunk] = await chunks_of(a_provider(litellm, sim.base_url), "openai/sim-mini", **options)
        assert (len(sim.calls), len(thief.calls)) == (1, 0)
    assert sim.calls[0].authorization == "Bearer sesame"
    assert b"forged" not in chunk.data


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400", ProviderRefused),
        ("context", ProviderRefused),
        ("401", ProviderDenied),
        ("429", ProviderThrottled),
        ("500", ProviderBroken),
        ("503", ProviderBroken),
        ("reset", (ProviderUnreachable, ProviderBroken)),
    ],
)
async def test_each_fault_has_its_error(
    litellm: Any, sim: Simulator, fault: str, error: Any, stream: bool
) -> None:
    with pytest.raises(error):
        await chunks_of(a_provider(litellm, sim.base_url), f"openai/sim-mini!{fault}", stream=stream)
    assert len(sim.calls) == 1


async def test_a_refusal_is_told_in_openais_format(litellm: Any, sim: Simulator) -> None:
    with pytest.raises(ProviderRefused) as refused:
        await chunks_of(a_provider(litellm, sim.base_url), "openai/sim-mini!400")
    told = json.loads(refused.value.body)["error"]
    assert (refused.value.status, told["type"]) == (400, "invalid_request_error")
    assert "sesame" not in refused.value.body.decode()


@pytest.mark.parametrize(
    ("fault", "stream", "limits", "error"),
    [
        ("silent", False, {"first_byte": 0.3}, ProviderTimeout),
        ("silent", True, {"first_byte": 0.3}, ProviderTimeout),
        ("silent", False, {"total": 0.3}, ProviderTimeout),
        ("stall:4", True, {"idle": 0.3}, StreamBroken),
        ("cut:6", True, {}, StreamBroken),
    ],
)
async def test_patience_ends(
    litellm: Any, sim: Simulator, fault: str, stream: bool, limits: dict[str, float], error: type[Exception]
) -> None:
    provider = a_provider(litellm, sim.base_url, **limits)
    with pytest.raises(error):
        await chunks_of(provider, f"openai/sim-mini!{fault}", stream=stream)


async def test_an_answer_that_is_closed_early_ends_the_call_upstream(litellm: Any) -> None:
    async with Simulator(Profile(seconds_per_token=0.01)) as sim, asyncio.timeout(20):
        provider = a_provider(litellm, sim.base_url)
        async with aclosing(
            provider.answer(wired(stream=True), a_card(upstream="openai/sim-mini"))
        ) as chunks:
            await anext(chunks)
        [call] = await sim.until(lambda calls: calls[0].ended is not None)
    assert call.hung_up


@pytest.mark.parametrize("stream", [False, True])
async def test_anthropics_tokens_land_in_disjoint_buckets(litellm: Any, stream: bool) -> None:
    async with a_fake_anthropic() as anthropic:
        chunks = await chunks_of(
            a_provider(litellm, anthropic.url), CLAUDE, stream=stream, max_tokens=50, zebra=1
        )
    [usage] = [chunk.usage for chunk in chunks if chunk.usage]
    assert usage == Usage(input_uncached=UNCACHED, cache_read=READ, cache_write=WRITTEN, output=OUTPUT)
    assert b"Good " in b"".join(chunk.data for chunk in chunks)
    [body] = anthropic.bodies
    assert (body["model"], body["max_tokens"]) == ("claude-3-5-haiku-20241022", 50)
    assert body.keys().isdisjoint({"zebra", "extra_body", "stream_options"})


def test_the_program_does_not_import_litellm_until_it_is_needed() -> None:
    code = "import sys, routergate.app; sys.exit('litellm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_a_plain_answer_without_choices_is_none(litellm: Any, sim: Simulator) -> None:
    with pytest.raises((ProviderBroken, ProviderUnreachable)):
        await chunks_of(a_provider(litellm, sim.base_url), "openai/sim-mini!empty")


@pytest.mark.parametrize("fault", ["", "!500", "!400", "!cut:3"])
async def test_no_prompt_is_in_the_log_whatever_its_level(
    litellm: Any, sim: Simulator, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    secret = "the-secret-of-the-prompt"
    body = {"messages": [{"role": "user", "content": secret}], "stream": True}
    with caplog.at_level(logging.DEBUG), suppress(UpstreamError, ProviderRefused):
        await chunks_of(a_provider(litellm, sim.base_url), f"openai/sim-mini{fault}", **body)
    assert secret in str(sim.calls[0].body)
    assert secret not in caplog.text
