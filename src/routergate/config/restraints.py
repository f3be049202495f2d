"""What may be written about budgets, limits, and who is told of them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from routergate.config.part import Part
from routergate.config.scalars import Count, Dollars, Line, Name, Probability, Threshold, Webhook
from routergate.config.spec import AlertFormat
from routergate.domain.budget import Away, Policy, Scope, Window


def _listed(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


_WINDOW = {"type": "string", "enum": [window.value for window in Window]}
Windows = Annotated[
    tuple[Window, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_WINDOW, {"type": "array", "items": _WINDOW}]}),
]


class Budget(Part):
    """The most that may be used in a window of the calendar. Each measure counts for itself."""

    scope: Scope
    """What is counted together."""
    of: Line | None = Field(default=None, min_length=1, examples=["research"])
    """The one team, customer … that is meant; default: each has the budget for itself."""
    usd: Dollars | None = Field(default=None, examples=[5000])
    """The most money."""
    tokens: Count | None = None
    """The most tokens, read and written."""
    input_tokens: Count | None = None
    """The most tokens that are read."""
    output_tokens: Count | None = None
    """The most tokens that are written."""
    requests: Count | None = None
    """The most requests."""
    window: Windows = Field(examples=["month", ["day", "month"]])
    """When counting starts anew, in the organisation's time zone; a list: one budget for each."""
    mode: Literal["strict", "expected"] = "expected"
    """What a request sets aside: the most it can come to, so that nothing passes, or what is likely."""
    when_reached: Policy = Policy.REFUSE
    """What happens to further requests."""
    least_quality: Probability | None = None
    """With `downgrade`: the least probability of an acceptable answer from the cheaper model."""
    soft: tuple[Threshold, ...] = Field(default=(), examples=[[0.8, 0.95]])
    """Shares of the limit at which `alerts` are sent; they are always sent at the limit itself."""
    unpriced: Literal["refuse", "serve"] | None = None
    """With `usd`: what happens with a model whose price is not known; default: `refuse`."""
    when_store_away: Away | None = None
    """What happens while Redis is away; default: `refuse` if strict, else `serve`."""
    basis: Literal["cash", "loaded"] = "cash"
    """What money counts: what is paid out, or that and the share of fixed costs."""


class Limit(Part):
    """The most that may be used within any stretch of time (`per`), or at the same time."""

    scope: Scope
    """What is counted together."""
    of: Line | None = Field(default=None, min_length=1, examples=["globex"])
    """The one team, customer … that is meant; default: each has the limit for itself."""
    requests: Count | None = Field(default=None, examples=[600])
    """The most requests."""
    tokens: Count | None = Field(default=None, examples=[200000])
    """The most tokens, read and written."""
    input_tokens: Count | None = None
    """The most tokens that are read."""
    output_tokens: Count | None = None
    """The most tokens that are written."""
    per: Literal["second", "minute", "hour", "day"] | None = None
    """How long the stretch is; for all but `concurrent`."""
    concurrent: Count | None = Field(default=None, examples=[20])
    """The most requests that run at the same time."""
    when_store_away: Away = Away.SERVE
    """What happens while Redis is away."""


class Alert(Part):
    """Who is told when a budget passes a threshold or is reached."""

    url: Webhook = Field(examples=["${SLACK_WEBHOOK}"])
    """Where it is posted to; it may hold a secret and is never written out."""
    format: AlertFormat = AlertFormat.JSON
    """An object with every detail, or a text for Slack's incoming webhooks."""
    organisation: Name | None = None
    """Only about this organisation's budgets; default: about all."""
