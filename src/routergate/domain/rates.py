"""What a provider asks for tokens, by how many were read and by how soon the answer is wanted."""

from dataclasses import dataclass, fields
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Dollars per million tokens.

    A rate that is `None` falls back on its parent: cache reads and writes on `input`, writes for an hour on
    `cache_write`, reasoning on `output`. Audio has no parent: without a rate, a request with audio has no
    known price.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    reasoning: Decimal | None = None
    audio_input: Decimal | None = None
    audio_output: Decimal | None = None

    def __post_init__(self) -> None:
        amounts = (getattr(self, field.name) for field in fields(self))
        if any(isinstance(each, Decimal) and (not each.is_finite() or each < 0) for each in amounts):
            raise ValueError(f"rates cannot be negative or infinite: {self!r}")


RATES: tuple[str, ...] = tuple(field.name for field in fields(Rates))
"""The names of the rates, as they stand in the configuration and in comparisons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextTier(Rates):
    """The rates of a whole request, once its input is long; none of them is taken from the shorter ones."""

    above_input_tokens: int
    """Input of exactly so many tokens is not above yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff(Rates):
    """Rates that may depend on how long a request is."""

    context_tiers: tuple[ContextTier, ...] = ()
    """Lowest first."""

    def __post_init__(self) -> None:
        Rates.__post_init__(self)
        limits = [tier.above_input_tokens for tier in self.context_tiers]
        if limits != sorted(set(limits)):
            raise ValueError(f"context tiers must be in the order of their limits: {limits}")

    def at(self, input_tokens: int) -> Rates:
        """The rates of a request that reads so many tokens, however they are billed."""
        above = [tier for tier in self.context_tiers if input_tokens > tier.above_input_tokens]
        return above[-1] if above else self
