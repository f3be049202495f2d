"""How budgets and limits stand, for operators."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from routergate.accounts.keys import KeyRecord
from routergate.accounts.registry import KeyRegistry
from routergate.domain.budget import Budget, Limit, Measure, OrganisationRules, Rules
from routergate.domain.money import usd_text
from routergate.domain.reservation import Counter, Standing
from routergate.ledger.names import ORGANISATIONS
from routergate.ledger.standings import existing, standings
from routergate.ports import Clock
from routergate.spend.lines import Rule
from routergate.spend.watch import subject, watched
from routergate.spend.windows import local
from routergate.store.client import Store
from routergate.telemetry.purses import Purse


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One rule, and one of those for whom it holds."""

    organisation: str
    rules: OrganisationRules
    rule: Rule
    counter: Counter | None
    """`None`: each has it for itself, and this row stands for all of them."""


async def budget_page(
    store: Store, rules: Rules, clock: Clock, asked: tuple[str | None, int, int]
) -> Mapping[str, Any]:
    """How budgets and limits stand, those of keys included, in JSON's terms."""
    rows, following = await budget_rows(store, rules, clock, asked)
    return {"object": "list", "data": rows, "next": following}


async def budget_rows(
    store: Store, rules: Rules, clock: Clock, asked: tuple[str | None, int, int]
) -> tuple[Sequence[Mapping[str, Any]], int | None]:
    """The same as rows, and behind how many the next ones are.

    `asked`: of which organisation (`None`: all), behind how many rows, and how many rows at most.
    """
    organisation, after, most = asked
    now = clock.epoch_ns() // 1_000_000
    keys = await KeyRegistry(store, clock, by="-").list()
    found = await allowances(store, rules, keys, now, organisation)
    shown = found[after : after + most]
    pairs = zip(shown, await _standings(store, shown, now), strict=True)
    upto = after + len(shown)
    return [_row(one, standing) for one, standing in pairs], upto if upto < len(found) else None


async def allowances(
    store: Store, rules: Rules, keys: Iterable[KeyRecord], now: int, organisation: str | None = None
) -> list[Allowance]:
    """Every budget and limit there is, of one organisation or of all, in order; `now` in milliseconds."""
    by_organisation: dict[str, list[Budget]] = {}
    for key in keys:
        by_organisation.setdefault(key.organisation, []).extend(
            replace(budget, of=key.id) for budget in key.identity.budgets if key.revoked_at is None
        )
    names = {*rules.organisations, *by_organisation, *await store.members(ORGANISATIONS)}
    found: list[Allowance] = []
    for name in sorted(names if organisation is None else names & {organisation}):
        own = rules.of(name)
        every = replace(own, budgets=(*own.budgets, *by_organisation.get(name, ())))
        found += await _of_one(store, name, every, now // 1000)
    return found


async def purses(store: Store, rules: Rules, now: int) -> Mapping[tuple[str, ...], Purse]:
    """How the declared budgets in money stand that say for whom.

    By organisation, scope, name and window; where several count the same, the tightest.
    """
    fixed = [
        Allowance(organisation=name, rules=own, rule=rule, counter=counter)
        for name, own in rules.organisations.items()
        for rule in own.budgets
        if rule.measure is Measure.CASH
        for counter in watched(own, rule, name, (), now // 1000)
    ]
    fixed.sort(key=lambda one: one.rule.limit, reverse=True)
    pairs = zip(fixed, await _standings(store, fixed, now), strict=True)
    return {_labels(one): _purse(one, standing) for one, standing in pairs if standing}


async def _of_one(store: Store, name: str, rules: OrganisationRules, at: int) -> list[Allowance]:
    every: tuple[Rule, ...] = (*rules.budgets, *rules.limits)
    each = any(subject(rule, name) is None for rule in rules.budgets)
    counters = await existing(store, name) if each else ()
    found: list[Allowance] = []
    for rule in every:
        if subject(rule, name) is None:
            found.append(Allowance(organisation=name, rules=rules, rule=rule, counter=None))
        found += (
            Allowance(organisation=name, rules=rules, rule=rule, counter=counter)
            for counter in watched(rules, rule, name, counters, at)
        )
    return found


async def _standings(store: Store, shown: Sequence[Allowance], now: int) -> list[Standing | None]:
    """How each stands, in as few round trips as there are organisations."""
    by_organisation: dict[str, list[Counter]] = {}
    for one in shown:
        if one.counter is not None:
            by_organisation.setdefault(one.organisation, []).append(one.counter)
    found = {
        name: dict(zip(counters, await standings(store, name, counters, now), strict=True))
        for name, counters in by_organisation.items()
    }
    return [None if one.counter is None else found[one.organisation][one.counter] for one in shown]


def _row(one: Allowance, standing: Standing | None) -> Mapping[str, Any]:
    rule, counter = one.rule, one.counter
    resets = counter.resets if counter else None
    return {
        "organisation": one.organisation,
        **_terms(rule),
        "name": counter.value if counter else None,
        "limit": _amount(rule, rule.limit),
        "spent": _amount(rule, standing.spent) if standing else None,
        "held": _amount(rule, standing.held) if standing else None,
        "share": _share(rule, standing),
        "resets_at": None if resets is None else local(resets, one.rules.calendar),
    }


def _terms(rule: Rule) -> Mapping[str, Any]:
    """The rule in the words of the configuration."""
    measure = rule.measure.spoken
    terms = {"scope": rule.scope.value, "measure": measure}
    if isinstance(rule, Limit):
        window = f"{rule.seconds} s" if rule.seconds else None
        return {"kind": "limit", **terms, "window": window, "mode": None, "when_reached": None}
    mode = "strict" if rule.strict else "expected"
    own = {"window": rule.window.value, "mode": mode, "when_reached": rule.when_reached.value}
    return {"kind": "budget", **terms, **own}


def _amount(rule: Rule, amount: int) -> str | int:
    return usd_text(amount) if rule.measure.money else amount


def _share(rule: Rule, standing: Standing | None) -> float | None:
    if standing is None or not rule.limit:
        return None
    return round((standing.spent + standing.held) / rule.limit, 4)


def _purse(one: Allowance, standing: Standing) -> Purse:
    resets = one.counter.resets if one.counter else None
    return Purse(limit=one.rule.limit, spent=standing.spent, reserved=standing.held, resets=resets)


def _labels(one: Allowance) -> tuple[str, ...]:
    name = one.counter.value if one.counter else ""
    return one.organisation, one.rule.scope.value, name, _window(one.rule)


def _window(rule: Rule) -> str:
    return rule.window.value if isinstance(rule, Budget) else ""
