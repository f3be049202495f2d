"""What a request may come to with a model: tokens and money, at the worst or as is likely."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from routergate.domain.asset import FREE, Loaded, loaded_cost
from routergate.domain.decision import Candidate
from routergate.domain.event import OUTRUN, UsageEvent
from routergate.domain.model import Capability, ModelCard
from routergate.domain.money import Nanos
from routergate.domain.request import ChatRequest, Features
from routergate.domain.usage import Usage
from routergate.economics.price import STANDARD, cost, price

LIKELY = 2
"""Times its usual length: few answers are longer."""
_READ = ("input_uncached", "cache_read", "cache_write", "cache_write_1h")
_WRITTEN = ("output", "reasoning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is set aside for a request."""

    usage: Usage
    cost: Nanos | None
    """`None`: the model has no known price."""
    output_limit: int | None = None
    """Output tokens per choice beyond which the need is not true; `None`: it is a guess and binds nobody."""
    share: Loaded | None = FREE
    """Of fixed costs, which does not depend on how long the answer is."""

    @property
    def loaded(self) -> Nanos | None:
        """Cost with the share of fixed costs; `None` where either is unknown."""
        return loaded_cost(self.cost, self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is set aside for one answer."""

    candidate: Candidate
    need: Need


def outrun(held: Sequence[Held], event: UsageEvent) -> list[Need]:
    """What is set aside for the calls that were ended because another one began first."""
    left = [call.model for call in event.attempts if call.result == OUTRUN]
    found: list[Need] = []
    for one in held:
        if one.candidate.card.id in left:
            left.remove(one.candidate.card.id)
            found.append(one.need)
    return found


def likely(candidate: Candidate, features: Features, on: date, *, output: int = 0) -> Need:
    """What is seldom passed; `output` are tokens of which is known that they will be."""
    limits = (features.max_output_tokens, candidate.card.max_output_tokens)
    each = min([LIKELY * candidate.output_tokens, *(limit for limit in limits if limit is not None)])
    usage = Usage(input_uncached=features.input_tokens, output=max(each * features.choices, output))
    priced = price(candidate.card, usage, on, asked=features.service_tier)
    return Need(usage=usage, cost=priced, share=candidate.share)


def worst(
    card: ModelCard,
    request: ChatRequest,
    features: Features,
    on: date,
    output: int | None,
    seconds: float | None = None,
) -> Need:
    """What cannot be passed, if the provider heeds an output limit: `output`, or the most there can be.

    `seconds` is the longest that an answer may take.
    """
    limits = (output, features.max_output_tokens, card.max_output_tokens, card.context_tokens)
    each = min(limit for limit in limits if limit is not None)
    sent = request.most_input_tokens
    most_input = card.context_tokens if sent is None else min(sent, card.context_tokens)
    most_output = each * features.choices
    return Need(
        usage=Usage(input_uncached=most_input, output=most_output),
        cost=_dearest(card, features, on, Usage(input_uncached=most_input, output=most_output), seconds),
        output_limit=each,
    )


def shorter(
    card: ModelCard,
    request: ChatRequest,
    features: Features,
    on: date,
    fits: Callable[[Need], bool],
    seconds: float | None = None,
) -> Need | None:
    """The worst case of the longest answer that `fits`; `None` if not even one of a token does."""
    low, high = 0, worst(card, request, features, on, None, seconds).output_limit or 0
    while low < high:
        middle = (low + high + 1) // 2
        if fits(worst(card, request, features, on, middle, seconds)):
            low = middle
        else:
            high = middle - 1
    return worst(card, request, features, on, low, seconds) if low else None


def plus(need: Need, kept: Need | None) -> Need:
    """A need beside what stays set aside; the output limit is the need's own."""
    if kept is None:
        return need
    priced = need.cost is not None and kept.cost is not None
    cost = Nanos((need.cost or 0) + (kept.cost or 0)) if priced else None
    share = None if need.share is None or kept.share is None else need.share + kept.share
    return replace(need, usage=need.usage + kept.usage, cost=cost, share=share)


def _dearest(
    card: ModelCard, features: Features, on: date, most: Usage, seconds: float | None
) -> Nanos | None:
    """The highest price, whatever kinds of tokens they are, and however the provider says that it serves.

    Where longer input is cheaper, the longest that is not yet cheap may be the dearest.
    """
    rates = card.rates(on)
    if rates is None:
        return None
    tiers = [tier for tariff in (rates, *rates.service_tiers.values()) for tier in tariff.context_tiers]
    asked, most_input = features.service_tier, most.input_uncached
    lengths = {most_input, *(tier.above_input_tokens for tier in tiers)}
    audio = Capability.AUDIO in features.needs
    standard = min(STANDARD - rates.service_tiers.keys(), default=None)
    costs = [
        cost(Usage(**{read: length, written: most.output}), rates, told=told, asked=asked, seconds=seconds)
        for length in lengths
        if length <= most_input
        for read in (*_READ, *(["audio_input"] if audio else []))
        for written in (*_WRITTEN, *(["audio_output"] if audio else []))
        for told in (standard, *rates.service_tiers)
    ]
    known = [each for each in costs if each is not None]
    return max(known) if len(known) == len(costs) else None
