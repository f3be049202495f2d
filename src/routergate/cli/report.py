"""Commands about what was used, and what it cost."""

from typing import TYPE_CHECKING

import click

from routergate.cli.asking import Asked, asking
from routergate.cli.common import with_store

if TYPE_CHECKING:
    from routergate.reporting.report import Report


@click.group()
def report() -> None:
    """What was used, and what it cost.

    \b
    Examples:
      routergate report usage
      routergate report savings --by route --since 2026-10-01
    """


@report.command("usage")
@asking(by="model")
def report_usage(asked: Asked) -> None:
    """Requests, tokens, cost and savings.

    Summed up from the store, which is never behind; from the ledger's files with --where, --ledger, --engine
    or a grouping that the store has not.

    \b
    Examples:
      routergate report usage --by feature,model --since 2026-01-01
    """
    from routergate.reporting.usage import TOTALLED, from_ledger

    question = asked.question
    if question.where or asked.place or asked.engine != "duckdb" or not set(question.by) <= set(TOTALLED):
        asked.answer(from_ledger)
    else:
        asked.tell(_totalled(asked))


def _totalled(asked: Asked) -> "Report":
    from routergate.ledger.reader import totals
    from routergate.reporting.usage import from_totals

    question = asked.question
    found = with_store(
        lambda store: totals(
            store, organisation=question.organisation, since=question.since, until=question.until
        )
    )
    return from_totals(found, question)
