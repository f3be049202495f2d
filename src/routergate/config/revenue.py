"""What may be written about revenue, and what the reports use of it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from routergate.config.part import Part
from routergate.config.scalars import Count, Day, Dollars, Line
from routergate.domain.revenue import Per
from routergate.domain.revenue import Revenue as Source


class Revenue(Part):
    """What a feature or a customer earns, for `report pnl`."""

    feature: Annotated[Line, Field(min_length=1)] | None = None
    """The feature that earns it."""
    customer: Annotated[Line, Field(min_length=1)] | None = None
    """The customer who pays it."""
    usd: Dollars = Field(examples=[0.02])
    """How much, each time."""
    per: Literal["request", "outcome", "seat", "month"]
    """What for: a request, one that was answered, a seat for a month, a month."""
    seats: Count = 1
    """How many, with `per: seat`."""
    since: Day | None = Field(default=None, alias="from")
    """The first day (UTC); default: always."""
    until: Day | None = None
    """The last day (UTC); default: for good."""

    @model_validator(mode="after")
    def of_somebody(self) -> "Revenue":
        """Nobody's revenue is in no row, and two rows' would be there twice."""
        if (self.feature is None) == (self.customer is None):
            raise ValueError("names one of feature and customer: reports are by one of them")
        if self.since and self.until and self.since > self.until:
            raise ValueError("ends before it begins")
        return self


def source(written: Revenue) -> Source:
    """As reports use it."""
    return Source(
        usd=written.usd,
        per=Per(written.per),
        feature=written.feature,
        customer=written.customer,
        seats=written.seats,
        start=written.since,
        end=written.until,
    )
