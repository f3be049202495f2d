"""What recorded traffic would have cost if something had been otherwise."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from routergate.classify.artifact import builtin
from routergate.domain.asset import Asset, Hosting, Maintenance, Training
from routergate.domain.decision import Arm
from routergate.domain.event import UsageEvent
from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.usage import Usage
from routergate.economics.price import price
from routergate.ledger.amended import correction, reversal
from routergate.ledger.record import EventRow, row
from routergate.reporting.question import Dimension, Question
from routergate.reporting.report import Report
from routergate.reporting.whatif.breakeven import Own, weighed
from routergate.reporting.whatif.migrate import Move, migrated
from routergate.reporting.whatif.model import Newcomer, with_model
from routergate.reporting.whatif.price import NewPrice, priced_anew
from routergate.reporting.whatif.retrain import Cadence, TrendUnknown, retrained
from routergate.reporting.whatif.threshold import at_threshold
from support.books import reported
from support.builders import a_card, a_rate_card
from support.traffic import CATALOGUE, FIRST, LARGE, MINI, MODELS, asked, costs, many

POLICY = CATALOGUE.routes["auto"]
USED = Usage(input_uncached=1_000, output=200)
HALF = a_rate_card("1.25", "5")


def question(days: int = 30, *by: Dimension) -> Question:
    return Question(
        since=FIRST, until=date.fromordinal(FIRST.toordinal() + days - 1), by=by or (Dimension.FEATURE,)
    )


def cost(card: ModelCard, usage: Usage = USED) -> int:
    found = price(card, usage, FIRST)
    assert found is not None
    return found


def by_feature(report: Report) -> dict[Any, dict[str, Any]]:
    return {one["feature"]: dict(one) for one in report.named()}


def money(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["now_usd"], found["then_usd"], found["difference_usd"]


def test_a_new_price_is_what_the_same_tokens_cost_at_it(tmp_path: Path) -> None:
    events = [asked("a", quality=0.8), asked("b"), asked("c", quality=0.8, feature="support")]
    it = NewPrice(card=LARGE, rates=HALF)
    report = reported(tmp_path, lambda rows: priced_anew(rows, question(), it, MODELS), *events)

    found, dear, half = by_feature(report), cost(LARGE), cost(LARGE) // 2
    assert money(found["search"]) == (dear + cost(MINI), half + cost(MINI), -half)
    assert money(found["support"]) == (dear, half, -half)
    assert (found["search"]["requests"], found["search"]["moved"]) == (2, 1)
    assert money(dict(report.named_total())) == (costs(events), costs(events) - 2 * half, -2 * half)
    assert report.named_total()["month_usd"] == -2 * half
    assert "large at 1.25 USD per million tokens in, 5 out." in report.notes[0]
    assert [one.name for one in report.charts[0].series] == ["now", "then"]


def test_what_was_paid_beside_the_answer_and_what_was_taken_back_stay_as_they_were(tmp_path: Path) -> None:
    rejected = asked("a", quality=0.8)
    rejected = replace(rejected, cost=(rejected.cost or 0) + 77)  # type: ignore[arg-type]  # nano-dollars
    booked = row(asked("b", quality=0.8))
    taken_back = [
        booked,
        reversal(booked),
        correction(msgspec.structs.replace(booked, output=100, cost_nanos=3_500_000)),
    ]
    it = NewPrice(card=LARGE, rates=HALF)
    report = reported(tmp_path, lambda rows: priced_anew(rows, question(), it, MODELS), rejected, *taken_back)

    smaller = cost(replace(LARGE, prices=(HALF,)), Usage(input_uncached=1_000, output=100))
    assert money(dict(report.named_total()))[1] == cost(LARGE) // 2 + 77 + smaller
    assert report.named_total()["requests"] == 2


def test_requests_without_a_price_are_in_no_sum_and_are_counted(tmp_path: Path) -> None:
    unpriced = a_card("unpriced", prices=())
    events = [asked("a", quality=0.8), asked("b", card=unpriced, cost=None)]
    report = reported(
        tmp_path,
        lambda rows: priced_anew(rows, question(), NewPrice(card=LARGE, rates=HALF), MODELS),
        *events,
    )

    assert money(dict(report.named_total()))[0] == cost(LARGE)
    assert "1 requests whose cost now or then is unknown are in neither sum." in report.notes


def test_a_model_that_had_no_price_is_priced(tmp_path: Path) -> None:
    unpriced = a_card("unpriced", prices=())
    it = NewPrice(card=unpriced, rates=HALF)
    report = reported(
        tmp_path,
        lambda rows: priced_anew(rows, question(), it, {**MODELS, "unpriced": unpriced}),
        asked("a", card=unpriced, cost=None),
    )

    assert report.named_total()["unknown"] == 1  # nobody knows what it cost


def test_requests_go_to_the_model_that_a_new_price_makes_the_cheapest(tmp_path: Path) -> None:
    gift = a_rate_card("0.01", "0.01")
    it = NewPrice(card=LARGE, rates=gift, routes=CATALOGUE.routes)
    held = asked("held", arm=Arm.BASELINE)
    report = reported(
        tmp_path,
        lambda rows: priced_anew(rows, question(), it, MODELS),
        asked("a"),
        asked("b", quality=0.8),
        held,
    )

    each = cost(replace(LARGE, prices=(gift,)))
    assert money(dict(report.named_total()))[1] == 3 * each
    assert report.named_total()["moved"] == 3


def test_a_lower_threshold_saves_and_says_what_quality_it_costs(tmp_path: Path) -> None:
    events = [asked("a", quality=0.8), asked("b"), asked("held", quality=0.8, arm=Arm.BASELINE)]
    old = replace(asked("old", quality=0.8), decision=None)
    report = reported(
        tmp_path, lambda rows: at_threshold(rows, question(), POLICY, 0.75, MODELS), *events, old
    )

    total = dict(report.named_total())
    assert money(total) == (
        3 * cost(LARGE) + cost(MINI),
        2 * (cost(LARGE) + cost(MINI)),
        cost(MINI) - cost(LARGE),
    )
    assert (total["moved"], total["requests"]) == (1, 4)
    assert total["quality_now"] == pytest.approx((1 + 0.95 + 1) / 3)
    assert total["quality_then"] == pytest.approx((0.8 + 0.95 + 1) / 3)
    assert total["quality_error"] == pytest.approx(0.04 / 3)
    assert any("2 requests stay as they were" in note for note in report.notes)


def test_how_much_days_differ_is_told(tmp_path: Path) -> None:
    events = [*many(3, quality=0.8, prefix="a"), asked("b", day=1, quality=0.8)]
    report = reported(
        tmp_path,
        lambda rows: priced_anew(rows, question(2), NewPrice(card=LARGE, rates=HALF), MODELS),
        *events,
    )

    [told] = [note for note in report.notes if note.startswith("30 days like these")]
    assert "by how the 2 days differ" in told


def test_another_candidate_takes_what_it_is_good_enough_and_cheapest_for(tmp_path: Path) -> None:
    new = a_card("new", prices=(a_rate_card("0.05", "0.2"),), context_tokens=128_000)
    new = replace(new, quality={"default": 0.93})
    artifact = builtin()
    it = Newcomer(
        card=new, policy=POLICY, usual=float(artifact.panel[-1]), residual=float(artifact.calibration[1])
    )
    events = [asked("easy", quality=0.8, complexity=0.05), asked("hard", quality=0.8, complexity=0.9)]
    report = reported(tmp_path, lambda rows: with_model(rows, question(), it, MODELS), *events)

    assert money(dict(report.named_total()))[1] == cost(new) + cost(LARGE)
    assert report.named_total()["moved"] == 1


def test_a_migration_counts_tokens_as_the_other_tokenizer_does(tmp_path: Path) -> None:
    """`mini` bills 1 100 tokens for what we count as 1 000, `large` bills 1 000."""
    mini = many(40, prefix="m", usage=Usage(input_uncached=1_100, output=200))
    large = list(many(40, prefix="l", quality=0.8))
    report = reported(
        tmp_path, lambda rows: migrated(rows, question(), Move(source="large", target=MINI)), *mini, *large
    )

    total = dict(report.named_total())
    assert money(total)[:2] == (costs(large), 40 * cost(MINI, Usage(input_uncached=1_100, output=220)))
    assert report.notes[0].startswith("A text has 1.100 (± 0.000) times the tokens")
    assert [total["quality_now"], total["quality_then"]] == pytest.approx([1.0, 0.8])
    assert sum("of the traffic for" in note for note in report.notes) == 4


def test_a_ratio_that_cannot_be_measured_is_said_to_be_taken_for_one(tmp_path: Path) -> None:
    strange = a_card("strange")
    report = reported(
        tmp_path,
        lambda rows: migrated(rows, question(), Move(source="large", target=strange)),
        asked("a", quality=0.8),
    )

    assert report.notes[0] == (
        "Texts are taken to have as many tokens: large and strange has fewer than 30 requests to measure."
    )
    assert any(note.startswith("Nothing is known of the change in quality") for note in report.notes)


def test_a_range_of_the_tokenizer_is_a_range_of_the_cost(tmp_path: Path) -> None:
    mini = [
        *many(20, prefix="m", usage=Usage(input_uncached=1_000, output=200)),
        *many(20, prefix="n", usage=Usage(input_uncached=1_200, output=200)),
    ]
    large = many(40, prefix="l", quality=0.8)
    report = reported(
        tmp_path, lambda rows: migrated(rows, question(), Move(source="large", target=MINI)), *mini, *large
    )

    assert any(note.startswith("By what is known of the tokenizers") for note in report.notes)


def test_a_ratio_may_be_said(tmp_path: Path) -> None:
    report = reported(
        tmp_path,
        lambda rows: migrated(rows, question(), Move(source="large", target=MINI, ratio=2.0)),
        asked("a", quality=0.8),
    )

    assert money(dict(report.named_total()))[1] == cost(MINI, Usage(input_uncached=2_000, output=400))


OWN = replace(
    a_card("own", prices=(a_rate_card("0", "0"),)),
    model_class=ModelClass.SELF_HOSTED,
    asset=Asset(
        training=Training(cost=Decimal(4_100), in_service=date(2026, 1, 1), life_months=12),
        hosting=Hosting(units=1, unit_hour=Decimal("2.25"), tokens_per_second=Decimal(10_000)),
        maintenance=Maintenance(retraining=Decimal(600), retraining_months=6),
    ),
)


def test_an_own_model_is_weighed_against_what_is_bought_by_task(tmp_path: Path) -> None:
    events = [*many(30, quality=0.8, task="code"), asked("chat"), asked("own", card=OWN)]
    it = Own(card=OWN, decline=Decimal("0.03"))
    report = reported(tmp_path, lambda rows: weighed(rows, question(30, Dimension.TASK), it), *events)

    code = {one["task"]: one for one in report.named()}["code"]
    assert (code["requests"], code["month_requests"], code["now_usd"]) == (30, 30, 30 * cost(LARGE))
    assert code["own_usd"] == 0
    total = report.named_total()
    # One GPU at 2.25 USD for 720 hours, and a retraining of 600 every six months: about 1 720 USD.
    assert total["fixed_usd"] == pytest.approx(1_720 * 10**9, rel=0.02)
    assert code["fixed_usd"] == pytest.approx(total["fixed_usd"] * 30 / 31, rel=1e-6)  # type: ignore[operator]  # int
    assert total["requests"] == 31  # its own request was not bought
    assert total["payback_months"] is None
    assert sum("never pays back" in note for note in report.notes) == 6
    assert any(note.startswith("It breaks even at") for note in report.notes)
    assert [one.name for one in report.charts[0].series] == ["bought", "own"]


def test_an_own_model_pays_where_there_is_enough_traffic(tmp_path: Path) -> None:
    heavy = Usage(input_uncached=4 * 10**6, output=10**6)
    events = [asked(f"r-{n}", quality=0.8, day=n, usage=heavy) for n in range(300 % 30, 30)]
    dear = replace(LARGE, prices=(a_rate_card("25", "100"),))
    events = [replace(one, cost=price(dear, heavy, FIRST)) for one in events]
    it = Own(card=OWN, decline=Decimal(0))
    report = reported(tmp_path, lambda rows: weighed(rows, question(30), it), *events)

    total = report.named_total()
    # 30 requests at 200 USD are 6 000 USD; the model costs about 1 720.
    assert total["difference_usd"] == pytest.approx(-4_280 * 10**9, rel=0.01)
    assert total["payback_months"] == pytest.approx(Decimal(4_100) / 4_280, rel=Decimal("0.01"))
    assert total["break_even"] == 9


def test_a_model_without_room_says_so(tmp_path: Path) -> None:
    snail = Hosting(units=1, unit_hour=Decimal("0.00001"), tokens_per_second=Decimal("0.001"))
    it = Own(card=replace(OWN, asset=Asset(hosting=snail)), decline=Decimal(0))
    report = reported(tmp_path, lambda rows: weighed(rows, question(30), it), *many(9, quality=0.8))

    assert any("There is room for 2; the others stay bought." in note for note in report.notes)


def test_nothing_bought_is_an_empty_report(tmp_path: Path) -> None:
    report = reported(
        tmp_path,
        lambda rows: weighed(rows, question(), Own(card=OWN, decline=Decimal(0))),
        asked("own", card=OWN),
    )

    assert (report.rows, report.total, report.charts) == ((), None, ())


def ageing(days: int = 20) -> list[UsageEvent | EventRow]:
    """`mini` answers ten of ten on the first day, and loses one of a hundred every other day."""
    events: list[UsageEvent | EventRow] = []
    for day in range(days):
        for n in range(20):
            lost = n < day * 0.4
            events.append(asked(f"{day}-{n}", day=day, card=LARGE if lost else MINI))
    return events


def test_training_more_often_loses_less_and_costs_more(tmp_path: Path) -> None:
    it = Cadence(card=MINI, now=12, then=3, cost=Decimal(100), decay=Decimal("0.02"))
    report = reported(tmp_path, lambda rows: retrained(rows, question(20), it), *ageing())

    found = by_feature(report)
    assert found["(trainings)"]["difference_usd"] == 25 * 10**9
    lost = found["search"]
    assert lost["now_usd"] == pytest.approx(4 * lost["then_usd"], rel=1e-6)  # 12 % of the traffic against 3 %
    assert lost["then_usd"] == pytest.approx(0.03 * 600 * (cost(LARGE) - cost(MINI)), rel=1e-6)
    assert report.named_total()["difference_usd"] == lost["difference_usd"] + 25 * 10**9
    assert any("would cost least" in note for note in report.notes)
    assert len(report.charts[0].labels) == 24


def test_how_fast_a_model_ages_is_read_from_what_it_kept(tmp_path: Path) -> None:
    it = Cadence(card=MINI, now=12, then=3, cost=Decimal(100), decay=None)
    report = reported(tmp_path, lambda rows: retrained(rows, question(20), it), *ageing())

    # Two per cent a day, as whole requests: about sixty in thirty days.
    [told] = [note for note in report.notes if note.startswith("It loses")]
    assert 55 < float(told.split()[2].rstrip("%")) < 65


def test_a_model_that_keeps_all_does_not_age(tmp_path: Path) -> None:
    it = Cadence(card=MINI, now=12, then=3, cost=Decimal(100), decay=None)
    report = reported(tmp_path, lambda rows: retrained(rows, question(20), it), *many(20, days=20))

    assert "It loses 0.00% of its traffic each month, by the trend of 20 days." in report.notes


def test_a_trend_of_a_few_days_is_refused(tmp_path: Path) -> None:
    it = Cadence(card=MINI, now=12, then=3, cost=Decimal(100), decay=None)

    with pytest.raises(TrendUnknown, match="say it with --decay"):
        reported(tmp_path, lambda rows: retrained(rows, question(5), it), *many(5, days=5))


def test_a_period_without_rows_is_an_empty_report(tmp_path: Path) -> None:
    late = Question(since=date(2028, 1, 1), until=date(2028, 1, 2), by=(Dimension.FEATURE,))
    report = reported(
        tmp_path, lambda rows: priced_anew(rows, late, NewPrice(card=LARGE, rates=HALF), MODELS), asked("a")
    )

    assert (report.rows, report.charts) == ((), ())
