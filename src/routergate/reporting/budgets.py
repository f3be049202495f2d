"""Which budget of a calendar month a group of a report has."""

from collections.abc import Iterator

from routergate.domain.budget import Budget, Measure, Rules, Scope, Window
from routergate.reporting.forecast import Budgets
from routergate.reporting.question import Question


def monthly_budget(rules: Rules, question: Question) -> Budgets:
    """The tightest on what is paid out, of the organisation that was asked about or the only declared one."""
    names = [question.organisation] if question.organisation else list(rules.organisations)
    budgets = rules.of(names[0]).budgets if len(names) == 1 else ()
    scopes = [one.value for one in question.by]

    def budget(group: tuple[str | None, ...]) -> int | None:
        scope, name = (scopes[0], group[0]) if len(group) == 1 else (Scope.ORGANISATION.value, None)
        whole = len(group) <= 1 and not question.where
        return min(_limits(budgets, scope, name), default=None) if whole else None

    return budget


def _limits(budgets: tuple[Budget, ...], scope: str, name: str | None) -> Iterator[int]:
    for one in budgets:
        ours = one.scope.value == scope and one.of in (None, name)
        if ours and one.window is Window.MONTH and one.measure is Measure.CASH:
            yield one.limit
