"""Full servers: the queue in front of a model makes it dearer, until others are cheaper."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routergate.domain.asset import loaded_cost
from routergate.domain.capacity import Crowd
from routergate.domain.decision import Candidate, Shadow
from routergate.domain.model import ProviderId
from routergate.domain.money import Nanos
from routergate.economics.shadow import pressure, shadow_price

MIDDLE = 0.5
DIGITS = 12
"""Hexadecimal ones of a conversation's name, of which its patience is made."""


def patience(conversation: str) -> float:
    """A conversation's place among all, 0 to 1: the same for all of its requests, evenly spread."""
    return int(conversation[:DIGITS], 16) / 16**DIGITS if conversation else MIDDLE


def crowded(
    candidates: Sequence[Candidate], crowds: Mapping[ProviderId, Crowd], patience: float, *, loaded: bool
) -> list[Candidate]:
    """The candidates, those behind a queue with what it costs: their part of the next adequate one's price.

    The next adequate one is the cheapest of those without a queue; if there is none, there is nowhere to go.
    """
    if not crowds:
        return list(candidates)
    free = [one for one in candidates if one.adequate and one.card.provider not in crowds]
    known = [(cost, one) for one in free if (cost := paid(one, loaded=loaded)) is not None]
    if not known:
        return list(candidates)
    price, other = min(known, key=lambda found: found[0])

    def shadow(crowd: Crowd) -> Shadow:
        pressed = pressure(crowd.level, patience)
        return Shadow(crowd=crowd, model=other.card.id, pressure=pressed, price=shadow_price(pressed, price))

    behind = {provider: shadow(crowd) for provider, crowd in crowds.items()}
    return [replace(one, shadow=behind.get(one.card.provider)) for one in candidates]


def left_for(order: Sequence[Candidate], *, loaded: bool) -> str:
    """Which model would have been first without its queue, in words; empty: none."""
    if all(one.shadow is None for one in order):
        return ""
    costs = [(cost, one) for one in order if one.adequate and (cost := paid(one, loaded=loaded)) is not None]
    if not costs:
        return ""
    cheapest = min(costs, key=lambda found: found[0])[1]
    if cheapest is order[0] or cheapest.shadow is None:
        return ""
    return f", now that {cheapest.card.id} is full ({_queue(cheapest.shadow.crowd)})"


def _queue(crowd: Crowd) -> str:
    seconds = "nobody knows how long" if crowd.seconds is None else f"about {crowd.seconds:.2g} s"
    return f"{crowd.waiting} waiting, {seconds}"


def weighed(candidate: Candidate, *, loaded: bool) -> Nanos | None:
    """What counts when costs are compared: what is expected to be paid, and what its queue costs."""
    cost = paid(candidate, loaded=loaded)
    return cost if cost is None or candidate.shadow is None else Nanos(cost + candidate.shadow.price)


def paid(candidate: Candidate, *, loaded: bool) -> Nanos | None:
    """What is expected to be paid; `loaded`: with its share of fixed costs."""
    cost = candidate.expected_cost
    return loaded_cost(cost, candidate.share) if loaded else cost
