"""Rows that are made of a booked one: taken back, at another price, or settled a second time."""

from collections.abc import Mapping

import msgspec

from routergate.domain.budget import Measure
from routergate.ledger.names import read_counter
from routergate.ledger.record import AMOUNTS, SHARES, AttemptRow, ChargeRow, EventRow

_REJECTED = ("input_tokens", "output_tokens", "cost_nanos")


def reversal(booked: EventRow) -> EventRow:
    """What takes a row back: the same, with every amount negative."""
    amounts = {name: getattr(booked, name) for name in AMOUNTS}
    return msgspec.structs.replace(
        booked,
        kind="reversal",
        requests=-booked.requests,
        charges=tuple(msgspec.structs.replace(one, amount=-one.amount) for one in booked.charges),
        attempts=tuple(map(_reversed, booked.attempts)),
        **{name: None if amount is None else -amount for name, amount in amounts.items()},
    )


def _reversed(call: AttemptRow) -> AttemptRow:
    amounts = {name: getattr(call, name) for name in _REJECTED}
    return msgspec.structs.replace(
        call, **{name: None if amount is None else -amount for name, amount in amounts.items()}
    )


def correction(actual: EventRow) -> EventRow:
    """What is booked after a reversal."""
    return msgspec.structs.replace(actual, kind="correction")


def priced(booked: EventRow, cost: int | None, baseline_cost: int | None) -> EventRow:
    """The row at another price, with what it then charges to budgets in money."""
    shares = [getattr(booked, name) for name in SHARES]
    loaded = None if cost is None or None in shares else cost + sum(shares)
    amounts = {Measure.CASH: cost, Measure.LOADED: loaded}
    return msgspec.structs.replace(
        booked,
        cost_nanos=cost,
        baseline_cost_nanos=baseline_cost,
        loaded_cost_nanos=loaded,
        charges=tuple(_charged(one, amounts) for one in booked.charges),
    )


def _charged(charge: ChargeRow, amounts: Mapping[Measure, int | None]) -> ChargeRow:
    """What is not known stays as it was charged."""
    amount = amounts.get(read_counter(charge.counter).measure)
    return charge if amount is None else msgspec.structs.replace(charge, amount=amount)


def duplicate(again: EventRow) -> EventRow:
    """What shows that a request was settled a second time, and books nothing."""
    nothing = dict.fromkeys(AMOUNTS, None)
    calls = tuple(msgspec.structs.replace(call, **dict.fromkeys(_REJECTED)) for call in again.attempts)
    return msgspec.structs.replace(again, kind="duplicate", requests=0, charges=(), attempts=calls, **nothing)
