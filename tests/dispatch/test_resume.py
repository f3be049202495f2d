"""Streams that break after they began, and go on from elsewhere: with scripted providers."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.answer import Cascade, Flaw
from routergate.domain.decision import Candidate, Decision, Limits
from routergate.domain.errors import (
    ContextExceeded,
    DeadlinePassed,
    ProviderBroken,
    ProviderRefused,
    StoreUnavailable,
    StreamBroken,
)
from routergate.domain.format import Format
from routergate.domain.model import Capability, ModelCard
from routergate.domain.refusals import NotAdmitted, RateLimited
from routergate.domain.request import ChatRequest, Message
from routergate.domain.reservation import Denied, Standing
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.ports import Chunk
from support.builders import a_card, a_decision, a_request, some_features
from support.fakes import FakeProvider, Hang, Step, Wait, WordCounter, a_dispatcher
from support.redis import HandClock
from support.restraints import a_line
from support.streams import DONE, event, told, usage, whole

FIRST, SECOND = a_card("first"), a_card("second")
TAKES = a_card("takes", capabilities=frozenset({Capability.PREFILL}))
BROKEN = StreamBroken("the connection broke")
REFUSED = ProviderRefused("x", status=400, body=b"{}", content_type="application/json")
DENIED = Denied(line=a_line(1), standing=Standing(spent=0, held=0), wait=0.0)


@dataclass
class Scene:
    """Models that are asked in their order, and a caller who reads to the end."""

    scripts: Sequence[Sequence[Step]]
    cards: Sequence[ModelCard] = (FIRST, SECOND)
    request: ChatRequest = field(default_factory=lambda: a_request(stream=True))
    denials: dict[str, Exception] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    clock: HandClock = field(default_factory=HandClock)
    covered: list[tuple[str, int]] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)

    def __post_init__(self) -> None:
        pairs = zip(self.cards, self.scripts, strict=True)
        self.apis = {card.provider: FakeProvider(script, self.clock) for card, script in pairs}
        self.meter = Meter(self.clock, self.clock.seconds)

    @property
    def decision(self) -> Decision:
        return replace(a_decision(*self.cards, continues=True), **self.changes)

    async def read(self) -> str:
        """The text that the caller gets; raises what ends it."""

        async def cover(candidate: Candidate, beside: int) -> ChatRequest:
            self.covered.append((candidate.card.id, beside))
            if beside and candidate.card.id in self.denials:
                raise self.denials[candidate.card.id]
            return self.request

        dispatcher = a_dispatcher(dict(self.apis), self.clock, 1.0)
        begun = await dispatcher.first_answer(self.decision, cover, self.meter)
        async with aclosing(begun.rest), aclosing(self.meter.watch(begun.first, begun.rest)) as chunks:
            async for chunk in chunks:
                self.chunks.append(chunk)
        return told(self.chunks)

    async def broken(self) -> str:
        """The text of an answer that ends in what broke it first."""
        with pytest.raises(StreamBroken, match="the connection broke"):
            await self.read()
        return told(self.chunks)

    def sent(self, card: ModelCard) -> ChatRequest:
        return self.apis[card.provider].sent[-1]

    @property
    def results(self) -> list[tuple[str, str]]:
        return [(call.model, call.result) for call in self.meter.attempts]

    @property
    def closed(self) -> bool:
        return all(len(api.asked) == api.closed for api in self.apis.values())


def begun(*pieces: str) -> list[Step]:
    """The beginning of an answer that breaks off."""
    return [event("", role="assistant"), *map(event, pieces), BROKEN]


async def test_a_second_telling_goes_on_where_the_first_broke() -> None:
    scene = Scene([begun("One", " two"), whole(["One two", " three"])])
    assert await scene.read() == "One two three"
    assert scene.results == [("first", "cut"), ("second", "ok")]
    assert scene.meter.flawed, "what is put together from two answers is not kept for others"
    assert scene.covered == [("first", 0), ("second", 1)]
    assert (scene.chunks[-1].data, scene.closed) == (DONE.data, True)


async def test_both_answers_are_metered_as_they_were_written() -> None:
    scene = Scene([begun("One", " two"), [*whole(["One two", " three"])[:-1], usage(9, 3), DONE]])
    await scene.read()
    assert scene.meter.seen is not None
    assert (scene.meter.seen.written, scene.meter.seen.usage) == (13, Usage(input_uncached=9, output=3))
    assert scene.meter.rejected[0].counted_output(WordCounter()) == 2


async def test_a_first_piece_is_metered_once() -> None:
    scene = Scene([begun("One"), [event("One two three"), event(finish="stop"), DONE]])
    await scene.read()
    assert scene.meter.counted_output(WordCounter()) == 3


async def test_the_answer_began_when_its_first_word_came() -> None:
    scene = Scene([[Wait(2.0), *begun("One")], [Wait(3.0), *whole(["One"])]])
    await scene.read()
    assert (scene.meter.first_chunk, scene.meter.waited, scene.clock.seconds) == (2.0, 2.0, 5.0)


async def test_a_model_that_takes_the_beginning_is_asked_first_and_given_it() -> None:
    scene = Scene(
        [begun("One", " two "), whole(["never asked"]), whole([" ", "three"])],
        cards=(FIRST, SECOND, TAKES),
        request=a_request(stream=True, max_output_tokens=10, limits=("max_tokens",)),
    )
    assert await scene.read() == "One two three"
    sent = scene.sent(TAKES)
    assert (sent.prefill, sent.max_output_tokens, sent.payload["max_tokens"]) == ("One two", 8, 8)
    assert scene.results == [("first", "cut"), ("takes", "ok")]


async def test_no_fewer_than_one_token_is_asked_for() -> None:
    request = a_request(stream=True, max_output_tokens=2, limits=("max_tokens",))
    scene = Scene([begun("One two three"), whole([" four"])], cards=(FIRST, TAKES), request=request)
    await scene.read()
    assert scene.sent(TAKES).max_output_tokens == 1


async def test_a_request_that_ends_with_a_beginning_of_its_own_is_sent_as_it_is() -> None:
    request = a_request(stream=True, messages=(Message(role="assistant", text="Zero"),))
    scene = Scene([begun("One"), whole(["One", " two"])], cards=(FIRST, TAKES), request=request)
    assert (await scene.read(), scene.sent(TAKES).prefill) == ("One two", "")


@pytest.mark.parametrize("refusal", [REFUSED, ContextExceeded("x", status=400, body=b"", content_type="")])
async def test_a_model_that_refuses_the_beginning_is_asked_again_without(refusal: Exception) -> None:
    scene = Scene([begun("One"), [refusal]], cards=(FIRST, TAKES))
    with suppress(StreamBroken):
        await scene.read()
    assert scene.results == [("first", "cut"), ("takes", "prefill"), ("takes", refusal.kind)]  # type: ignore[attr-defined]  # of both
    assert [sent.prefill for sent in scene.apis[TAKES.provider].sent] == ["One", ""]
    assert isinstance(scene.meter.attempts[1].billed, bool)


@pytest.mark.parametrize(
    "second",
    [
        whole(["Two"]),
        whole(["One tw"]),
        [event("One t"), event(reasoning_content="Hm"), event("o")],
        [event("One two"), event(reasoning_content="Hm")],
        [ProviderBroken("x")],
        [REFUSED],
    ],
    ids=["another", "shorter", "no text", "thoughts", "broken", "refused"],
)
async def test_what_cannot_be_gone_on_from_ends_in_what_broke_it(second: Sequence[Step]) -> None:
    scene = Scene([begun("One two"), second])
    assert await scene.broken() == "One two"
    assert (scene.meter.winner, scene.closed) == (scene.decision.chosen, True)
    assert DONE.data not in b"".join(chunk.data for chunk in scene.chunks)
    assert 0 not in scene.meter.rejected


async def test_an_answer_that_diverged_is_paid_and_followed_by_the_next_candidate() -> None:
    third = a_card("third")
    scene = Scene(
        [begun("One two"), whole(["Two"]), whole(["One two", " three"])], cards=(FIRST, SECOND, third)
    )
    assert await scene.read() == "One two three"
    assert scene.results == [("first", "cut"), ("second", "diverged"), ("third", "ok")]
    assert [call.billed for call in scene.meter.attempts] == [True, True, True]
    assert set(scene.meter.rejected) == {0, 1}
    assert scene.covered == [("first", 0), ("second", 1), ("third", 2)]


async def test_an_answer_may_break_more_than_once() -> None:
    third = a_card("third")
    scripts: list[Sequence[Step]] = [begun("One"), begun("One", " two")]
    scripts.append([*whole(["One two", " three"])[:-1], usage(9, 3), DONE])
    scene = Scene(scripts, cards=(FIRST, SECOND, third))
    assert await scene.read() == "One two three"
    # What was read is counted as the 100 tokens that the decision expected.
    assert b'"prompt_tokens":209,"completion_tokens":6' in scene.chunks[-2].data


async def test_what_was_given_last_stands() -> None:
    scene = Scene([begun("One"), begun("One", " two")], changes={"limits": Limits(attempts=2)})
    assert await scene.broken() == "One two"
    assert scene.meter.winner is not None
    assert (scene.meter.winner.card.id, set(scene.meter.rejected)) == ("second", {0})


async def test_who_told_nothing_new_has_given_nothing() -> None:
    scene = Scene([begun("One two"), begun("One")], changes={"limits": Limits(attempts=2)})
    assert await scene.broken() == "One two"
    assert set(scene.meter.rejected) == {1}


@pytest.mark.parametrize("denial", [RateLimited("no room", denied=DENIED, facts={}), StoreUnavailable("x")])
async def test_nobody_goes_on_where_nobody_pays(denial: NotAdmitted | StoreUnavailable) -> None:
    scene = Scene([begun("One"), whole(["One"])], denials={"second": denial})
    assert await scene.broken() == "One"
    assert scene.apis[SECOND.provider].asked == []


async def test_a_request_whose_time_is_over_does_not_go_on() -> None:
    late: list[Step] = [event("One"), Wait(700.0), event(" two"), DONE]
    scene = Scene([late, whole(["One"])])
    with pytest.raises(DeadlinePassed):
        await scene.read()
    assert (told(scene.chunks), scene.results) == ("One", [("first", "deadline")])


@pytest.mark.parametrize(
    "changes",
    [
        {"continues": False},
        {"features": some_features(choices=2)},
        {"features": some_features(needs=frozenset({Capability.JSON_SCHEMA}))},
        {"features": some_features(format=Format.MESSAGES)},
    ],
    ids=["not wanted", "several answers", "JSON", "another format"],
)
async def test_some_answers_do_not_go_on(changes: dict[str, Any]) -> None:
    scene = Scene([begun("One"), whole(["One"])], changes=changes)
    assert (await scene.broken(), len(scene.meter.attempts)) == ("One", 1)


async def test_what_goes_on_is_not_checked_any_more() -> None:
    checked = Cascade(escalate_when=frozenset(Flaw), characters=1)
    scene = Scene([begun("One"), whole(["One", " two"])], changes={"cascade": checked})
    assert await scene.read() == "One two"


async def test_an_answer_with_more_than_text_does_not_go_on() -> None:
    thought = event(reasoning_content="Hm")
    scene = Scene([[event("One"), thought, BROKEN], whole(["One"])])
    assert (await scene.broken(), len(scene.meter.attempts)) == ("One", 1)


async def test_a_model_that_is_alone_is_given_a_pause_which_is_no_overhead_before_the_answer() -> None:
    scene = Scene([begun("One", " two")], cards=(FIRST,))
    assert await scene.broken() == "One two"
    assert scene.results == [("first", "cut"), ("first", "cut")]
    assert scene.covered == [("first", 0), ("first", 1)]
    assert (scene.meter.pauses, scene.clock.seconds > 0) == (0.0, True)


async def test_a_caller_who_leaves_ends_the_call_that_goes_on() -> None:
    scene = Scene([begun("One"), [Hang()]])
    reading = asyncio.create_task(scene.read())
    await scene.apis[SECOND.provider].hanging.wait()
    reading.cancel()
    await asyncio.wait([reading])
    assert (reading.cancelled(), scene.closed) == (True, True)
    assert scene.results == [("first", "cut"), ("second", "abandoned")]
    assert (scene.meter.rejected, scene.meter.winner) == ({}, scene.decision.chosen)


async def test_an_answer_that_nobody_reads_is_closed() -> None:
    scene = Scene([begun("One"), whole(["One"])])

    async def cover(candidate: Candidate, beside: int) -> ChatRequest:
        return scene.request

    answer = await a_dispatcher(dict(scene.apis)).first_answer(scene.decision, cover, scene.meter)
    await answer.rest.aclose()
    assert scene.closed


WORDS = st.text(alphabet="ab \n", max_size=6)
PIECES = st.lists(WORDS, max_size=6)


@given(had=st.lists(WORDS, min_size=1, max_size=6), again=PIECES, same=st.booleans(), takes=st.booleans())
async def test_an_answer_goes_on_exactly_or_ends_in_an_error(
    had: list[str], again: list[str], same: bool, takes: bool
) -> None:
    """However both tellings are cut, and wherever they part."""
    first, rest = "".join(had), "".join(again)
    second = ([first, *again] if same else again) if not takes else again
    scene = Scene([begun(*had), whole(second)], cards=(FIRST, TAKES if takes else SECOND))
    given_to_it = scene.apis[scene.cards[1].provider].sent
    try:
        text = await scene.read()
    except StreamBroken:
        assert told(scene.chunks) == first
        assert DONE.data not in b"".join(chunk.data for chunk in scene.chunks)
        return
    assert text == given_to_it[-1].prefill + "".join(second)
    assert text.startswith(first)
    assert scene.chunks[-1].data == DONE.data
    assert rest in text
