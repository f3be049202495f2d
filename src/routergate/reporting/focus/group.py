"""What is exported as one: a day's requests of one account, model and purpose."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from routergate.domain.usage import Usage

COMPONENTS = ("hosting", "depreciation", "maintenance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one day's requests of one account, model and purpose sum up to. Nano-dollars."""

    day: date
    organisation: str
    team: str | None = None
    customer: str | None = None
    feature: str | None = None
    model: str
    provider: str
    tier: str | None = None
    accrual: bool = False
    """No requests, but what a month's requests have borne too little, or too much."""
    requests: int = 0
    seconds: Decimal = Decimal(0)
    usage: Usage = field(default_factory=Usage)
    cost: int = 0
    fixed: tuple[int, int, int] = (0, 0, 0)
    """By `COMPONENTS`."""

    @property
    def tags(self) -> dict[str, str]:
        """Whom it is for, as far as that is said."""
        named = {"team": self.team, "customer": self.customer, "feature": self.feature}
        return {name: value for name, value in named.items() if value is not None}
