"""Which counters a request moves, and which limits hold it back; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from routergate.domain.budget import Budget, Limit, Measure, OrganisationRules, Policy, Scope
from routergate.domain.event import UsageEvent
from routergate.domain.identity import Attribution
from routergate.domain.model import ModelCard
from routergate.domain.reservation import Charge, Counter, Kind, Line
from routergate.spend.need import Need
from routergate.spend.windows import span

Rule = Budget | Limit
Amounts = Mapping[Measure, int | None]
"""By measure; `None` is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose counters a request moves."""

    attribution: Attribution
    route: str
    card: ModelCard

    def values(self, scope: Scope) -> tuple[str, ...]:
        """The names under which it is counted in a scope."""
        return tuple(dict.fromkeys(_clean(value) for value in _VALUES[scope](self) if value))


_VALUES: Mapping[Scope, Callable[[Subject], Iterable[str | None]]] = {
    Scope.ORGANISATION: lambda who: [who.attribution.identity.organisation],
    Scope.TEAM: lambda who: [who.attribution.identity.team],
    Scope.KEY: lambda who: [who.attribution.identity.key],
    Scope.FEATURE: lambda who: [who.attribution.feature],
    Scope.CUSTOMER: lambda who: [who.attribution.customer],
    Scope.TAG: lambda who: who.attribution.tags,
    Scope.SESSION: lambda who: [who.attribution.session],
    Scope.ROUTE: lambda who: [who.route],
    Scope.MODEL: lambda who: [who.card.id],
    Scope.PROVIDER: lambda who: [who.card.provider],
}


def applicable(rules: OrganisationRules, subject: Subject) -> tuple[tuple[Rule, str], ...]:
    """The rules that a request falls under, each with the name under which it does."""
    every: tuple[Rule, ...] = (*rules.budgets, *rules.limits, *subject.attribution.identity.budgets)
    return tuple(
        (rule, value)
        for rule in every
        for value in subject.values(rule.scope)
        if rule.of is None or rule.of == value
    )


def strict(found: Iterable[tuple[Rule, str]]) -> bool:
    """Whether a budget is among them that nothing may pass."""
    return any(isinstance(rule, Budget) and rule.strict for rule, _ in found)


def watched_in(measure: Measure, found: Iterable[tuple[Rule, str]]) -> bool:
    """Whether a budget is among them that lets nothing pass of which it does not know the amount."""
    return any(
        isinstance(rule, Budget) and rule.measure is measure and not rule.unpriced for rule, _ in found
    )


def lines(
    rules: OrganisationRules,
    found: Iterable[tuple[Rule, str]],
    amounts: Amounts,
    at: int,
    waived: frozenset[Budget] = frozenset(),
) -> tuple[Line, ...]:
    """One line for each counter; `waived` are budgets that no longer hold the request back.

    A counter whose amount is unknown has none: a model without a price moves no budget in money.
    """
    by_counter: dict[Counter, list[Rule]] = {}
    for rule, value in found:
        by_counter.setdefault(counter(rules, rule, value, at), []).append(rule)
    return tuple(
        _line(one, watching, amount, waived)
        for one, watching in by_counter.items()
        if (amount := amounts[one.measure]) is not None
    )


def _line(one: Counter, watching: list[Rule], amount: int, waived: frozenset[Budget]) -> Line:
    enforced = [rule for rule in watching if _holds_back(rule, waived)]
    return Line(
        counter=one,
        amount=amount,
        rule=min(enforced or watching, key=lambda rule: rule.limit),
        enforced=bool(enforced),
        soft=tuple(sorted({amount for rule in watching for amount in thresholds(rule)})),
    )


def counter(rules: OrganisationRules, rule: Rule, value: str, at: int) -> Counter:
    """The counter that a rule watches at an instant, seconds since the epoch."""
    if isinstance(rule, Limit):
        running = rule.measure is Measure.CONCURRENCY
        return Counter(
            scope=rule.scope,
            value=value,
            measure=rule.measure,
            kind=Kind.RUNNING if running else Kind.SLIDING,
            window=str(rule.seconds or ""),
            label="",
            seconds=rule.seconds,
        )
    window = span(rule.window, rules.calendar, at)
    return Counter(
        scope=rule.scope,
        value=value,
        measure=rule.measure,
        kind=Kind.WINDOW,
        window=rule.window.value,
        label=window.label,
        resets=window.end,
    )


def asked(need: Need) -> Amounts:
    """What a request sets aside, by measure."""
    usage = need.usage
    return _amounts(need.cost, need.loaded, usage.input_total, usage.output_total)


def spent(event: UsageEvent) -> Amounts:
    """What a request came to, by measure."""
    usage = event.paid_usage
    return _amounts(
        event.cost,
        event.loaded,
        None if usage is None else usage.input_total,
        None if usage is None else usage.output_total,
    )


def charges(held: Iterable[Line], actual: Amounts, outrun: Iterable[Need] = ()) -> tuple[Charge, ...]:
    """What a request that came to so much is charged. What nobody knows counts as what was set aside for it.

    `outrun` is what was set aside for calls that were ended because another one began first.
    """
    perhaps = [{**asked(need), Measure.REQUESTS: 0} for need in outrun]
    return tuple(
        Charge(counter=line.counter, amount=_charged(line, actual, perhaps), soft=line.soft)
        for line in held
        if line.counter.kind is not Kind.RUNNING
    )


def _charged(line: Line, actual: Amounts, perhaps: Iterable[Amounts]) -> int:
    measure = line.counter.measure
    known = actual[measure]
    if known is None:
        return line.amount
    return known + sum(amount for each in perhaps if (amount := each[measure]) is not None)


def thresholds(rule: Rule) -> Iterator[int]:
    """The amounts at which somebody is told."""
    if isinstance(rule, Budget):
        yield from (int(share * rule.limit) for share in rule.soft)
        yield rule.limit


def _amounts(cost: int | None, loaded: int | None, read: int | None, written: int | None) -> Amounts:
    return {
        Measure.CASH: cost,
        Measure.LOADED: loaded,
        Measure.INPUT_TOKENS: read,
        Measure.OUTPUT_TOKENS: written,
        Measure.TOKENS: None if read is None or written is None else read + written,
        Measure.REQUESTS: 1,
        Measure.CONCURRENCY: 1,
    }


def _holds_back(rule: Rule, waived: frozenset[Budget]) -> bool:
    return isinstance(rule, Limit) or (rule.when_reached is not Policy.WARN and rule not in waived)


def _clean(text: str) -> str:
    """A caller may send half a character (a lone surrogate), which nothing can write."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
