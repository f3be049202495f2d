"""Budgets and limits as written → the domain's, with the contradictions that they may have."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeVar

from routergate.config.findings import Findings, Place, hint
from routergate.config.restraints import Budget as WrittenBudget
from routergate.config.restraints import Limit as WrittenLimit
from routergate.config.schema import Organisation
from routergate.domain.budget import (
    LARGEST_LIMIT,
    Away,
    Budget,
    Calendar,
    Limit,
    Measure,
    OrganisationRules,
    Policy,
    Rules,
    Scope,
)
from routergate.domain.money import nanos

Written = TypeVar("Written")

OTHERS = "*"
"""Stands for organisations that are not declared."""
SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
COUNTED = (Measure.REQUESTS, Measure.TOKENS, Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS)
Known = Mapping[Scope, Collection[str]]
"""What there is to name, by scope; of other scopes nobody knows."""

BUDGET_RULES: tuple[tuple[Callable[[WrittenBudget], bool], str], ...] = (
    (
        lambda it: not _amounts(it),
        "limits nothing; add usd, tokens, input_tokens, output_tokens or requests",
    ),
    (
        lambda it: it.basis == "loaded" and it.usd is None,
        "has basis loaded, but no usd; remove it",
    ),
    (
        lambda it: it.mode == "strict" and it.when_reached is not Policy.REFUSE,
        (
            "is strict, so nothing may pass it, and yet lets requests through when it is reached; "
            "write when_reached: refuse, or mode: expected"
        ),
    ),
    (
        lambda it: it.least_quality is not None and it.when_reached is not Policy.DOWNGRADE,
        "has least_quality, which only when_reached: downgrade heeds; remove it, or write downgrade",
    ),
    (
        lambda it: it.unpriced is not None and it.usd is None,
        "has unpriced, but no usd; remove it",
    ),
    (
        lambda it: it.unpriced == "serve" and it.mode == "strict",
        (
            "is strict, and serves models of which nobody knows what they cost; "
            "write unpriced: refuse, or mode: expected"
        ),
    ),
    (
        lambda it: len(set(it.window)) < len(it.window),
        "names a window twice; keep each once",
    ),
    (
        lambda it: len(set(it.soft)) < len(it.soft),
        "names a soft threshold twice; keep each once",
    ),
    (
        lambda it: max(_amounts(it).values(), default=0) > LARGEST_LIMIT,
        "is more than can be counted exactly; write at most 9000000 usd or 9e15 tokens",
    ),
)
"""What a budget must not be, and what is said if it is."""

LIMIT_RULES: tuple[tuple[Callable[[WrittenLimit], bool], str], ...] = (
    (
        lambda it: len(_counted(it)) + (it.concurrent is not None) != 1,
        (
            "takes exactly one of requests, tokens, input_tokens, output_tokens and concurrent; "
            "write a limit for each"
        ),
    ),
    (
        lambda it: bool(_counted(it)) and it.per is None,
        "has no window; add per: minute, or another of second, hour, day",
    ),
    (
        lambda it: it.concurrent is not None and it.per is not None,
        "is on what runs at the same time, which has no window; remove per",
    ),
)
"""What a limit must not be, and what is said if it is."""


def rules(organisations: Mapping[str, Organisation], known: Known, findings: Findings) -> Rules:
    """What everybody may use. It is only good if there are no problems in `findings` afterwards."""
    built = {name: _organisation(name, it, known, findings) for name, it in organisations.items()}
    others = built.pop(OTHERS, OrganisationRules())
    return Rules(organisations=built, others=others)


def _organisation(name: str, it: Organisation, known: Known, findings: Findings) -> OrganisationRules:
    place: Place = ("organisations", name)
    return OrganisationRules(
        calendar=Calendar(timezone=it.timezone, fiscal_month_start=it.fiscal_month_start),
        budgets=_budgets(it.budgets, (*place, "budgets"), known, findings),
        limits=_limits(it.limits, (*place, "limits"), known, findings),
    )


def _budgets(
    written: Iterable[WrittenBudget], place: Place, known: Known, findings: Findings
) -> tuple[Budget, ...]:
    first: dict[tuple[object, ...], int] = {}
    found: list[Budget] = []
    for index, one in enumerate(written):
        here = (*place, index)
        if not _sound(one, BUDGET_RULES, here, findings) or not _named(one, here, known, findings):
            continue
        if one.mode == "strict" and one.when_store_away is Away.SERVE:
            findings.warn(here, "is strict, but while Redis is away each process counts for itself")
        for budget in _domain_budgets(one):
            same = (budget.scope, budget.of, budget.measure, budget.window, budget.when_reached)
            if first.setdefault(same, index) != index:
                text = f"counts the same as {place[-1]}[{first[same]}]; keep the tighter of them"
                findings.problem(here, text)
            found.append(budget)
    return tuple(found)


def _limits(
    written: Iterable[WrittenLimit], place: Place, known: Known, findings: Findings
) -> tuple[Limit, ...]:
    first: dict[tuple[object, ...], int] = {}
    found: list[Limit] = []
    for index, one in enumerate(written):
        here = (*place, index)
        if not _sound(one, LIMIT_RULES, here, findings) or not _named(one, here, known, findings):
            continue
        limit = _domain_limit(one)
        same = (limit.scope, limit.of, limit.measure, limit.seconds)
        if first.setdefault(same, index) != index:
            findings.problem(here, f"counts the same as {place[-1]}[{first[same]}]; keep the tighter of them")
        found.append(limit)
    return tuple(found)


def _sound(
    one: Written, table: Iterable[tuple[Callable[[Written], bool], str]], place: Place, findings: Findings
) -> bool:
    broken = [text for is_broken, text in table if is_broken(one)]
    for text in broken:
        findings.problem(place, text)
    return not broken


def _named(one: WrittenBudget | WrittenLimit, place: Place, known: Known, findings: Findings) -> bool:
    """Whether the one that is meant can be meant."""
    if one.of is None:
        return True
    if one.scope is Scope.ORGANISATION:
        findings.problem((*place, "of"), "an organisation's rules are for itself; remove it")
        return False
    if one.scope in known and one.of not in known[one.scope]:
        remedy = hint(one.of, known[one.scope])
        findings.problem((*place, "of"), f"no {one.scope} is called '{one.of}'{remedy}")
        return False
    return True


def _domain_budgets(one: WrittenBudget) -> Iterator[Budget]:
    strict = one.mode == "strict"
    for window in one.window:
        for measure, limit in _amounts(one).items():
            yield Budget(
                scope=one.scope,
                of=one.of,
                measure=measure,
                limit=limit,
                window=window,
                strict=strict,
                when_reached=one.when_reached,
                least_quality=one.least_quality or 0.0,
                soft=tuple(sorted(one.soft)),
                unpriced=one.unpriced == "serve",
                when_store_away=one.when_store_away or (Away.REFUSE if strict else Away.SERVE),
            )


def _domain_limit(one: WrittenLimit) -> Limit:
    [(measure, limit)] = (_counted(one) or {Measure.CONCURRENCY: one.concurrent or 0}).items()
    return Limit(
        scope=one.scope,
        of=one.of,
        measure=measure,
        limit=limit,
        seconds=SECONDS[one.per] if one.per else 0,
        when_store_away=one.when_store_away,
    )


def _amounts(one: WrittenBudget) -> dict[Measure, int]:
    measure = Measure.LOADED if one.basis == "loaded" else Measure.CASH
    money = {} if one.usd is None else {measure: int(nanos(one.usd))}
    return {**money, **_counted(one)}


def _counted(one: WrittenBudget | WrittenLimit) -> dict[Measure, int]:
    found = ((measure, getattr(one, measure.value)) for measure in COUNTED)
    return {measure: amount for measure, amount in found if amount is not None}
