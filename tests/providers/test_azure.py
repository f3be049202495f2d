"""Azure OpenAI: a simulator that speaks its paths, and the gateway's way to it."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import aiohttp
import msgspec
import openai
import pytest

from routergate.api.caller import Reader
from routergate.api.embeddings import read_embeddings
from routergate.api.responses import read_responses
from routergate.config.spec import ProviderKind, ProviderSpec, ReplicaSpec, Secret
from routergate.domain.errors import ContentFiltered, ProviderDenied
from routergate.domain.model import ProviderId
from routergate.ports import Chunk, Provider
from routergate.servers import provider
from routergate.testing import Profile, Simulator
from support.builders import a_card
from support.providers import chunks_of

KEY, VERSION = "azure-key-0123456789", "2024-10-21"
CLASSIC, NEWER = VERSION, None
BOTH = pytest.mark.parametrize("version", [CLASSIC, NEWER])


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    profile = Profile(azure=True, api_keys=frozenset({KEY}), models=("prod-4o", "vectors"))
    async with Simulator(profile) as simulator:
        yield simulator


def azure(
    sim: Simulator, session: aiohttp.ClientSession, version: str | None, key: str = KEY, path: str = ""
) -> Provider:
    """The adapter, as the gateway makes it of its configuration."""
    spec = ProviderSpec(
        id=ProviderId("azure"),
        kind=ProviderKind.AZURE,
        replicas=(ReplicaSpec(base_url=sim.root_url + path),),
        api_key=Secret(key),
        api_version=version,
    )
    return provider(spec, spec.replicas[0], session, None)


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_a_deployment_answers(
    sim: Simulator, session: aiohttp.ClientSession, version: str | None, stream: bool
) -> None:
    chunks = await chunks_of(azure(sim, session, version), "prod-4o", stream=stream)
    [call] = sim.calls
    assert call.path == (
        f"/openai/deployments/prod-4o/chat/completions?api-version={VERSION}"
        if version
        else "/openai/v1/chat/completions"
    )
    assert (call.headers["api-key"], call.authorization, call.model) == (KEY, None, "prod-4o")
    usage = next(chunk.usage for chunk in chunks if chunk.usage)
    assert (usage.input_total, usage.output_total) == (call.prompt_tokens, call.output_tokens)
    assert (b"prompt_filter_results" in b"".join(chunk.data for chunk in chunks)) is stream


@pytest.mark.parametrize("path", ["", "/openai", "/openai/v1"])
@BOTH
async def test_the_address_may_point_anywhere_into_the_resource(
    sim: Simulator, session: aiohttp.ClientSession, version: str | None, path: str
) -> None:
    assert await chunks_of(azure(sim, session, version, path=path), "prod-4o")


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_the_content_filters_words_reach_the_caller(
    sim: Simulator, session: aiohttp.ClientSession, version: str | None, stream: bool
) -> None:
    with pytest.raises(ContentFiltered) as caught:
        await chunks_of(azure(sim, session, version), "prod-4o!filtered", stream=stream)
    error = json.loads(caught.value.body)["error"]
    assert (caught.value.status, error["innererror"]["code"]) == (400, "ResponsibleAIPolicyViolation")


@BOTH
async def test_a_wrong_key_or_an_unknown_deployment_is_the_operators_business(
    sim: Simulator, session: aiohttp.ClientSession, version: str | None
) -> None:
    with pytest.raises(ProviderDenied, match="401"):
        await chunks_of(azure(sim, session, version, key="another"), "prod-4o")
    with pytest.raises(ProviderDenied, match="404"):
        await chunks_of(azure(sim, session, version), "nobody")


@BOTH
async def test_embeddings_and_responses_have_their_paths(
    sim: Simulator, session: aiohttp.ClientSession, version: str | None
) -> None:
    adapter = azure(sim, session, version)
    vectors = await first(adapter, "vectors", read_embeddings)
    response = await first(adapter, "prod-4o", read_responses)
    assert (vectors.usage is not None, response.answer_id is not None) == (True, True)
    tail = f"?api-version={VERSION}" if version else ""
    root, deployment = ("/openai", "/deployments/vectors") if version else ("/openai/v1", "")
    assert [call.path for call in sim.calls] == [
        f"{root}{deployment}/embeddings{tail}",
        f"{root}/responses{tail}",
    ]
    kept = await adapter.kept("GET", response.answer_id or "")
    assert (kept.status, json.loads(kept.body)["id"]) == (200, response.answer_id)


@BOTH
async def test_what_the_adapter_asks_is_what_the_official_client_asks(
    sim: Simulator, session: aiohttp.ClientSession, version: str | None
) -> None:
    asked: Any = [{"role": "user", "content": "Hello?"}]
    client: openai.AsyncOpenAI = (
        openai.AsyncAzureOpenAI(azure_endpoint=sim.root_url, api_key=KEY, api_version=version, max_retries=0)
        if version
        else openai.AsyncOpenAI(
            base_url=sim.base_url, api_key="-", default_headers={"api-key": KEY}, max_retries=0
        )
    )
    async with client:
        await client.chat.completions.create(model="prod-4o", messages=asked)
    await chunks_of(azure(sim, session, version), "prod-4o")
    theirs, ours = sim.calls
    assert (ours.path, ours.body) == (theirs.path, theirs.body)


async def first(adapter: Provider, model: str, read: Reader) -> Chunk:
    request, _ = read(msgspec.json.encode({"model": "auto", "input": "Hello?"}))
    async with aclosing(adapter.answer(request, a_card(upstream=model))) as chunks:
        return await anext(chunks)
