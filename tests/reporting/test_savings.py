from dataclasses import replace
from pathlib import Path

import msgspec

from routergate.domain.asset import Loaded
from routergate.domain.event import Attempt, Outcome
from routergate.domain.money import Nanos
from routergate.domain.usage import Usage
from routergate.ledger.amended import correction, priced, reversal
from routergate.ledger.record import row
from routergate.reporting.question import Dimension
from routergate.reporting.savings import BASIS, savings
from support.books import a_question, ledgered
from support.events import LARGE, an_event

REJECTED = Attempt(
    model="mini",
    provider="p",
    result="rejected",
    seconds=1.0,
    billed=True,
    usage=Usage(output=5),
    cost=Nanos(400_000),
)
FAILED = Attempt(model="mini", provider="p", result="timeout", seconds=1.0)


def test_savings_are_net_of_answers_that_were_rejected(tmp_path: Path) -> None:
    answered = replace(REJECTED, model="large", result="ok", usage=None, cost=None)
    cascaded = an_event(card=LARGE, attempts=(REJECTED, answered), cost=Nanos(10_400_000))
    with ledgered(tmp_path, an_event(), cascaded) as rows:
        report = savings(rows, a_question(Dimension.ROUTE))

    [found] = report.named()
    assert (found["baseline_usd"], found["answers_usd"], found["rejected_usd"]) == (
        20_000_000,
        12_000_000,
        400_000,
    )
    assert (found["savings_usd"], found["savings_share"]) == (7_600_000, 0.38)
    assert report.notes == (BASIS,)


def test_what_cannot_be_compared_is_told_and_in_no_sum(tmp_path: Path) -> None:
    unpriced = an_event(cost=None, attempts=(FAILED, FAILED))
    nobody = an_event(card=None, usage=None, cost=None, baseline_cost=None, outcome=Outcome.FAILED)
    with ledgered(tmp_path, an_event(), unpriced, nobody) as rows:
        report = savings(rows, a_question(Dimension.MODEL))

    found = {row["model"]: row for row in report.named()}
    assert (found["mini"]["requests"], found["mini"]["compared"], found["mini"]["incomparable"]) == (2, 1, 1)
    assert found["mini"]["savings_usd"] == 8_000_000
    assert found[None]["savings_share"] is None
    assert report.notes[1:] == (
        "1 requests without a known cost or baseline are not in the sums: mini 1.",
        "2 calls failed for which a provider may charge; what they cost is unknown and not in it.",
    )


def test_fixed_costs_and_what_was_asked_to_judge_are_taken_off(tmp_path: Path) -> None:
    share = Loaded(hosting=Nanos(1_000_000), depreciation=Nanos(500_000), maintenance=Nanos(250_000))
    judge = msgspec.structs.replace(
        row(an_event(baseline=None, baseline_cost=None)), kind="judge", requests=0
    )
    with ledgered(tmp_path, an_event(share=share), judge) as rows:
        [found] = savings(rows, a_question()).named()

    assert (found["requests"], found["overheads_usd"], found["savings_usd"]) == (1, 2_000_000, 6_000_000)
    assert (found["fixed_usd"], found["after_fixed_usd"]) == (1_750_000, 4_250_000)


def test_a_corrected_row_counts_as_what_it_is_corrected_to(tmp_path: Path) -> None:
    booked = row(an_event(attempts=(REJECTED, FAILED)))
    corrected = correction(priced(booked, 1_000_000, 10_000_000))
    with ledgered(tmp_path, booked, reversal(booked), corrected) as rows:
        report = savings(rows, a_question(Dimension.FEATURE))

    [found] = report.named()
    assert (found["requests"], found["savings_usd"], found["rejected_usd"]) == (1, 9_000_000, 400_000)
    assert report.notes[-1].startswith("1 calls failed")
    assert report.charts[0].labels == ("none",)
