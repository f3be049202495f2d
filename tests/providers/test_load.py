"""What the head of an answer says of its server's load."""

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.capacity import Load
from routergate.domain.format import Format
from routergate.providers.load import HEADER, load_told
from routergate.providers.openai import Endpoint, NativeProvider
from routergate.providers.translated import MessagesAsChat, TranslatedProvider
from routergate.testing import Profile, Simulator
from support.providers import chunks_of

ASKING = {"endpoint-load-metrics-format": "JSON"}


@pytest.mark.parametrize(
    "said",
    [
        'JSON {"named_metrics": {"kv_cache_usage_perc": 0.4, "num_requests_waiting": 3.0}}',
        '{"named_metrics":{"kv_cache_usage_perc":0.4,"num_requests_waiting":3}}',
        "TEXT named_metrics.kv_cache_usage_perc=0.4, named_metrics.num_requests_waiting=3.0",
        "named_metrics.num_requests_waiting=3,named_metrics.kv_cache_usage_perc=4e-1",
    ],
)
def test_a_load_report_is_read_in_each_of_its_formats(said: str) -> None:
    assert load_told({HEADER: said}) == Load(waiting=3, cache=0.4)


def test_a_queue_alone_is_a_report() -> None:
    assert load_told({HEADER: "TEXT named_metrics.num_requests_waiting=3.0"}) == Load(waiting=3)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "TEXT named_metrics.kv_cache_usage_perc=0.4",
        "TEXT named_metrics.num_requests_waiting=-1",
        "TEXT named_metrics.num_requests_waiting=nan",
        "TEXT named_metrics.num_requests_waiting=99999999999999",
        "TEXT named_metrics.not_num_requests_waiting=3",
        "BIN CQAAAAAAAAAA",
    ],
)
def test_what_says_nothing_of_a_queue_is_no_report(said: str) -> None:
    assert load_told({HEADER: said}) is None


@given(st.text())
def test_no_header_is_too_strange(said: str) -> None:
    load_told({HEADER: f"num_requests_waiting={said}"})


async def test_vllm_reports_its_load_if_it_is_asked_to(session: aiohttp.ClientSession) -> None:
    async with Simulator(Profile(vllm=True, slots=4)) as sim:
        asks = NativeProvider(Endpoint(base_url=sim.base_url, headers=ASKING), session)
        for provider in (asks, TranslatedProvider(asks, Format.MESSAGES, MessagesAsChat())):
            [chunk] = await chunks_of(provider, "sim-mini", stream=False)
            assert chunk.load == Load(waiting=0, cache=0.25)
        assert (await chunks_of(asks, "sim-mini", stream=True))[0].load is None
        silent = NativeProvider(Endpoint(base_url=sim.base_url), session)
        assert (await chunks_of(silent, "sim-mini", stream=False))[0].load is None
