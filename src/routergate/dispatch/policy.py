"""What is done about each way in which a call can fail: a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0
"""Seconds: the most that the first pause takes, and any. Each may be twice as long as the one before."""


class Then(StrEnum):
    """What follows when the same model is not asked again."""

    NEXT = "next"
    """The next candidate is asked."""
    LARGER = "larger"
    """The next candidate with more room is asked; without one, the failure goes to the caller as it is."""
    FINAL = "final"
    """The failure goes to the caller as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What follows one kind of failure."""

    again: int = 0
    """How often the same model is asked again first: at another server of its provider, if there is one."""
    pause: bool = True
    """Whether the same server is given some time before."""
    alone: bool = False
    """Whether the same server is asked again only if no other candidate can answer."""
    silent: bool = False
    """Whether the server that failed is left alone for the rest of this request."""
    shut: bool = False
    """The same for all servers of the provider."""
    then: Then = Then.NEXT


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "unreachable": Rule(again=1, alone=True),
        "dropped": Rule(again=1, pause=False),
        "timeout": Rule(again=1, pause=False, silent=True),
        "throttled": Rule(again=2, alone=True),
        "denied": Rule(),
        "broken": Rule(again=1),
        "cut": Rule(again=1, alone=True),
        "prefill": Rule(again=1, pause=False),
        "diverged": Rule(),
        "busy": Rule(shut=True),
        "deadline": Rule(then=Then.FINAL),
        "refused": Rule(then=Then.FINAL),
        "filtered": Rule(then=Then.FINAL),
        "context": Rule(then=Then.LARGER),
    }
)
"""By the kind of the error."""


def pause_before_again(
    rule: Rule, failures: int, retry_after: float | None, *, alone: bool, wait: float, draw: float
) -> float | None:
    """Seconds to let pass before the same server is asked again; `None`: it is not asked again.

    `failures` of this kind have come so far, this one included. `retry_after` is the provider's own wish:
    it is granted for `wait` seconds at most, and only if nobody else can answer (`alone`). `draw` is
    chance, from 0 to 1.
    """
    if failures > rule.again or (rule.alone and not alone):
        return None
    if retry_after is not None and (not alone or retry_after > wait):
        return None
    backoff = draw * min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE) if rule.pause else 0.0
    return backoff if retry_after is None else retry_after + backoff
