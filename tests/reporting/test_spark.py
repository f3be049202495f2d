"""The same reports on Spark, in one session: it takes long to start."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from ibis import Table

from routergate.domain.event import Attempt
from routergate.domain.money import Nanos
from routergate.domain.revenue import Per, Revenue
from routergate.domain.usage import Usage
from routergate.ledger.amended import correction, priced, reversal
from routergate.ledger.record import row
from routergate.reporting.anomalies import Odd, anomalies
from routergate.reporting.chargeback import Chargeback, chargeback
from routergate.reporting.engine import opened
from routergate.reporting.forecast import Known, forecast
from routergate.reporting.overspend import overspend
from routergate.reporting.pnl import pnl
from routergate.reporting.question import Dimension
from routergate.reporting.reasoning import Bar, reasoning
from routergate.reporting.report import Report
from routergate.reporting.savings import savings
from routergate.reporting.usage import from_ledger
from support.books import a_question, shelved
from support.events import LARGE, an_attribution, an_event

REJECTED = Attempt(model="mini", provider="p", result="rejected", seconds=1, usage=Usage(), cost=Nanos(3))
ANSWERED = Attempt(model="large", provider="p", result="ok", seconds=1)
SEARCH = Revenue(usd=Decimal("0.01"), per=Per.OUTCOME, feature="search")
FEATURES, NAMES = a_question(Dimension.FEATURE), a_question(Dimension.ORGANISATION, Dimension.MODEL)
REPORTS: tuple[Callable[[Table], Report], ...] = (
    lambda rows: from_ledger(rows, NAMES),
    lambda rows: savings(rows, FEATURES),
    lambda rows: overspend(rows, FEATURES),
    lambda rows: pnl(rows, FEATURES, [SEARCH]),
    lambda rows: chargeback(rows, FEATURES, Chargeback()),
    lambda rows: reasoning(rows, a_question(), Bar()),
    lambda rows: anomalies(rows, FEATURES, Odd()),
    lambda rows: forecast(rows, FEATURES, Known()),
)


@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs a Java runtime")
def test_spark_says_the_same_to_the_nano_dollar(tmp_path: Path) -> None:
    booked = row(
        an_event(attribution=an_attribution("ü 007", feature="search"), attempts=(REJECTED, ANSWERED))
    )
    files = shelved(
        tmp_path,
        [
            an_event(attribution=an_attribution(feature="search")),
            an_event(card=LARGE, cost=Nanos(10**15 + 1), quality=0.99),
            an_event(cost=None, card=None, usage=None),
            *(booked, reversal(booked), correction(priced(booked, 7, 9))),
        ],
    )
    with opened(files) as rows:
        expected = [work(rows) for work in REPORTS]
    with opened(files, "spark:local[2]") as rows:
        found = [work(rows) for work in REPORTS]
    for one, other in zip(found, expected, strict=True):
        assert one == other, one.title
