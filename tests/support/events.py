"""Usage events, one attribute at a time."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from routergate.domain.event import Attempt, Outcome, Timings, UsageEvent, UsageSource
from routergate.domain.identity import Attribution, Identity
from routergate.domain.model import Category, ModelCard, ModelClass, ModelId, ProviderId
from routergate.domain.money import nanos
from routergate.domain.usage import Usage

MINI = ModelCard(
    id=ModelId("mini"),
    provider=ProviderId("acme-ai"),
    upstream="mini-1",
    model_class=ModelClass.ECONOMY,
    category=Category.COMMERCIAL_SMALL,
    context_tokens=128_000,
)
LARGE = replace(MINI, id=ModelId("large"), upstream="large-1", model_class=ModelClass.FRONTIER)


def an_attribution(organisation: str = "acme", **changes: Any) -> Attribution:
    """A request's owner; `customer` and `feature` are the request's, the rest is the key's."""
    ours = {name: changes.pop(name) for name in ("customer", "feature") if name in changes}
    return Attribution(identity=Identity(key="key-1", organisation=organisation, **changes), **ours)


def an_event(**changes: Any) -> UsageEvent:
    """An answered request: `mini` on route `auto`, 0.002 USD where the baseline costs 0.010 USD."""
    event = UsageEvent(
        id="event-1",
        at=1_700_000_000_000_000_000,
        attribution=an_attribution(),
        route="auto",
        task="chat",
        level="simple",
        complexity=0.2,
        threshold=0.9,
        quality=0.93,
        card=MINI,
        streamed=True,
        outcome=Outcome.OK,
        attempts=(Attempt(model="mini", provider="acme-ai", result="ok", seconds=0.4),),
        usage=Usage(input_uncached=100, output=20),
        usage_source=UsageSource.PROVIDER,
        cost=nanos(Decimal("0.002")),
        baseline="large",
        baseline_cost=nanos(Decimal("0.010")),
        timings=Timings(total=1.5, first_token=0.4, overhead=0.0008, decision=0.0003),
    )
    return replace(event, **changes)
