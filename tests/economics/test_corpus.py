"""Answers in the shapes that providers document, and to the nano-dollar what they cost.

Each file of the corpus has an answer (or the events of a streamed one; without `[DONE]` it broke off), the
rates, the seconds if they cost something, and the sum as it was worked out by hand, in nano-dollars: $1 per
million tokens is 1 000 per token.
"""

import json
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from routergate.config.costs import Prices
from routergate.config.ratecards import rate_card
from routergate.domain.errors import StreamBroken
from routergate.domain.event import UsageEvent, UsageSource
from routergate.domain.format import Format
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.meter.settle import usage_event
from routergate.ports import Chunk
from routergate.providers.openai import ANTHROPIC, OPENAI, whole_chunk
from routergate.providers.stream import AnswerStream
from support.builders import a_candidate, a_card, a_decision, a_request, some_features
from support.events import an_attribution
from support.fakes import FakeProvider, WordCounter
from support.redis import HandClock

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.json"))
WIRES = {**OPENAI, **ANTHROPIC}
ENDS = {"message_stop", "response.completed"}
NEW_YEAR = 1_767_225_600 * 10**9
"""2026-01-01."""


def ended(event: Any) -> bool:
    """Whether a streamed answer is whole with its last event."""
    return event == "[DONE]" or event.get("type") in ENDS


def steps(case: dict[str, Any]) -> Iterator[Chunk | Exception]:
    """What the adapter makes of the provider's bytes."""
    wire = WIRES[Format(case.get("format", "chat"))]
    if "answer" in case:
        yield whole_chunk(json.dumps(case["answer"]).encode(), wire)
        return
    stream = AnswerStream(wire)
    for event in case["events"]:
        data = event if isinstance(event, str) else json.dumps(event)
        yield from stream.feed(f"data: {data}\n\n".encode())
    try:
        yield from stream.end()
    except StreamBroken as error:
        yield error


async def settled(case: dict[str, Any]) -> UsageEvent:
    """The row that the answer leaves."""
    card = a_card(prices=(rate_card(Prices.model_validate(case["rates"])),))
    request = a_request(stream="events" in case, service_tier=case.get("asked"))
    clock = HandClock()
    meter, provider = Meter(clock, 0.0), FakeProvider(tuple(steps(case)))
    answer = provider.answer(request, card)
    meter.answered(a_candidate(card), await anext(answer))
    clock.seconds = case.get("seconds", 0.0)
    try:
        async with aclosing(meter.watch(Chunk(data=b""), answer)) as chunks:
            assert [chunk async for chunk in chunks]
    except StreamBroken as error:
        meter.failed(error)
    decision = a_decision(card, features=some_features(service_tier=request.service_tier), baseline=card)
    return usage_event(decision, an_attribution(), request, meter, WordCounter(), NEW_YEAR)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
async def test_the_cost_is_what_was_worked_out_by_hand(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    event = await settled(case)
    assert event.usage == Usage(**case["usage"])
    assert event.cost == case["cost_nanos"]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
async def test_only_a_broken_stream_without_usage_is_counted_here(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    counted = (await settled(case)).usage_source is UsageSource.COUNTED
    events = case.get("events", [])
    assert counted == (bool(events) and not ended(events[-1]) and not case.get("counted_so_far"))


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 20
