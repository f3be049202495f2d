from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routergate.domain.decision import Arm
from routergate.domain.event import Outcome
from routergate.domain.usage import Usage
from routergate.reporting.holdout import compared_arms
from routergate.reporting.question import Dimension
from routergate.reporting.report import Report
from support.books import a_question, reported
from support.traffic import LARGE, MINI, asked, costs, many


def by_measure(report: Report) -> dict[Any, dict[str, Any]]:
    return {one["measure"]: dict(one) for one in report.named()}


def lengths(number: int, arm: Arm, prefix: str, **changes: Any) -> list[Any]:
    """Requests of different lengths, so that costs vary."""
    return [
        asked(f"{prefix}-{n}", arm=arm, usage=Usage(input_uncached=900 + n % 7 * 50, output=200), **changes)
        for n in range(number)
    ]


def test_what_routing_is_worth_is_what_the_arms_differ_by(tmp_path: Path) -> None:
    routed, held = lengths(90, Arm.ROUTED, "r"), lengths(10, Arm.BASELINE, "b")
    outside = many(50, prefix="x")
    report = reported(tmp_path, lambda rows: compared_arms(rows, a_question()), *routed, *held, *outside)

    cost = by_measure(report)["cost"]
    assert (cost["routed_requests"], cost["baseline_requests"], cost["says"]) == (90, 10, "less")
    assert cost["routed"] == pytest.approx(costs(routed) / 90 * 1000 / 1e9)
    assert cost["baseline"] == pytest.approx(costs(held) / 10 * 1000 / 1e9)
    assert cost["low"] < cost["difference"] < cost["high"] < 0
    paid = f"Paid in all: {costs(routed) / 1e9:,.6f} USD for 90 routed requests"
    assert report.notes[0].startswith(paid)
    assert report.notes[1].startswith("Routing saved 0.")
    assert report.charts[0].series[0].low[0] is not None


def test_quality_is_compared_by_what_went_wrong_and_says_on_what_it_rests(tmp_path: Path) -> None:
    fine, failed = lengths(40, Arm.ROUTED, "r"), lengths(40, Arm.ROUTED, "f", outcome=Outcome.FAILED)
    held = lengths(80, Arm.BASELINE, "b")
    report = reported(tmp_path, lambda rows: compared_arms(rows, a_question()), *fine, *failed, *held)

    found = by_measure(report)
    assert (found["failed"]["routed"], found["failed"]["baseline"], found["failed"]["says"]) == (
        50.0,
        0.0,
        "more",
    )
    assert found["refused"]["says"] == "the same so far"
    assert found["whole answer"]["routed_requests"] == 40
    assert any(note.startswith("Nobody has judged these answers") for note in report.notes)


def test_too_few_requests_say_how_many_are_missing(tmp_path: Path) -> None:
    odd = asked("b-9", arm=Arm.BASELINE, card=MINI, usage=Usage(input_uncached=90_000))
    routed = [asked("r-9", arm=Arm.ROUTED, card=LARGE), *lengths(3, Arm.ROUTED, "r")]
    report = reported(
        tmp_path, lambda rows: compared_arms(rows, a_question()), *routed, odd, *lengths(2, Arm.BASELINE, "b")
    )

    says = by_measure(report)["cost"]["says"]
    assert says.startswith("too few to tell; it takes ")
    assert int(says.split()[-3].replace(",", "")) > 0


def test_a_session_is_one_witness(tmp_path: Path) -> None:
    talk = [replace(one, id=f"t-{n}") for n, one in enumerate(lengths(50, Arm.BASELINE, "b", session="s"))]
    report = reported(
        tmp_path, lambda rows: compared_arms(rows, a_question()), *lengths(50, Arm.ROUTED, "r"), *talk
    )

    cost = by_measure(report)["cost"]
    assert (cost["baseline_requests"], cost["difference"]) == (50, None)
    assert cost["says"] == "too few to tell: each arm needs two sessions or more"


def test_arms_are_compared_for_each_group(tmp_path: Path) -> None:
    events = [
        one
        for feature in ("search", "support")
        for arm in Arm
        for one in lengths(5, arm, f"{feature}-{arm}", feature=feature)
    ]
    report = reported(tmp_path, lambda rows: compared_arms(rows, a_question(Dimension.FEATURE)), *events)

    assert {one["feature"] for one in report.named()} == {"search", "support"}
    assert len(report.rows) == 12


def test_without_a_hold_out_there_is_nothing_to_compare(tmp_path: Path) -> None:
    report = reported(tmp_path, lambda rows: compared_arms(rows, a_question()), asked("a"))

    assert (report.rows, report.charts) == ((), ())
    assert "no route holds any out" in report.notes[0]
