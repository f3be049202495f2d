"""Which providers are full, and how a model fills up and empties again."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest

from routergate.dispatch.capacity import STALE, Gauges
from routergate.dispatch.crowd import crowds, fill
from routergate.dispatch.fleet import Fleet, Loads, Replica
from routergate.domain.capacity import Crowd, Fill, Occupancy
from routergate.domain.model import ModelClass, ProviderId
from routergate.route.crowded import crowded
from routergate.route.order import rank
from support.builders import a_candidate, a_card
from support.fakes import FakeProvider

GPUS = ProviderId("gpus")
ONE, TWO = (Replica(provider=GPUS, name=name, api=FakeProvider(), tolerated=2.0) for name in ("one", "two"))
FLEET: Fleet = {GPUS: (ONE, TWO)}
FULL = Occupancy(running=10, waiting=30, cache=0.9, answered=10, seconds=10.0)
ROOM = Occupancy(running=4, waiting=0, cache=0.3, prefix_asked=100, prefix_found=60)


def told(one: Occupancy | None = None, two: Occupancy | None = None) -> Gauges:
    gauges = Gauges()
    for replica, said in ((ONE, one), (TWO, two)):
        if said is not None:
            gauges.hear(replica.server, said, 0, 0.0)
    return gauges


@pytest.mark.parametrize(
    ("gauges", "crowd"),
    [
        (told(), None),
        (told(FULL, ROOM), None),
        (told(FULL), Crowd(waiting=30, seconds=3.0, level=0.5)),
        (told(FULL, Occupancy(running=10, waiting=50)), Crowd(waiting=30, seconds=3.0, level=0.5)),
        (told(two=Occupancy(running=10, waiting=50)), Crowd(waiting=50, seconds=None, level=1.0)),
    ],
    ids=["nobody tells", "one has room", "one tells", "one wait is unknown", "every wait is unknown"],
)
def test_a_queue_is_the_shortest_wait_that_is_known(gauges: Gauges, crowd: Crowd | None) -> None:
    assert crowds(FLEET, Loads(), gauges, 0.0) == ({GPUS: crowd} if crowd else {})


def test_a_provider_that_tells_no_more_has_no_queue_that_anybody_knows() -> None:
    assert crowds(FLEET, Loads(), told(FULL), STALE + 1) == {}


def test_how_full_a_provider_is_is_the_mean_of_its_servers() -> None:
    both = fill(FLEET[GPUS], told(FULL, ROOM), 0.0)
    assert both == Fill(utilisation=0.65, waiting=30, prefix_hits=0.6)
    assert fill(FLEET[GPUS], told(), 0.0) == Fill()
    assert fill(FLEET[GPUS], told(Occupancy(running=1, waiting=0)), 0.0) == Fill(waiting=0)


SLOTS, SECONDS = 10, 1.0
"""A server that gets ten requests a second done."""
TICK, TALKS = 0.01, 200


@dataclass
class Engine:
    """A server that works on so many requests at a time, and lets the others wait in line."""

    ends: list[float] = field(default_factory=list)
    line: deque[float] = field(default_factory=deque)
    answered: int = 0
    waits: list[float] = field(default_factory=list)

    def go_on(self, now: float) -> int:
        """Let time pass; how many requests are done."""
        done = [end for end in self.ends if end <= now]
        self.ends = [end for end in self.ends if end > now]
        while self.line and len(self.ends) < SLOTS:
            self.waits.append(now - self.line.popleft())
            self.ends.append(now + SECONDS)
        self.answered += len(done)
        return len(done)

    def tell(self) -> Occupancy:
        return Occupancy(
            running=len(self.ends),
            waiting=len(self.line),
            answered=self.answered,
            seconds=self.answered * SECONDS,
        )


@dataclass
class Scene:
    """Conversations that want an answer now and then, an own model, and a dearer one behind an API."""

    load: Callable[[float], float]
    """How much of what the server gets done is asked of both together, at a time."""
    engine: Engine = field(default_factory=Engine)
    loads: Loads = field(default_factory=Loads)
    gauges: Gauges = field(default_factory=Gauges)
    sides: dict[int, list[str]] = field(default_factory=dict)
    """Who answered each conversation, turn after turn."""
    seen: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = a_card("own", provider=GPUS, model_class=ModelClass.SELF_HOSTED)
        self.candidates = a_candidate(own, cost=0), a_candidate(a_card("api"), cost=1_000)

    def run(self, seconds: float) -> None:
        draw = Random(17)
        for tick in range(round(seconds / TICK)):
            now = tick * TICK
            for _ in range(self.engine.go_on(now)):
                self.loads.end(ONE)
            if tick % round(1 / TICK) == 0:
                self.gauges.hear(ONE.server, self.engine.tell(), self.loads.running(ONE), now)
            for _ in arrivals(draw, self.load(now) * SLOTS / SECONDS):
                self.ask(draw.randrange(TALKS), now)

    def ask(self, talk: int, now: float) -> None:
        waiting = crowds({GPUS: [ONE]}, self.loads, self.gauges, now)
        patience = talk / TALKS
        chosen = rank(crowded(self.candidates, waiting, patience, loaded=False))[0].card.id
        self.sides.setdefault(talk, []).append(chosen)
        self.seen.append((now, chosen))
        if chosen == "own":
            self.loads.begin(ONE)
            self.engine.line.append(now)

    def share(self, chosen: str, since: float, until: float) -> float:
        found = Counter(who for at, who in self.seen if since <= at < until)
        return found[chosen] / found.total()

    @property
    def turns(self) -> int:
        """How often a conversation went from one model to the other."""
        return sum(a != b for side in self.sides.values() for a, b in pairwise(side))


def arrivals(draw: Random, rate: float) -> Iterator[None]:
    """Requests of one tick, at random."""
    for _ in range(5):
        if draw.random() < rate * TICK / 5:
            yield


def test_a_model_with_room_gets_everything() -> None:
    scene = Scene(load=lambda _: 0.7)
    scene.run(60)
    assert (scene.share("own", 0, 60), scene.turns) == (1.0, 0)


def test_under_too_much_load_the_rest_goes_elsewhere_and_the_own_server_stays_busy() -> None:
    scene = Scene(load=lambda _: 1.5)
    scene.run(120)
    assert scene.share("own", 60, 120) == pytest.approx(1 / 1.5, abs=0.07)
    assert scene.engine.answered > 0.95 * 120 * SLOTS / SECONDS
    assert max(scene.engine.waits) < 3 * ONE.tolerated


def test_conversations_do_not_flap_between_models() -> None:
    scene = Scene(load=lambda _: 1.5)
    scene.run(120)
    assert len(scene.seen) > 8 * TALKS
    # If everybody left at the same length of the queue, it would be four turns in ten.
    assert scene.turns < 0.2 * len(scene.seen)


def test_once_the_load_has_fallen_everybody_is_back_within_seconds() -> None:
    scene = Scene(load=lambda now: 3.0 if now < 30 else 0.5)
    scene.run(60)
    assert scene.share("own", 25, 30) < 0.5
    assert scene.share("own", 36, 60) == 1.0
