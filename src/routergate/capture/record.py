"""One request and its answer, as they are kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from routergate.domain.exchange import Exchange
from routergate.domain.model import Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Texts after redaction, and the decision that led to them."""

    id: str
    """That of the request, as in the ledger."""
    at: int
    organisation: str
    customer: str | None
    feature: str | None
    session: str | None
    route: str
    task: str
    level: str
    complexity: float
    threshold: float
    rule: str
    model: str
    candidates: Sequence[Mapping[str, Any]]
    """Model, expected quality and cost in nano-dollars, in the order in which they would have been asked."""
    tools: bool
    """Whether tools could be called: then the texts are not all that was said."""
    turns: Sequence[tuple[str, str]]
    """Role and text."""
    answers: Sequence[str]

    def as_bytes(self) -> bytes:
        """As it is sealed."""
        return json.dumps(asdict(self), ensure_ascii=True).encode()

    @classmethod
    def of(cls, written: bytes) -> "Record":
        """What was written."""
        found = json.loads(written)
        return cls(**{**found, "turns": tuple((role, text) for role, text in found["turns"])})


def record(exchange: Exchange, turns: Sequence[tuple[str, str]], answers: Sequence[str]) -> Record:
    """What is kept of an exchange."""
    decision, account = exchange.decision, exchange.attribution
    reading = decision.features.reading
    return Record(
        id=decision.id,
        at=exchange.at,
        organisation=account.identity.organisation,
        customer=account.customer,
        feature=account.feature,
        session=account.session,
        route=decision.route,
        task=reading.task,
        level=reading.level.value,
        complexity=reading.complexity,
        threshold=decision.threshold,
        rule=decision.rule,
        model=exchange.model,
        candidates=[
            {"model": one.card.id, "quality": one.quality.mean, "cost": one.cost}
            for one in decision.candidates
        ],
        tools=Capability.TOOLS in exchange.request.needs,
        turns=turns,
        answers=answers,
    )
