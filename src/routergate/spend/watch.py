"""What rules say of the counters that there are; pure."""

from collections.abc import Iterable

from routergate.domain.budget import Budget, OrganisationRules, Scope
from routergate.domain.reservation import Counter
from routergate.spend.lines import Rule, counter, thresholds


def subject(rule: Rule, organisation: str) -> str | None:
    """The one whom the rule is about; `None`: each has it for itself."""
    return organisation if rule.scope is Scope.ORGANISATION else rule.of


def watched(
    rules: OrganisationRules, rule: Rule, organisation: str, existing: Iterable[Counter], at: int
) -> tuple[Counter, ...]:
    """The counters that a rule watches at `at` (seconds since the epoch), of each among those that exist."""
    if (name := subject(rule, organisation)) is not None:
        return (counter(rules, rule, name, at),)
    found = (counter(rules, rule, one.value, at) for one in existing if one.scope is rule.scope)
    known = {_name(one) for one in existing}
    return tuple(dict.fromkeys(one for one in found if _name(one) in known))


def limit_at(rules: OrganisationRules, one: Counter, amount: int) -> int:
    """The limit of the budget that has `amount` as a threshold; `amount` itself if there is none any more."""
    limits = (
        budget.limit for budget in rules.budgets if _about(budget, one) and amount in set(thresholds(budget))
    )
    return max(limits, default=amount)


def _about(budget: Budget, one: Counter) -> bool:
    same = (budget.scope, budget.measure, budget.window.value) == (one.scope, one.measure, one.window)
    return same and budget.of in {None, one.value}


def _name(one: Counter) -> tuple[object, ...]:
    """What tells counters apart in the store, which has no word of how long they are."""
    return one.scope, one.value, one.measure, one.kind, one.window, one.label
