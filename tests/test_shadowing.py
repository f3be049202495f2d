"""Which answers are drawn to be compared."""

from dataclasses import replace
from typing import Any

import pytest

from routergate.domain.decision import Rejection, Why
from routergate.domain.event import UsageEvent
from routergate.domain.feedback import Feedback
from routergate.domain.model import Capability, ModelId
from routergate.domain.quality import EVERY, Source
from routergate.domain.request import ChatRequest
from routergate.quality.sampling import Sampling
from routergate.shadowing import REMEMBERED, WAITING, Nobody, Samples
from routergate.trusting import Trusts
from support.builders import a_card, a_decision, a_request
from support.comparisons import a_plan
from support.events import an_event

REQUEST = a_request("How many?")
ALL = a_plan(sampling=Sampling(share=1.0, most=1.0, shadow=1.0))


class Stand:
    """Samples that are drawn by a chance that the test says, and what is counted."""

    def __init__(self, drawn: float = 0.0) -> None:
        self.counted: list[tuple[str, str, str]] = []
        self.samples = Samples(lambda: drawn, Trusts(), lambda *what: self.counted.append(what))
        self.samples.plans = {"auto": ALL}

    def drawn(self, event: UsageEvent, request: ChatRequest = REQUEST, text: str | None = "7") -> list[Any]:
        self.samples.saw(request, event, text)
        return [self.samples.waiting.get_nowait().subject.model for _ in range(self.samples.waiting.qsize())]


def an_answer(**changes: Any) -> UsageEvent:
    return an_event(**{"route": "auto", "card": a_card("mini"), "decision": a_decision(), **changes})


def test_the_model_that_answered_is_compared() -> None:
    assert Stand().drawn(an_answer()) == ["mini"]


def test_the_measure_itself_is_not_compared() -> None:
    assert Stand().drawn(an_answer(card=a_card("large"))) == []


def test_who_is_not_trusted_is_compared_in_the_shadow_of_others() -> None:
    rejected = tuple(
        Rejection(model=ModelId(name), reason="is demoted", why=why)
        for name, why in (("nano", Why.QUALITY), ("tiny", Why.ROOM), ("large", Why.QUALITY))
    )
    decision = replace(a_decision(), rejected=rejected)

    assert Stand().drawn(an_answer(card=a_card("large"), decision=decision)) == ["nano"]


@pytest.mark.parametrize(
    ("event", "request_", "text"),
    [
        (an_answer(route="other"), REQUEST, "7"),
        (an_answer(), REQUEST, None),
        (an_answer(), REQUEST, ""),
        (an_answer(card=None), REQUEST, "7"),
        (an_answer(), replace(REQUEST, choices=2), "7"),
        (an_answer(), replace(REQUEST, follows="resp_1"), "7"),
        (an_answer(), replace(REQUEST, kept=True), "7"),
        (an_answer(), replace(REQUEST, hidden=True), "7"),
        (an_answer(), replace(REQUEST, needs=frozenset({Capability.TOOLS})), "7"),
    ],
)
def test_what_cannot_be_compared_is_not_drawn(
    event: UsageEvent, request_: ChatRequest, text: str | None
) -> None:
    assert Stand().drawn(event, request_, text) == []


def test_chance_says_how_many() -> None:
    few = Stand(drawn=0.5)
    few.samples.plans = {"auto": replace(ALL, sampling=Sampling(share=0.1, most=0.2))}
    assert few.drawn(an_answer()) == []


def test_what_finds_no_place_is_counted_and_holds_nobody_up() -> None:
    stand = Stand()
    for _ in range(WAITING + 1):
        stand.samples.saw(REQUEST, an_answer(), "7")
    assert stand.counted == [("auto", "mini", "dropped")]


def test_a_sample_says_nothing_of_its_texts_to_a_log() -> None:
    stand = Stand()
    stand.samples.saw(REQUEST, an_answer(), "the secret answer")
    shown = repr(stand.samples.waiting.get_nowait())
    assert "secret answer" not in shown
    assert "How many?" not in shown


def test_feedback_is_a_hint_of_the_model_that_answered() -> None:
    stand = Stand()
    stand.drawn(an_answer(id="known"), text=None)
    said = [Feedback(decision=name, rating=0.0, source="user", weight=3.0) for name in ("known", "other")]

    told, whole = stand.samples.volunteered(said, 5)

    assert (told.subject.model, told.inclusion, told.weight, told.source) == ("mini", None, 1.0, Source.USER)
    assert whole.subject.task == EVERY


def test_answers_of_long_ago_and_of_nobody_are_not_known() -> None:
    stand = Stand()
    for number in range(REMEMBERED + 1):
        stand.drawn(an_answer(id=f"{number}"), text=None)
    stand.drawn(an_answer(id="nobody", card=None))

    said = [Feedback(decision=name, rating=1.0, source="user") for name in ("0", "nobody", "1")]
    assert len(list(stand.samples.volunteered(said, 5))) == 2


def test_nobody_compares_nothing() -> None:
    Nobody().saw(REQUEST, an_answer(), "7")
