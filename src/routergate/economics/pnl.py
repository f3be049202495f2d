"""What a feature or a customer earned, and what it cost."""

from dataclasses import dataclass
from decimal import Decimal

from routergate.domain.money import Nanos


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Revenue and costs of one period. Nano-dollars."""

    revenue: Nanos
    bought: Nanos
    """Paid to others for answers."""
    own: Nanos
    """Inference on own models: what is paid for their requests, and their share of the hosting."""
    depreciation: Nanos
    maintenance: Nanos
    overheads: Nanos
    """Answers that were paid and not given."""

    @property
    def costs(self) -> Nanos:
        """All of them."""
        return Nanos(self.bought + self.own + self.depreciation + self.maintenance + self.overheads)

    @property
    def margin(self) -> Nanos:
        """What is left; negative where it is a loss."""
        return Nanos(self.revenue - self.costs)

    @property
    def margin_share(self) -> Decimal | None:
        """Of the revenue; `None` without any."""
        return Decimal(self.margin) / self.revenue if self.revenue else None
