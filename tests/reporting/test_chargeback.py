from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from routergate.domain.asset import Loaded
from routergate.domain.event import Timings, UsageEvent
from routergate.domain.money import Nanos
from routergate.domain.usage import Usage
from routergate.ledger.record import EventRow, row
from routergate.reporting.chargeback import Chargeback, Method, chargeback
from routergate.reporting.question import Dimension
from support.books import a_question, ledgered
from support.events import an_attribution, an_event

TEAMS = a_question(Dimension.TEAM)


def asked_by(team: str, tokens: int, seconds: float, **changes: object) -> UsageEvent:
    timings = Timings(total=seconds, first_token=None, overhead=0.0, decision=0.0, answer=seconds)
    return an_event(
        attribution=an_attribution(team=team), usage=Usage(output=tokens), timings=timings, **changes
    )


HAPPENED = [asked_by("law", 100, 9.0), asked_by("law", 100, 1.0), asked_by("code", 600, 30.0)]


def an_accrual(amount: int, model: str = "mini") -> EventRow:
    """A month's fixed costs, which no team has asked for."""
    borne = row(an_event(usage=None, cost=Nanos(0), share=Loaded(hosting=Nanos(amount))))
    return msgspec.structs.replace(borne, kind="accrual", requests=0, model=model, route="accrual")


@pytest.mark.parametrize(
    ("how", "law", "code"),
    [
        (Chargeback(), 800, 400),
        (Chargeback(method=Method.TOKENS), 300, 900),
        (Chargeback(method=Method.SECONDS), 300, 900),
        (Chargeback(method=Method.EQUALLY), 600, 600),
        (Chargeback(method=Method.WEIGHTS, weights={"law": Decimal(5), "code": Decimal(1)}), 1_000, 200),
    ],
    ids=lambda it: it.method.value if isinstance(it, Chargeback) else "",
)
def test_fixed_costs_are_spread_by_the_method_that_was_declared(
    tmp_path: Path, how: Chargeback, law: int, code: int
) -> None:
    with ledgered(tmp_path, *HAPPENED, an_accrual(1_200)) as rows:
        report = chargeback(rows, TEAMS, how)

    found = {one["team"]: one for one in report.named()}
    assert {team: one["fixed_usd"] for team, one in found.items()} == {"law": law, "code": code}
    assert found["law"]["charged_usd"] == 4_000_000 + law
    assert {one["method"] for one in found.values()} == {how.method.value}
    assert report.named_total()["charged_usd"] == 6_001_200


def test_what_nobody_bears_is_told(tmp_path: Path) -> None:
    with ledgered(tmp_path, *HAPPENED, an_accrual(5 * 10**9, "idle"), an_event(cost=None)) as rows:
        report = chargeback(rows, TEAMS, Chargeback())

    assert report.named_total()["fixed_usd"] == 0
    unpriced, unborne = report.notes
    assert unpriced == "1 requests without a known price are not in the sums: mini 1."
    assert unborne.startswith("The fixed costs of idle, 5.00 USD, are charged to nobody: by this method")
