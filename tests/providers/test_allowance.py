"""What the head of an answer says of rate limits."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.format import Format
from routergate.ports import Provider
from routergate.providers.allowance import spent
from routergate.providers.openai import ANTHROPIC, Endpoint, NativeProvider
from routergate.providers.translated import ChatAsMessages, MessagesAsChat, TranslatedProvider
from routergate.testing import Simulator
from support.providers import chunks_of


def openai(counts: str = "requests", **told: str) -> dict[str, str]:
    return {f"x-ratelimit-{what}-{counts}": value for what, value in told.items()}


def anthropic(counts: str = "requests", **told: str) -> dict[str, str]:
    return {f"anthropic-ratelimit-{counts}-{what}": value for what, value in told.items()}


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("1s", 1.0), ("6m0s", 360.0), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("1d", 86400.0), ("7.66", 7.66)],
)
def test_a_limit_that_is_used_up_is_spent_until_its_reset(reset: str, seconds: float) -> None:
    assert spent(openai(limit="60", remaining="0", reset=reset)) == pytest.approx(seconds)


@pytest.mark.parametrize("counts", ["requests", "tokens", "input-tokens", "output-tokens"])
def test_anthropics_limits_are_reset_at_a_time_of_day(counts: str) -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = spent(anthropic(counts, limit="50", remaining="0", reset=reset))
    assert found is not None
    assert 25 < found <= 31


@pytest.mark.parametrize(
    "headers",
    [
        {},
        openai(limit="60", remaining="1", reset="1s"),
        openai("tokens", limit="1000", remaining="10", reset="1s"),
        openai(limit="60", remaining="0"),
        openai(limit="60", remaining="0", reset="soon"),
        openai(limit="60", remaining="-1", reset="1s"),
        openai(limit="60", remaining="nan", reset="1s"),
        openai(limit="60", remaining="0", reset="0s"),
        anthropic(limit="60", remaining="0", reset="2020-01-01T00:00:00Z"),
        anthropic(limit="60", remaining="0", reset="0001-01-01T00:00:00+23:59"),
    ],
    ids=repr,
)
def test_what_is_left_and_what_cannot_be_read_is_not_spent(headers: Mapping[str, str]) -> None:
    assert spent(headers) is None


def test_tokens_are_spent_when_almost_none_are_left() -> None:
    assert spent(openai("tokens", limit="30000", remaining="299", reset="59s")) == 59.0
    assert spent(openai("tokens", remaining="299", reset="59s")) is None


def test_the_limit_that_takes_longest_counts() -> None:
    told = {
        **openai(limit="60", remaining="0", reset="1s"),
        **openai("tokens", limit="100", remaining="0", reset="9s"),
    }
    assert spent(told) == 9.0


@given(st.text(), st.text(), st.text())
def test_no_header_is_too_strange(limit: str, remaining: str, reset: str) -> None:
    spent(openai("tokens", limit=limit, remaining=remaining, reset=reset))
    spent(anthropic(limit=limit, remaining="0", reset=reset))


def providers(sim: Simulator, session: aiohttp.ClientSession) -> list[Provider]:
    """One that speaks each format, and one that is spoken to in the other."""
    own = NativeProvider(Endpoint(base_url=sim.base_url), session)
    claude = NativeProvider(Endpoint(base_url=sim.base_url, wires=ANTHROPIC), session)
    return [
        own,
        TranslatedProvider(own, Format.MESSAGES, MessagesAsChat()),
        TranslatedProvider(claude, Format.CHAT, ChatAsMessages()),
    ]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answers_first_chunk_says_how_long_its_provider_rests(
    sim: Simulator, session: aiohttp.ClientSession, *, stream: bool
) -> None:
    for provider in providers(sim, session):
        first, *_ = await chunks_of(provider, "sim-mini!spent:40", stream=stream)
        assert first.rest is not None
        assert 35 < first.rest <= 40
        first, *_ = await chunks_of(provider, "sim-mini", stream=stream)
        assert first.rest is None
