"""Answers that are checked before they are given."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import pytest

from routergate.dispatch.checked import Begun
from routergate.domain.answer import Cascade, Flaw
from routergate.domain.decision import Candidate, Decision, Estimate, Limits
from routergate.domain.errors import (
    AllProvidersFailed,
    ProviderBroken,
    ProviderRefused,
    StreamBroken,
)
from routergate.domain.refusals import NotAdmitted, RateLimited
from routergate.domain.request import ChatRequest
from routergate.domain.reservation import Denied, Standing
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.ports import Chunk
from support.builders import a_candidate, a_card, a_decision, a_request
from support.fakes import FakeProvider, Hang, Step, Wait, a_dispatcher
from support.redis import HandClock
from support.restraints import a_line

CHEAP, BEST = a_card("cheap"), a_card("best")
CHECKED = Cascade(escalate_when=frozenset(Flaw), within=60.0, characters=20)
PAID = Usage(input_uncached=10, output=3)
SORRY = "I'm sorry, but I can't help with that."


def plain(text: str, usage: Usage | None = PAID) -> Chunk:
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return Chunk(data=json.dumps(body).encode(), text=text, usage=usage)


def event(text: str) -> Chunk:
    body = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return Chunk(data=f"data: {json.dumps(body)}\n\n".encode(), text=text)


def one(name: str, quality: float) -> Candidate:
    return a_candidate(a_card(name), quality=Estimate(mean=quality, stderr=0.0))


def denied() -> NotAdmitted:
    line = Denied(line=a_line(1), standing=Standing(spent=0, held=0), wait=0.0)
    return RateLimited("no room", denied=line, facts={})


@dataclass
class Scene:
    """A cheap model that is asked first, and a better one."""

    cheap: Sequence[Step]
    best: Sequence[Step] = (plain("the best"),)
    cascade: Cascade | None = CHECKED
    admitted: bool = True
    """Whether the better one is."""
    limits: Limits = field(default_factory=Limits)
    clock: HandClock = field(default_factory=HandClock)
    covered: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.apis = {
            card.provider: FakeProvider(script, self.clock)
            for card, script in ((CHEAP, self.cheap), (BEST, self.best))
        }
        self.meter = Meter(self.clock, self.clock.seconds)

    @property
    def decision(self) -> Decision:
        found = (one("cheap", 0.7), one("best", 0.9))
        return a_decision(candidates=found, cascade=self.cascade, limits=self.limits)

    async def begin(self, *, stream: bool = False) -> Begun:
        async def cover(candidate: Candidate, rejected: int) -> ChatRequest:
            self.covered.append((candidate.card.id, rejected))
            if candidate.card.id == "best" and not self.admitted:
                raise denied()
            return a_request(stream=stream)

        dispatcher = a_dispatcher(dict(self.apis), self.clock)
        return await dispatcher.first_answer(self.decision, cover, self.meter)

    async def ask(self, *, stream: bool = False) -> str:
        """One request to its end: the text that the caller gets."""
        begun = await self.begin(stream=stream)
        async with aclosing(begun.rest), aclosing(self.meter.watch(begun.first, begun.rest)) as chunks:
            return "".join([chunk.text async for chunk in chunks])

    @property
    def results(self) -> list[tuple[str, str]]:
        return [(call.model, call.result) for call in self.meter.attempts]

    @property
    def closed(self) -> bool:
        return all(len(api.asked) == api.closed for api in self.apis.values())


async def test_a_good_answer_is_given() -> None:
    scene = Scene([plain("good")])
    assert (await scene.ask(), scene.results) == ("good", [("cheap", "ok")])
    assert (scene.meter.rejected, scene.closed) == ({}, True)


@pytest.mark.parametrize(("text", "flaw"), [("", "empty"), (SORRY, "refusal")])
async def test_after_a_bad_answer_a_better_model_is_asked_and_both_are_paid(text: str, flaw: str) -> None:
    scene = Scene([plain(text)])
    assert (await scene.ask(), scene.results) == ("the best", [("cheap", flaw), ("best", "ok")])
    assert scene.meter.rejected[0].usage == PAID
    assert (scene.meter.attempts[0].billed, scene.covered) == (True, [("cheap", 0), ("best", 1)])
    assert scene.closed


async def test_a_large_answer_is_checked_like_any_other() -> None:
    assert await Scene([plain(SORRY + " No." * 10_000)]).ask() == "the best"
    long = "Yes." * 10_000
    assert await Scene([plain(long)]).ask() == long


async def test_without_a_cascade_any_answer_is_given() -> None:
    assert await Scene([plain(SORRY)], cascade=None).ask() == SORRY


async def test_the_best_models_answer_is_given_unchecked() -> None:
    scene = Scene([ProviderRefused("x", status=400, body=b"", content_type="")], [plain(SORRY)])
    scene.apis[CHEAP.provider].script = [StreamBroken("x")]
    assert (await scene.ask(), scene.results) == (SORRY, [("cheap", "cut"), ("best", "ok")])


@pytest.mark.parametrize(
    "failure",
    [ProviderBroken("x"), ProviderRefused("x", status=400, body=b"", content_type="text/plain")],
)
async def test_a_bad_answer_is_better_than_none(failure: Exception) -> None:
    scene = Scene([plain(SORRY)], [failure])
    assert await scene.ask() == SORRY
    assert scene.results[0] == ("cheap", "refusal")
    assert (scene.meter.rejected, scene.meter.winner) == ({}, one("cheap", 0.7))
    assert scene.closed


@pytest.mark.parametrize("stream", [False, True])
async def test_a_bad_answer_is_given_if_nobody_pays_for_a_better_one(stream: bool) -> None:
    script = [event(SORRY), event(" Really.")] if stream else [plain(SORRY)]
    scene = Scene(script, admitted=False)
    assert (await scene.ask(stream=stream)).startswith(SORRY)
    assert scene.results == [("cheap", "refusal"), ("best", "not_admitted")]
    assert (scene.closed, scene.apis[BEST.provider].asked) == (True, [])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "cut short"])
async def test_a_rejected_answer_takes_no_longer_than_until_another_is_asked(stream: bool) -> None:
    script = [event(SORRY), Hang()] if stream else [plain(SORRY)]
    scene = Scene([Wait(2.0), *script], [Wait(3.0), plain("the best")])
    await scene.ask(stream=stream)
    assert scene.meter.rejected[0].seconds(scene.clock.seconds) == 2.0
    assert scene.meter.answering == 3.0


async def test_a_whole_answer_that_is_given_after_all_took_as_long_as_it_was_written() -> None:
    scene = Scene([Wait(2.0), plain(SORRY)], [Wait(3.0), ProviderBroken("x")])
    assert (await scene.ask(), scene.meter.answering) == (SORRY, 2.0)


async def test_a_break_after_a_bad_answer_was_given_is_the_failure_of_its_own_call() -> None:
    scene = Scene([event(SORRY), StreamBroken("x")], admitted=False)
    with pytest.raises(StreamBroken):
        await scene.ask(stream=True)
    assert scene.results == [("cheap", "cut"), ("best", "not_admitted")]


async def test_a_request_that_may_make_one_call_gets_what_there_is() -> None:
    assert await Scene([plain(SORRY)], limits=Limits(attempts=1)).ask() == SORRY


async def test_a_stream_that_was_cut_short_for_a_better_model_is_gone() -> None:
    scene = Scene([event(SORRY), Hang()], [ProviderBroken("x")])
    with pytest.raises(AllProvidersFailed, match=r"cheap: refusal; best: broken"):
        await scene.ask(stream=True)
    assert (scene.closed, scene.meter.rejected[0].written) == (True, len(SORRY))


async def test_a_stream_is_checked_before_its_first_byte_leaves() -> None:
    scene = Scene([event("I'm sorry, but I"), event(" can't help with that."), Hang()])
    assert await scene.ask(stream=True) == "the best"
    assert (scene.results[0], scene.closed) == (("cheap", "refusal"), True)


async def test_no_more_of_a_stream_is_held_back_than_the_route_says() -> None:
    scene = Scene([event("ten letters "), event("and twenty"), Hang()])
    begun = await scene.begin(stream=True)
    assert scene.meter.winner is begun.candidate
    assert begun.first.text == "ten letters "
    assert (await anext(begun.rest)).text == "and twenty"
    await begun.rest.aclose()
    assert scene.closed


async def test_no_stream_is_held_back_for_longer_than_the_route_says() -> None:
    scene = Scene([event("slow"), Hang()], cascade=replace(CHECKED, within=0.01))
    begun = await scene.begin(stream=True)
    assert begun.first.text == "slow"
    await begun.rest.aclose()
    assert scene.closed


async def test_what_comes_while_the_time_runs_out_is_not_lost() -> None:
    scene = Scene([event("a"), event("b"), event("c")], cascade=replace(CHECKED, within=0.0))
    assert await scene.ask(stream=True) == "abc"
    assert scene.results == [("cheap", "ok")]


async def test_a_stream_that_breaks_while_it_is_held_back_is_a_failure_like_any_before_the_answer() -> None:
    scene = Scene([event("a"), StreamBroken("x")])
    assert await scene.ask(stream=True) == "the best"
    assert (scene.results, scene.meter.rejected) == ([("cheap", "cut"), ("best", "ok")], {})
    assert scene.meter.attempts[0].billed is None


async def test_holding_back_is_not_the_gateways_overhead() -> None:
    scene = Scene([Wait(1.0), event("a"), Wait(2.0), event("b")])
    await scene.ask(stream=True)
    assert (scene.meter.pauses, scene.meter.first_chunk) == (2.0, 3.0)
    assert scene.meter.attempts[0].seconds == 1.0


async def test_a_caller_who_leaves_while_an_answer_is_held_back_closes_the_call() -> None:
    scene = Scene([event("a"), Hang()])
    asking = asyncio.create_task(scene.ask(stream=True))
    await scene.apis[CHEAP.provider].hanging.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert (asking.cancelled(), scene.closed) == (True, True)


async def test_a_caller_who_leaves_while_a_better_model_is_asked_closes_both_calls() -> None:
    scene = Scene([event(SORRY), Hang()], [Hang()])
    asking = asyncio.create_task(scene.ask(stream=True))
    await scene.apis[BEST.provider].hanging.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert scene.closed


async def test_a_defect_while_an_answer_is_put_aside_closes_its_call() -> None:
    scene = Scene([event(SORRY), Hang()])

    async def cover(candidate: Candidate, rejected: int) -> ChatRequest:
        if rejected:
            raise KeyError("a defect")
        return a_request(stream=True)

    dispatcher = a_dispatcher(dict(scene.apis), scene.clock)
    with pytest.raises(KeyError):
        await dispatcher.first_answer(scene.decision, cover, scene.meter)
    assert scene.closed


async def test_only_models_that_are_expected_to_do_better_are_asked() -> None:
    worse = a_card("worse")
    scene = Scene([plain(SORRY)], [ProviderBroken("x")])
    scene.apis[worse.provider] = FakeProvider([plain("worse")])
    found = (one("cheap", 0.7), one("best", 0.9), one("worse", 0.6))
    dispatcher = a_dispatcher(dict(scene.apis), scene.clock)

    async def cover(candidate: Candidate, rejected: int) -> ChatRequest:
        return a_request()

    begun = await dispatcher.first_answer(a_decision(candidates=found, cascade=CHECKED), cover, scene.meter)
    assert (begun.candidate.card.id, scene.apis[worse.provider].asked) == ("cheap", [])
