"""Why a request may not go, in words and in facts; pure."""

from routergate.domain.budget import Budget, Calendar, Limit, Measure
from routergate.domain.money import usd_text
from routergate.domain.refusals import BudgetHeld, NotAdmitted, OverBudget, RateLimited
from routergate.domain.reservation import Denied, Kind
from routergate.spend.windows import local

MOMENT = 1.0
"""Seconds after which it is worth looking again whether running requests have ended."""
_UNITS = {
    Measure.TOKENS: "tokens",
    Measure.INPUT_TOKENS: "input tokens",
    Measure.OUTPUT_TOKENS: "output tokens",
    Measure.REQUESTS: "requests",
    Measure.CONCURRENCY: "requests at the same time",
}


def denial(denied: Denied, calendar: Calendar) -> NotAdmitted:
    """The error that names whose limit it is, how it stands, and when it begins anew."""
    if isinstance(denied.line.rule, Limit):
        return _limited(denied, denied.line.rule)
    return _spent(denied, denied.line.rule, calendar)


def _limited(denied: Denied, rule: Limit) -> RateLimited:
    line, standing = denied.line, denied.standing
    used = standing.spent + standing.held
    wait = denied.wait if line.counter.kind is Kind.SLIDING else MOMENT
    window = f" in {rule.seconds} s" if rule.seconds else ""
    message = (
        f"Rate limit reached for {_whose(denied)}: {_amount(rule.measure, rule.limit)}{window}, "
        f"{used:,} used, {line.amount:,} requested. "
    )
    if line.amount > rule.limit:
        message += "The request alone is larger than the limit."
        return RateLimited(message, denied=denied, facts=_facts(denied))
    message += f"Try again in {wait:.3g} s."
    return RateLimited(message, denied=denied, facts=_facts(denied), wait=wait)


def _spent(denied: Denied, rule: Budget, calendar: Calendar) -> NotAdmitted:
    line, standing = denied.line, denied.standing
    resets = line.counter.resets
    facts = _facts(denied) | {"resets_at": None if resets is None else local(resets, calendar)}
    message = (
        f"The {_window(rule)} budget of {_whose(denied)} has no room for this request: "
        f"{_amount(rule.measure, standing.spent)} of {_amount(rule.measure, rule.limit)} spent, "
        f"{_amount(rule.measure, standing.held)} held by running requests, "
        f"up to {_amount(rule.measure, line.amount)} needed."
    )
    if standing.spent + line.amount <= rule.limit:
        message += " Try again when they have ended."
        return BudgetHeld(message, denied=denied, facts=facts, wait=MOMENT)
    anew = "It does not begin anew." if resets is None else f"It begins anew at {facts['resets_at']}."
    return OverBudget(f"{message} {anew}", denied=denied, facts=facts)


def _facts(denied: Denied) -> dict[str, str | int | None]:
    line, measure = denied.line, denied.line.rule.measure
    money = measure.money
    facts: dict[str, str | int | None] = {
        "scope": line.counter.scope.value,
        "name": line.counter.value,
        "measure": measure.spoken,
        "window": line.counter.window or None,
    }
    amounts = {
        "limit": line.rule.limit,
        "spent": denied.standing.spent,
        "held": denied.standing.held,
        "requested": line.amount,
    }
    return facts | {name: usd_text(n) if money else n for name, n in amounts.items()}


def _window(rule: Budget) -> str:
    return "whole" if rule.window.value == "total" else f"{rule.window.value.replace('_', ' ')}'s"


def _whose(denied: Denied) -> str:
    counter = denied.line.counter
    return f"{counter.scope.value} '{counter.value}'"


def _amount(measure: Measure, amount: int) -> str:
    return f"{usd_text(amount)} USD" if measure.money else f"{amount:,} {_UNITS[measure]}"
