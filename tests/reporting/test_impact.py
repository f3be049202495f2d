from dataclasses import replace
from datetime import date
from pathlib import Path

from routergate.domain.event import UsageEvent
from routergate.domain.model import Capability, ModelId
from routergate.domain.usage import Usage
from routergate.reporting.impact import Change, impact
from routergate.reporting.question import Dimension, Question
from support.books import ledgered
from support.builders import a_card, a_rate_card
from support.events import LARGE, an_attribution, an_event

THIRTY = Question(since=date(2023, 11, 1), until=date(2023, 11, 30), by=(Dimension.FEATURE,))
OLD, NEW = date(2023, 11, 1), date(2026, 1, 1)
MINI = a_card("mini", prices=(a_rate_card("1", "1"), a_rate_card("3", "3", start=NEW)))
RIVAL = a_card("rival", prices=(a_rate_card("2", "2"),))
STEADY = a_card("large", prices=(a_rate_card("9", "9"),))
CARDS = {card.id: card for card in (MINI, RIVAL, STEADY)}
DOLLAR = 10**9


def happened() -> list[UsageEvent]:
    usage = Usage(output=1_000_000)
    search = an_attribution(feature="search")
    return [
        an_event(attribution=search, usage=usage),
        an_event(attribution=search, usage=usage),
        an_event(attribution=search, usage=usage, card=LARGE),
    ]


def a_change(**changes: object) -> Change:
    return replace(Change(before=OLD, after=NEW, cards=CARDS), **changes)  # type: ignore[arg-type]  # of any field


def test_a_dearer_model_shows_what_it_costs_and_who_is_cheaper_now(tmp_path: Path) -> None:
    with ledgered(tmp_path, *happened()) as rows:
        report = impact(rows, THIRTY, a_change())

    [found] = report.named()
    assert (found["feature"], found["model"], found["requests"]) == ("search", "mini", 2)
    assert (found["before_usd"], found["after_usd"], found["change_usd"]) == (
        2 * DOLLAR,
        6 * DOLLAR,
        4 * DOLLAR,
    )
    assert found["cheaper_now"] == "rival 4.00"
    assert report.named_total()["change_usd"] == 4 * DOLLAR
    assert "30 days at the rate cards of 2023-11-01 and of 2026-01-01" in report.notes[0]


def test_a_month_has_thirty_days(tmp_path: Path) -> None:
    fifteen = replace(THIRTY, until=date(2023, 11, 15))
    with ledgered(tmp_path, *happened()) as rows:
        [found] = impact(rows, fifteen, a_change()).named()
    assert found["change_usd"] == 8 * DOLLAR


def test_only_the_models_that_were_named_change(tmp_path: Path) -> None:
    with ledgered(tmp_path, *happened()) as rows:
        assert impact(rows, THIRTY, a_change(models=("rival",))).rows == ()


def test_a_model_that_cannot_do_the_same_is_not_cheaper(tmp_path: Path) -> None:
    able = replace(MINI, capabilities=frozenset({Capability.TOOLS}))
    with ledgered(tmp_path, *happened()) as rows:
        [found] = impact(rows, THIRTY, a_change(cards=CARDS | {ModelId("mini"): able})).named()
    assert found["cheaper_now"] is None


def test_what_has_no_rates_is_told(tmp_path: Path) -> None:
    late = replace(MINI, prices=(a_rate_card("3", "3", start=NEW),))
    cards = {ModelId("mini"): late, ModelId("rival"): RIVAL}
    with ledgered(tmp_path, *happened()) as rows:
        report = impact(rows, THIRTY, a_change(cards=cards))

    [found] = report.named()
    assert (found["before_usd"], found["after_usd"], found["change_usd"]) == (None, 6 * DOLLAR, None)
    assert (
        report.notes[1]
        == "3 requests without a known rate card on both days are not in the sums: mini 2, large 1."
    )
