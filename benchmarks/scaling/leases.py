"""What if each region had a share of a budget and fetched more in time? A simulation; it is not built.

    PYTHONPATH=. python -m benchmarks.scaling.leases

prints the table of docs/scaling.md. A bank holds what nobody has; a region asks it for a lease, hears
of it a round trip later, and spends of what it has. Time is counted in requests; a rate says how long one is.
"""

import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Request = tuple[int, int]
"""The region that is asked, and what the answer costs."""

SHARES = (60, 30, 10)
"""Per cent of the traffic, by region."""
BUDGET = 1_000_000
ROUND_TRIP = 50
"""In requests: 100 ms at 500 requests a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a budget is divided. Amounts are whole numbers of any unit."""

    budget: int
    lease: int
    """What a region asks for at once."""
    regions: int = len(SHARES)
    round_trip: int = ROUND_TRIP
    tapered: bool = False
    """Whether leases get smaller with what is left: at most half of everybody's equal part."""
    credit: bool = False
    """Whether a region answers while a lease is on its way, and pays of it; else callers wait for it."""

    def __post_init__(self) -> None:
        if min(self.budget, self.lease, self.regions) < 1 or self.round_trip < 0:
            raise ValueError(f"there must be something to divide, and somebody who asks: {self!r}")

    def grant(self, left: int, needed: int) -> int:
        """What the bank gives to somebody who needs so much now."""
        most = min(self.lease, left // (2 * self.regions)) if self.tapered else self.lease
        return min(left, max(most, needed))


@dataclass(slots=True)
class Region:
    """What a region has; below zero, what it owes."""

    balance: int = 0
    asked: bool = False
    dry: bool = False
    """It has been told that the bank is empty."""
    waiting: deque[int] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a budget was spent."""

    budget: int
    spent: int
    requests: int
    answered: int
    waited: int
    messages: int
    """How often the bank was asked."""
    at_first_refusal: int | None
    """What was spent when somebody was refused for the first time."""
    stranded: int
    """What regions still have at the end."""

    @property
    def overspent(self) -> float:
        return max(self.spent - self.budget, 0) / self.budget

    @property
    def used(self) -> float:
        """The share that was spent before anybody was refused."""
        spent = self.spent if self.at_first_refusal is None else self.at_first_refusal
        return min(spent, self.budget) / self.budget


@dataclass(slots=True)
class Simulation:
    """One budget, from its first request to its last."""

    plan: Plan
    left: int
    regions: list[Region]
    under_way: deque[tuple[int, Region, int]] = field(default_factory=deque)
    spent: int = 0
    answered: int = 0
    waited: int = 0
    messages: int = 0
    at_first_refusal: int | None = None

    def arrive(self, now: int, where: int, cost: int) -> None:
        """A request: answered, waiting for a lease, or refused."""
        self._deliver(now)
        region = self.regions[where]
        if self._affords(region, cost):
            self._spend(region, cost)
        elif region.dry:
            self._refuse()
        else:
            region.waiting.append(cost)
        self._ask(now, region)

    def end(self) -> None:
        """Wait until every lease has arrived, and whoever waits for one is answered or refused."""
        while self.under_way:
            self._deliver(self.under_way[0][0])

    def _affords(self, region: Region, cost: int) -> bool:
        if self.plan.credit and not region.dry:
            return True
        return not region.waiting and region.balance >= cost

    def _spend(self, region: Region, cost: int) -> None:
        region.balance -= cost
        self.spent += cost
        self.answered += 1

    def _refuse(self) -> None:
        if self.at_first_refusal is None:
            self.at_first_refusal = self.spent

    def _ask(self, now: int, region: Region) -> None:
        """Before it runs out: at half a lease, or when somebody waits."""
        needed = sum(region.waiting) - region.balance
        if region.asked or region.dry or (not region.waiting and 2 * region.balance > self.plan.lease):
            return
        granted = self.plan.grant(self.left, needed)
        self.left -= granted
        self.messages += 1
        region.asked = True
        self.under_way.append((now + self.plan.round_trip, region, granted))

    def _deliver(self, now: int) -> None:
        while self.under_way and self.under_way[0][0] <= now:
            at, region, granted = self.under_way.popleft()
            region.balance += granted
            region.asked = False
            region.dry = granted == 0
            self._serve(region)
            self._ask(at, region)

    def _serve(self, region: Region) -> None:
        """Those who wait, in turn; of a bank that is empty nothing more will come."""
        while region.waiting and region.balance >= region.waiting[0]:
            self._spend(region, region.waiting.popleft())
            self.waited += 1
        while region.dry and region.waiting:
            region.waiting.popleft()
            self._refuse()


def simulated(plan: Plan, requests: Sequence[Request]) -> Outcome:
    """What becomes of a budget, request by request."""
    going = Simulation(plan, plan.budget, [Region() for _ in range(plan.regions)])
    for now, (where, cost) in enumerate(requests):
        going.arrive(now, where, cost)
    going.end()
    return Outcome(
        budget=plan.budget,
        spent=going.spent,
        requests=len(requests),
        answered=going.answered,
        waited=going.waited,
        messages=going.messages,
        at_first_refusal=going.at_first_refusal,
        stranded=sum(max(region.balance, 0) for region in going.regions),
    )


def traffic(draw: random.Random, requests: int, mean: int) -> list[Request]:
    """Requests whose costs are far apart, as those of answers are: most are small, few are large."""
    regions = draw.choices(range(len(SHARES)), SHARES, k=requests)
    return [(region, max(1, round(draw.lognormvariate(0, 1) * mean / 1.65))) for region in regions]


RULES: Mapping[str, Mapping[str, bool]] = {
    "wait": {"tapered": False, "credit": False},
    "wait, tapered": {"tapered": True, "credit": False},
    "credit, tapered": {"tapered": True, "credit": True},
}
COLUMNS = (
    "lease",
    "rule",
    "overspent",
    "used before a refusal",
    "asks per 1000 answers",
    "answers that waited",
)


def table() -> Iterator[str]:
    """Twice as many requests as the budget has money for, by the size of a lease and the rule."""
    asked = traffic(random.Random(7), requests=20_000, mean=BUDGET // 10_000)  # noqa: S311 - a simulation
    yield _line(*COLUMNS)
    yield _line(*["---"] * len(COLUMNS))
    for share in (0.001, 0.01, 0.05, 0.2):
        for name, rule in RULES.items():
            found = simulated(Plan(budget=BUDGET, lease=round(BUDGET * share), **rule), asked)
            yield _line(
                f"{share:.1%}",
                name,
                f"{found.overspent:.2%}",
                f"{found.used:.1%}",
                f"{1000 * found.messages / found.answered:.1f}",
                f"{found.waited / found.answered:.1%}",
            )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(table()))
