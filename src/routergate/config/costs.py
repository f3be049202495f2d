"""What may be written about rates."""

from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from routergate.config.part import Part
from routergate.config.scalars import Count, Day, Dollars, Markup, Name, Share


class Rates(Part):
    """What tokens cost, in USD per million."""

    input: Dollars = Field(examples=[0.15])
    """Input tokens."""
    output: Dollars = Field(examples=[0.60])
    """Output tokens."""
    cache_read: Dollars | None = None
    """Input that was read from a cache; default: as `input`."""
    cache_write: Dollars | None = None
    """Input that was written to a cache; default: as `input`."""
    cache_write_1h: Dollars | None = None
    """Input that was written to a cache for an hour; default: as `cache_write`."""
    reasoning: Dollars | None = None
    """Hidden reasoning; default: as `output`."""
    audio_input: Dollars | None = None
    """Audio that was read; without a rate, a request with audio has no known price."""
    audio_output: Dollars | None = None
    """Audio that was written; without a rate, a request with audio has no known price."""


class ContextTier(Rates):
    """The rates of requests with a long input: of the whole request, not of what is beyond the limit."""

    above_input_tokens: Count = Field(examples=[200000])
    """Requests whose input, cached and all, has more tokens than this."""


class Tariff(Rates):
    """All rates of a service tier, in place of the model's own."""

    context_tiers: tuple[ContextTier, ...] = ()
    """Other rates for a long input."""

    @model_validator(mode="after")
    def distinct(self) -> Self:
        """No two tiers begin at the same length."""
        limits = [tier.above_input_tokens for tier in self.context_tiers]
        if len(limits) != len(set(limits)):
            raise ValueError("two context_tiers have the same above_input_tokens; keep one of them")
        return self


class Prices(Tariff):
    """Rates from one day on, in USD per million tokens."""

    start: Day = Field(alias="from", examples=["2024-07-18"])
    """The first day of these rates (UTC)."""
    per_request: Dollars | None = None
    """USD per request, on top of the tokens; default: nothing."""
    per_second: Dollars | None = Field(default=None, examples=[0.0006])
    """USD per second from asking the model to the last byte, on top of the tokens; default: nothing."""
    tokens_per_second: Count | None = Field(default=None, examples=[80])
    """How fast it writes, so that what `per_second` comes to can be estimated beforehand."""
    service_tiers: dict[Name, Tariff] = Field(default_factory=dict)
    """Rates by service tier, such as `priority`: the answer's, else the request's; none here, none known."""
    discount: Share = Field(default=Decimal(0), examples=[0.15])
    """The share that is taken off everything, as negotiated."""
    minimum: Dollars | None = None
    """USD that a request costs at least, after the discount; default: nothing."""
    markup: Markup = Field(default=Decimal(0), examples=[0.2])
    """The share that is added in the end, for those who charge on what they pay."""
