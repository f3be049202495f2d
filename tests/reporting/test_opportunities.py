import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from routergate.domain.usage import Usage
from routergate.reporting.opportunities import Terms, opportunities
from routergate.reporting.question import Question
from routergate.reporting.report import Report
from support.books import reported
from support.builders import a_rate_card
from support.traffic import FIRST, LARGE, MINI, MODELS, asked, costs, many

QUESTION = Question(since=FIRST, until=date(2026, 2, 3))  # 30 days
TERMS = Terms(upfront=Decimal("0.1"), monthly=Decimal("0.05"), least=Decimal("0.001"), requests=50)


def found(where: Path, *events: Any, terms: Terms = TERMS, models: Any = MODELS) -> Report:
    return reported(where, lambda rows: opportunities(rows, QUESTION, models, terms), *events)


def of_kind(report: Report, kind: str) -> list[dict[str, Any]]:
    return [dict(one) for one in report.named() if one["kind"] == kind]


def test_many_requests_that_are_alike_are_traffic_for_a_model_of_ones_own(tmp_path: Path) -> None:
    alike = list(many(60, days=28, quality=0.8, task="code"))
    dice = random.Random(5)
    mixed = [
        asked(f"m-{n}", day=n % 28, feature="chat", complexity=dice.choice((0.0, 1.0))) for n in range(60)
    ]
    rare = many(20, days=28, prefix="rare", feature="rare")
    [one] = of_kind(found(tmp_path, *alike, *mixed, *rare), "own model")

    assert (one["feature"], one["what"], one["month_requests"], one["cost_usd"]) == (
        "search",
        "code",
        60,
        costs(alike),
    )
    saved = costs(alike) - 50_000_000
    assert (one["month_usd"], one["confidence"]) == (saved, "low")
    assert one["payback_months"] == pytest.approx(Decimal(100_000_000) / saved)


def test_traffic_of_one_week_is_not_stable(tmp_path: Path) -> None:
    burst = [*many(57, days=2, quality=0.8), *(asked(f"late-{n}", day=7 * n, quality=0.8) for n in (1, 2, 3))]

    assert of_kind(found(tmp_path, *burst), "own model") == []


def test_a_dear_model_where_a_cheaper_one_was_as_good_is_found(tmp_path: Path) -> None:
    wasted = [asked(f"w-{n}", card=LARGE, quality=1.0) for n in range(3)]
    right = [asked(f"r-{n}", card=LARGE, quality=0.8) for n in range(3)]
    [one] = of_kind(found(tmp_path, *wasted, *right), "cheaper model")

    decision = wasted[0].decision
    assert decision is not None
    expected = {each.card.id: each.cost or 0 for each in decision.candidates}
    assert (one["feature"], one["what"], one["month_requests"]) == ("search", "large", 3)
    assert one["month_usd"] == 3 * (expected[LARGE.id] - expected[MINI.id])
    assert one["confidence"] == "medium"


def test_long_prompts_of_one_length_may_be_worth_a_cache(tmp_path: Path) -> None:
    cached = replace(LARGE, prices=(a_rate_card("2.5", "10", cache_read=Decimal("1.25")),))
    usage = Usage(input_uncached=4_000, output=10)
    events = [asked(f"c-{n}", card=cached, quality=0.8, usage=usage) for n in range(20)]
    short = many(20, prefix="short", quality=0.8, feature="short", usage=Usage(input_uncached=100, output=10))
    [one] = of_kind(found(tmp_path, *events, *short, models={**MODELS, "large": cached}), "cache")

    assert one["month_usd"] == 20 * 4_000 * 1_250  # 1.25 USD a million saved
    assert (one["what"], one["confidence"]) == ("large", "low")
    assert "95 % read 4,000 tokens or more" in one["why"]


def test_the_dearest_comes_first_and_trifles_do_not_come_at_all(tmp_path: Path) -> None:
    events = [*many(60, days=28, quality=0.8), *(asked(f"w-{n}", card=LARGE, quality=1.0) for n in range(3))]
    report = found(tmp_path, *events)
    amounts = [dict[str, Any](one)["month_usd"] for one in report.named()]

    assert len(amounts) > 1
    assert amounts == sorted(amounts, reverse=True)
    assert report.charts[0].labels[0].startswith("own model: search")
    nothing = found(tmp_path, *events, terms=Terms())
    assert (nothing.rows, nothing.charts) == ((), ())
    assert nothing.nothing == "Nothing that saves 10.00 USD in 30 days was found in 63 requests."


def test_a_few_days_are_said_to_be_few(tmp_path: Path) -> None:
    week = Question(since=FIRST, until=date(2026, 1, 11))
    report = reported(tmp_path, lambda rows: opportunities(rows, week, MODELS, TERMS), asked("a"))

    assert "7 days are too few" in report.notes[-1]
    late = Question(since=date(2028, 1, 1), until=date(2028, 1, 9))
    assert (
        reported(tmp_path, lambda rows: opportunities(rows, late, MODELS, TERMS), asked("a")).nothing is None
    )
