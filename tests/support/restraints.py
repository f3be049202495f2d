"""Budgets, limits, counters and lines, one attribute at a time."""

from dataclasses import replace
from typing import Any

from routergate.domain.budget import Budget, Limit, Measure, OrganisationRules, Rules, Scope, Window
from routergate.domain.reservation import Counter, Kind, Line


def a_budget(limit: int = 1_000, **changes: Any) -> Budget:
    """Of the organisation, in money, for a day."""
    budget = Budget(scope=Scope.ORGANISATION, measure=Measure.CASH, limit=limit, window=Window.DAY)
    return replace(budget, **changes)


def a_limit(limit: int = 100, **changes: Any) -> Limit:
    """Of the organisation, in tokens, for a minute."""
    return replace(
        Limit(scope=Scope.ORGANISATION, measure=Measure.TOKENS, limit=limit, seconds=60), **changes
    )


def rules_of(*restraints: Budget | Limit) -> Rules:
    """The same for everybody."""
    return Rules(
        others=OrganisationRules(
            budgets=tuple(one for one in restraints if isinstance(one, Budget)),
            limits=tuple(one for one in restraints if isinstance(one, Limit)),
        )
    )


def a_counter(kind: Kind = Kind.WINDOW, **changes: Any) -> Counter:
    """Of the organisation `acme`."""
    counter = {
        Kind.WINDOW: Counter(
            scope=Scope.ORGANISATION,
            value="acme",
            measure=Measure.CASH,
            kind=kind,
            window="day",
            label="2023-11-14",
            resets=1_700_006_400,
        ),
        Kind.SLIDING: Counter(
            scope=Scope.ORGANISATION,
            value="acme",
            measure=Measure.TOKENS,
            kind=kind,
            window="60",
            label="",
            seconds=60,
        ),
        Kind.RUNNING: Counter(
            scope=Scope.ORGANISATION,
            value="acme",
            measure=Measure.CONCURRENCY,
            kind=kind,
            window="",
            label="",
        ),
    }[kind]
    return replace(counter, **changes)


def a_line(amount: int, limit: int | None = 100, counter: Counter | None = None, **changes: Any) -> Line:
    """An amount of a counter under a limit; `None`: one that holds nothing back."""
    counter = counter or a_counter()
    rule: Budget | Limit
    if counter.kind is Kind.WINDOW:
        rule = a_budget(limit or 0, measure=counter.measure)
    else:
        rule = Limit(scope=counter.scope, measure=counter.measure, limit=limit or 0, seconds=counter.seconds)
    line = Line(counter=counter, amount=amount, rule=rule, enforced=limit is not None)
    return replace(line, **changes)
