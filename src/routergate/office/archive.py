"""The process that reads the ledger's files: questions come in, answers go out, one after the other."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, BinaryIO, TypeAlias

import msgspec
from ibis import Table

from routergate.domain.errors import RouterGateError
from routergate.ledger.books import Books, books, consulted
from routergate.ledger.coverage import written_until
from routergate.ledger.newest import SKEW
from routergate.ledger.record import EventRow
from routergate.ledger.shelf import Shelf
from routergate.office.papers import (
    HEAD,
    Asked,
    Judged,
    NewestAsked,
    QualityAsked,
    Reply,
    SingleAsked,
    asked,
    length,
    sent,
)
from routergate.reporting.engine import opened
from routergate.reporting.judged import judged
from routergate.reporting.question import Condition, Dimension, Question
from routergate.reporting.single import Stretch, called, newest

Found: TypeAlias = list[dict[str, Any]]


def answered(question: Asked) -> Reply:
    """What the files say, or what is wrong with them, in words."""
    try:
        match question:
            case NewestAsked():
                return Reply(rows=_rows(_newest(question)))
            case SingleAsked():
                return Reply(rows=_rows(_single(question)))
            case QualityAsked():
                return Reply(judged=_judged(question))
    except RouterGateError as error:
        return Reply(wrong=str(error))


def _rows(found: Found) -> tuple[EventRow, ...]:
    return tuple(msgspec.convert(row, EventRow) for row in found)


def _newest(question: NewestAsked) -> Found:
    """Looks at the last day first, and at twice as many before each time that this was not enough."""
    since, until = question.days
    last, width = min(until, _day(question.before[0])), 1
    found: Found = []
    while last >= since and len(found) < question.most:
        first = max(last - timedelta(days=width - 1), since)
        found += _stretch(question, (first, last), question.most - len(found))
        last, width = first - timedelta(days=1), width * 2
    return found


def _stretch(question: NewestAsked, days: tuple[date, date], most: int) -> Found:
    where = tuple(Condition(Dimension(name), value) for name, value in question.where.items())
    about = Question(since=days[0], until=days[1], where=where)
    stretch = Stretch(since=question.since, before=question.before, most=most)

    def look() -> Books:
        found = books(Shelf(question.ledger), *days, question.where.get("organisation"))
        late = tuple(path for path in found.paths if written_until(path) + SKEW >= question.since // 10**6)
        return replace(found, paths=late)

    return _looked(look, lambda rows: newest(rows, about, stretch))


def _single(question: SingleAsked) -> Found:
    def look() -> Books:
        return books(Shelf(question.ledger), *question.days, question.organisation)

    return _looked(look, lambda rows: called(rows, [question.id]))


def _judged(question: QualityAsked) -> tuple[Judged, ...]:
    about = Question(since=question.days[0], until=question.days[1], organisation=question.organisation)

    def look() -> Books:
        return books(Shelf(question.ledger), *question.days, question.organisation)

    def read(found: Books) -> Found:
        with opened(found) as rows:
            return judged(rows, about, (question.booked, question.said))

    return tuple(msgspec.convert(group, Judged) for group in consulted(look, read))


def _looked(look: Callable[[], Books], work: Callable[[Table], Found]) -> Found:
    def read(found: Books) -> Found:
        if not found.paths:
            return []
        with opened(found) as rows:
            return work(rows)

    return consulted(look, read)


def _day(at: int) -> date:
    return datetime.fromtimestamp(at // 1_000_000_000, UTC).date()


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer until nobody asks any more."""
    while head := source.read(HEAD):
        target.write(sent(answered(asked(source.read(length(head))))))
        target.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
