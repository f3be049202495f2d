"""What of a request would have room in the budget that denied it; pure."""

from collections.abc import Callable
from dataclasses import replace

from routergate.domain.budget import Budget, Policy
from routergate.domain.reservation import Denied
from routergate.spend.lines import asked
from routergate.spend.need import Need

Fits = Callable[[Need], bool]


def with_amount(denied: Denied, need: Need) -> Denied:
    """The same denial, of the least that would have been of use."""
    amount = asked(need)[denied.line.rule.measure]
    return denied if amount is None else replace(denied, line=replace(denied.line, amount=amount))


def room_in(denied: Denied) -> Fits | None:
    """Whether a need has room in the budget that denied, if it is strict and a shorter answer would help.

    What running requests hold may come back: only what is spent makes an answer shorter.
    """
    rule, standing = denied.line.rule, denied.standing
    if not isinstance(rule, Budget) or not rule.strict or rule.when_reached is not Policy.REFUSE:
        return None
    if standing.spent + denied.line.amount <= rule.limit:
        return None
    room = rule.limit - standing.spent - standing.held

    def fits(need: Need) -> bool:
        amount = asked(need)[rule.measure]
        return amount is not None and amount <= room

    return fits
