"""How a budget, a limit or a guardrail turns a request away."""

from collections.abc import Mapping
from typing import ClassVar

from routergate.domain.errors import ClientError
from routergate.domain.reservation import Denied


class NotAdmitted(ClientError):
    """A budget or a limit that has no room for the request. Nothing was sent, and nothing is charged."""

    kind: ClassVar[str] = "not_admitted"
    reason: ClassVar[str]
    """One word for metrics."""

    def __init__(
        self,
        message: str,
        *,
        denied: Denied,
        facts: Mapping[str, str | int | None],
        wait: float | None = None,
    ) -> None:
        super().__init__(message)
        self.denied = denied
        """What has no room."""
        self.facts = facts
        """Whose limit it is, how it stands, and when it begins anew; for the caller's program."""
        self.wait = wait
        """Seconds after which it is worth trying again; `None`: it is not."""


class OverBudget(NotAdmitted):
    """What a budget allows is spent."""

    code = "budget_exceeded"
    reason = "budget"


class BudgetHeld(NotAdmitted):
    """What is left of a budget is held by requests that run, and may come back when they end."""

    code = "budget_held"
    reason = "held"


class RateLimited(NotAdmitted):
    """Too much, too fast, or too many at once."""

    code = "rate_limit_exceeded"
    reason = "limit"


class GuardrailRefused(ClientError):
    """A guardrail of the operator's lets a request or an answer not pass. The caller is told the message."""

    code = "guardrail_refused"
