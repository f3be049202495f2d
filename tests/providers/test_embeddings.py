import json

import aiohttp
import msgspec
import pytest

from routergate.api.embeddings import read_embeddings
from routergate.domain.errors import ProviderBroken
from routergate.domain.usage import Usage
from routergate.providers.embeddings import EMBEDDINGS, read
from routergate.providers.openai import Endpoint, NativeProvider, whole_chunk
from routergate.testing import Simulator
from support.builders import a_card

ASKED = read_embeddings(b'{"model": "vectors", "input": ["one two", "three"], "brand_new": 1}')[0]


async def test_vectors_are_relayed_as_they_came_and_their_input_is_counted() -> None:
    async with Simulator() as sim, aiohttp.ClientSession() as session:
        provider = NativeProvider(Endpoint(base_url=sim.base_url), session)
        [chunk] = [chunk async for chunk in provider.answer(ASKED, a_card(upstream="sim-mini"))]
    assert chunk.usage == Usage(input_uncached=3)
    assert json.loads(chunk.data)["x_simulated"]["unknown"] == ["brand_new"]
    [call] = sim.calls
    assert (call.prompt_tokens, call.output_tokens) == (3, 0)


def test_usage_that_is_not_told_is_unknown() -> None:
    assert read(b'{"data": [{}]}').usage is None
    assert read(b'{"data": [{}], "usage": {}}').usage is None


@pytest.mark.parametrize("body", [b"{}", b'{"data": []}', b'{"data": [{}], "error": {}}', b"<html>"])
def test_an_answer_without_vectors_is_none(body: bytes) -> None:
    with pytest.raises(ProviderBroken):
        whole_chunk(body, EMBEDDINGS)
    with pytest.raises(msgspec.MsgspecError):
        read(b"<html>")
