"""Looking after servers beside the requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from routergate.dispatch.breaker import State
from routergate.dispatch.checked import Checker
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.fleet import Replica
from routergate.dispatch.watch import Rounds, measure
from routergate.domain.capacity import Crowd, Health, Occupancy
from routergate.domain.decision import Candidate
from routergate.domain.errors import ProviderBroken
from routergate.domain.model import ModelCard, ProviderId
from routergate.domain.request import ChatRequest
from routergate.meter.meter import Meter
from routergate.ports import Capacity, Chunk, Probe
from routergate.providers.reading import ChatReader
from support.builders import a_card, a_decision, a_request
from support.fakes import SEAMS, FakeProvider
from support.redis import HandClock

GPUS = ProviderId("gpus")
CARD = a_card("mini", provider=GPUS)
FULL = Occupancy(running=10, waiting=50)


@dataclass
class Told:
    """A server that says what it is told to say of its load."""

    said: Occupancy | None

    async def occupancy(self) -> Occupancy | None:
        return self.said


@dataclass
class Looked:
    """A server that is as well as it is told to be, and counts the looks."""

    is_well: bool = True
    looks: int = 0

    async def well(self) -> bool:
        self.looks += 1
        return self.is_well


_: tuple[type[Capacity], type[Probe]] = (Told, Looked)


async def admit(candidate: Candidate, rejected: int) -> ChatRequest:
    return a_request()


@dataclass
class Scene:
    """One server that is looked after."""

    probe: Looked = field(default_factory=Looked)
    api: FakeProvider = field(default_factory=lambda: FakeProvider([Chunk(data=b"Hi.", text="Hi.")]))
    every: float = 10.0
    clock: HandClock = field(default_factory=HandClock)
    looks: list[tuple[ProviderId, bool]] = field(default_factory=list)
    cards: Sequence[ModelCard] = (CARD, a_card("elsewhere"))

    def __post_init__(self) -> None:
        self.rounds = Rounds(lambda *look: self.looks.append(look))
        only = Replica(provider=GPUS, name="only", api=self.api, probe=self.probe, probe_every=self.every)
        self.dispatcher = Dispatcher(
            fleet={GPUS: [only]},
            chance=lambda: 0.0,
            sleep=self.clock.sleep,
            checker=Checker(ChatReader()),
            seams=SEAMS,
        )
        self.circuit = self.dispatcher.experience.circuits[only.target(CARD.id)]

    async def pass_by(self, *seconds: float) -> None:
        """So much time goes by, and a round is made each time."""
        for each in seconds:
            self.clock.seconds += each
            await self.rounds.go(self.dispatcher, self.cards, self.clock)

    async def ask(self) -> None:
        meter = Meter(self.clock, self.clock.seconds)
        begun = await self.dispatcher.first_answer(a_decision(CARD), admit, meter)
        async for _ in begun.rest:
            pass

    def state(self) -> State:
        return self.circuit.state(self.clock.seconds)


async def test_servers_that_tell_are_asked_how_full_they_are() -> None:
    full = Replica(provider=GPUS, name="full", api=FakeProvider(), capacity=Told(FULL))
    silent = Replica(provider=GPUS, name="silent", api=FakeProvider(), capacity=Told(None))
    dispatcher, clock = Scene().dispatcher, HandClock()
    dispatcher = Dispatcher(
        fleet={
            GPUS: [full, silent],
            ProviderId("api"): [Replica(provider=GPUS, name="x", api=FakeProvider())],
        },
        chance=lambda: 0.0,
        sleep=clock.sleep,
        checker=Checker(ChatReader()),
        seams=SEAMS,
    )
    await measure(dispatcher, clock)
    assert dispatcher.health(0.0) == Health(crowds={GPUS: Crowd(waiting=50, seconds=None, level=1.0)})


async def test_a_server_that_nobody_asks_is_looked_at_now_and_then() -> None:
    scene = Scene()
    await scene.pass_by(0, 5, 4, 1, 1)
    assert scene.probe.looks == 2
    assert scene.looks == [(GPUS, True), (GPUS, True)]


async def test_a_server_with_traffic_is_not_looked_at() -> None:
    scene = Scene()
    await scene.ask()
    await scene.pass_by(1, 8)
    assert scene.probe.looks == 0
    await scene.pass_by(1)
    assert scene.probe.looks == 1


async def test_a_server_that_is_not_well_is_passed_over_before_anybody_asks_it() -> None:
    scene = Scene(probe=Looked(is_well=False))
    await scene.pass_by(0)
    assert scene.dispatcher.down(scene.clock.seconds) == {CARD.id}
    await scene.pass_by(*[1.0] * 30)
    assert scene.state() is State.OPEN
    assert scene.probe.looks == 31


async def test_once_it_is_well_again_the_next_request_finds_out() -> None:
    scene = Scene(probe=Looked(is_well=False))
    await scene.pass_by(0, 1)
    scene.probe.is_well = True
    await scene.pass_by(1)
    assert scene.state() is State.HALF_OPEN
    await scene.ask()
    assert scene.state() is State.CLOSED


async def test_a_server_that_says_it_is_well_but_does_not_answer_is_not_believed_again() -> None:
    scene = Scene(api=FakeProvider([ProviderBroken("x")]))
    for _ in range(5):
        scene.circuit.failed(scene.circuit.enter(0.0), 0.0)
    await scene.pass_by(0.1)
    assert scene.state() is State.HALF_OPEN
    entry = scene.circuit.enter(scene.clock.seconds)
    scene.circuit.failed(entry, scene.clock.seconds)
    scene.circuit.leave(entry)
    await scene.pass_by(1.5)
    assert (scene.state(), scene.probe.looks) == (State.OPEN, 2)


async def test_a_server_that_wants_to_be_left_alone_is_not_looked_at() -> None:
    scene = Scene()
    scene.circuit.failed(scene.circuit.enter(0.0), 0.0, retry_after=60.0)
    await scene.pass_by(0, 20, 20)
    assert (scene.probe.looks, scene.state()) == (0, State.OPEN)


async def test_while_a_request_finds_out_nobody_else_looks() -> None:
    scene = Scene()
    for _ in range(5):
        scene.circuit.failed(scene.circuit.enter(0.0), 0.0)
    scene.circuit.enter(2.0)
    await scene.pass_by(2)
    assert scene.probe.looks == 0
