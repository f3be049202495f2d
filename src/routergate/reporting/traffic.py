"""Who asked which model for how many tokens: what is needed to price a traffic anew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ibis import Table

from routergate.domain.model import ModelCard, RateCard
from routergate.domain.money import Nanos
from routergate.domain.usage import KINDS, Usage
from routergate.economics.price import together
from routergate.reporting.engine import fetched
from routergate.reporting.question import Dimension
from routergate.reporting.rows import money, requests, summed, tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The requests of one group to one model."""

    group: tuple[str | None, ...]
    model: str
    requests: int
    usage: Usage
    cost: int
    """Nano-dollars, as recorded and as far as they are known."""

    def at(self, card: RateCard | None) -> Nanos | None:
        """What it would cost at some rates."""
        return together(self.usage, self.requests, card) if card else None


Cards = Mapping[str, ModelCard]


def traffic(rows: Table, by: Sequence[Dimension]) -> Iterator[Traffic]:
    """Group by group, of the requests that a model answered."""
    answered = rows.filter(rows.model.notnull())
    groups = [one for one in by if one is not Dimension.MODEL]
    sums = {
        "requests": requests(answered),
        "cost": money(answered, "cost_nanos"),
        **{kind: tokens(answered, [kind]) for kind in KINDS},
    }
    for row in fetched(summed(answered, [*groups, Dimension.MODEL], sums)):
        if row["requests"] > 0:
            yield Traffic(
                group=tuple(row[one.value] for one in groups),
                model=row["model"],
                requests=row["requests"],
                usage=Usage(**{kind: row[kind] for kind in KINDS}),
                cost=row["cost"],
            )
