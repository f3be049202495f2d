"""How good models were held for and said to be, by route, task and model."""

from collections.abc import Sequence
from typing import Any

import ibis
from ibis import Table

from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.rows import chosen, requests

Beside = tuple[Sequence[tuple[Any, ...]], Sequence[tuple[Any, ...]]]
"""What is not in files yet, in the order of the columns below."""
ASKED = {
    "organisation": "string",
    "id": "string",
    "kind": "string",
    "requests": "int64",
    "route": "string",
    "task": "string",
    "model": "string",
    "quality": "float64",
}
SAID = {
    "organisation": "string",
    "decision": "string",
    "source": "string",
    "at": "int64",
    "rating": "float64",
    "weight": "float64",
}
BOOKED = ("event", "reversal", "correction")
PLACES = ("route", "task", "model")


def judged(rows: Table, question: Question, beside: Beside) -> list[dict[str, Any]]:
    """For each group its requests, how many of them have an estimate, and the sum of those; so of ratings.

    What stands in a file and beside it counts once. What is said of an answer counts as `Feedback` promises.
    """
    within = chosen(rows, question)
    events = _joined(_events(within), beside[0], ASKED)
    counted = requests(events, events.quality.notnull())
    estimated = (events.requests * events.quality).sum().fill_null(0.0)
    held = events.group_by(PLACES).agg(requests=requests(events), estimated=counted, estimate=estimated)
    said = _by_place(events, _answers(_joined(_words(within), beside[1], SAID)))
    return fetched(held.left_join(said, PLACES).select(*held.columns, "ratings", "good"))


def _events(rows: Table) -> Table:
    """Requests that a model has answered."""
    booked = rows.filter(rows.kind.isin(BOOKED) & rows.model.notnull())
    return booked.select(*ASKED).cast(ASKED)


def _words(rows: Table) -> Table:
    said = rows.filter(rows.kind == "feedback")
    named = {"source": said.rating_source, "weight": said.rating_weight}
    plain = {name: said[name] for name in SAID if name not in named}
    return said.select(**{**plain, **named}).select(*SAID).cast(SAID)


def _joined(rows: Table, beside: Sequence[tuple[Any, ...]], columns: dict[str, str]) -> Table:
    if not beside:
        return rows.distinct()
    return rows.union(ibis.memtable(list(beside), schema=ibis.schema(columns)), distinct=True)


def _answers(words: Table) -> Table:
    """For each answer the mean of its sources' latest words, by their weights."""
    latest = words.group_by(["organisation", "decision", "source"]).agg(
        rating=words.rating.argmax(words["at"]), weight=words.weight.argmax(words["at"])
    )
    weighted = (latest.rating * latest.weight).sum() / latest.weight.sum()
    return latest.group_by(["organisation", "decision"]).agg(good=weighted)


def _by_place(events: Table, answers: Table) -> Table:
    """A word on another organisation's request joins nothing."""
    booked = events.filter(events.requests > 0)
    places = booked.group_by(["organisation", "id"]).agg(
        **{name: booked[name].arbitrary() for name in PLACES}
    )
    of = places.join(answers, [places.organisation == answers.organisation, places.id == answers.decision])
    return of.group_by(PLACES).agg(ratings=of.count(), good=of.good.sum())
