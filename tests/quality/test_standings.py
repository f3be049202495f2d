"""How news moves models."""

from dataclasses import replace

from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import Cause, Comparison, Source, Subject, Trust
from routergate.quality.standings import Moves, Order, standings
from support.comparisons import a_comparison, a_plan

PLANS = {"auto": a_plan()}
HOUR = 3_600 * 10**9


def bad(times: int, **changes: object) -> list[Comparison]:
    return [a_comparison(0.0, **changes)] * times


def moved(*news: Comparison | Order) -> Moves:
    moves = Moves(PLANS, {})
    moves.take(news)
    return moves


def subject() -> Subject:
    return a_comparison().subject


def order(trust: Trust | None) -> Order:
    return Order(subject=subject(), trust=trust, said="cli:ann", at=1)


def test_evidence_moves_a_model_and_decisions_hear_of_it() -> None:
    moves = moved(*bad(40))

    assert moves.told[-1].after in {Trust.DEMOTED, Trust.QUARANTINED}
    assert moves.changed == {subject()}
    standing = standings(moves.watches, PLANS)["auto"]
    assert standing.why_not(subject().model, subject().task, 0.1) is not None


def test_what_is_of_a_route_that_compares_nothing_is_passed_over() -> None:
    elsewhere = Subject(route="gone", model=ModelId("mini"), task=TaskId("chat"))
    moves = moved(*bad(40, subject=elsewhere))

    assert moves.watches == {}
    old = {replace(subject(), route="gone"): moved(*bad(40)).watches[subject()]}
    Moves(PLANS, old).wait(10**30)
    assert standings(old, PLANS) == {}


def test_a_judge_whose_errors_nobody_knows_moves_nothing() -> None:
    assert moved(*bad(40, source=Source.JUDGE)).watches == {}


def test_who_is_held_stays_until_it_is_released() -> None:
    moves = moved(order(Trust.TRUSTED), *bad(40))
    assert moves.watches[subject()].trust is Trust.TRUSTED
    assert moves.told[0].cause is Cause.HAND

    moves.take([order(None), *bad(40)])
    assert moves.watches[subject()].trust is not Trust.TRUSTED


def test_time_alone_moves_those_whose_time_is_over() -> None:
    moves = moved(order(Trust.QUARANTINED), order(None))
    moves.told.clear()

    moves.wait(1)
    assert moves.told == []
    moves.wait(3 * HOUR)
    assert [one.after for one in moves.told] == [Trust.PROBING]


def test_a_trusted_model_needs_no_word() -> None:
    assert standings(moved(order(Trust.TRUSTED)).watches, PLANS) == {}
