"""How far models are trusted: one process at a time moves them, all of them obey."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from routergate.domain.errors import StoreUnavailable
from routergate.domain.quality import Interval, Standing, Subject, Transition, Trust
from routergate.ledger.names import WATCHING
from routergate.ledger.trust import Kept, StoredTrust, field_of, subject_of
from routergate.ledger.turn import Turn
from routergate.ports import Clock
from routergate.quality.kept import watch_of
from routergate.quality.plan import NOTHING_KNOWN
from routergate.quality.standings import Moves, Plans, standings
from routergate.quality.watch import Watch
from routergate.store.client import Store

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
GRAVE = (Trust.TRUSTED, Trust.WATCHED, Trust.PROBING, Trust.DEMOTED, Trust.QUARANTINED)
"""From the best to the worst."""
TRUSTED = (Trust.TRUSTED, NOTHING_KNOWN)


@dataclass(slots=True)
class Trusts:
    """What this process knows of it: as of a second ago."""

    watches: Mapping[Subject, Watch] = field(default_factory=dict)
    _texts: Mapping[bytes, bytes] = field(default_factory=dict)
    _known: Mapping[Subject, tuple[Trust, Interval]] = field(default_factory=dict)
    _standings: Mapping[str, Standing] = field(default_factory=dict)

    def take(self, texts: Mapping[bytes, bytes], plans: Plans) -> None:
        """What the store has now; only what has changed is read."""
        read = {name: text for name, text in texts.items() if self._texts.get(name) != text}
        old = {one: watch for one, watch in self.watches.items() if field_of(one) in texts}
        self.watches = {**old, **watches_of(read)}
        self._texts = texts
        self._known = {one: (watch.trust, watch.interval()) for one, watch in self.watches.items()}
        self._standings = standings(self.watches, plans)

    def standing(self, route: str) -> Standing:
        """For decisions on a route."""
        return self._standings.get(route) or Standing()

    def of(self, subject: Subject, at_large: Subject) -> tuple[Trust, Interval]:
        """How far a model is trusted with a task, no further than as a whole; and how well that is known."""
        trust, known = self._known.get(subject, TRUSTED)
        whole, _ = self._known.get(at_large, TRUSTED)
        return max(trust, whole, key=GRAVE.index), known


def watches_of(texts: Mapping[bytes, bytes]) -> dict[Subject, Watch]:
    """What was written down; what cannot be read is told, and begins anew."""
    found: dict[Subject, Watch] = {}
    for name, text in texts.items():
        subject = subject_of(name)
        try:
            found[subject] = watch_of(text.decode())
        except ValueError as error:
            log.error("what is remembered of %s %s", subject, error)
    return found


async def follow(store: Store, trusts: Trusts, plans: Callable[[], Plans]) -> None:
    """Keep in mind how far models are trusted. Every worker does; what was known last stays."""
    while True:
        if plans():
            with suppress(StoreUnavailable):
                trusts.take((await StoredTrust(store).kept()).watches, plans())
        await asyncio.sleep(LOOK_EVERY)


class Watching:
    """Takes comparisons and orders into account, by one process at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        plans: Callable[[], Plans],
        tell: Callable[[Transition], Awaitable[None]],
    ) -> None:
        self._stored = StoredTrust(store)
        self._clock = clock
        self._plans = plans
        self._tell = tell
        self._turn = Turn(store, WATCHING)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                with suppress(StoreUnavailable):  # the store's own metrics and log tell of it
                    while await self._look():
                        pass
                await asyncio.sleep(LOOK_EVERY)
        finally:
            with suppress(StoreUnavailable):
                await self._turn.pass_on()

    async def _look(self) -> bool:
        """Take what is new into account; whether there may be more of it."""
        if not self._plans() or not await self._turn.ours():
            return False
        before = await self._stored.kept()
        place, news = await self._stored.news(before.place)
        moves = Moves(self._plans(), watches_of(before.watches))
        moves.take(news)
        moves.wait(self._clock.epoch_ns())
        return await self._written(before, place, moves) and bool(news)

    async def _written(self, before: Kept, place: str, moves: Moves) -> bool:
        if place == before.place and not moves.changed:
            return False
        changed = {subject: moves.watches[subject] for subject in moves.changed}
        if not await self._stored.write(before, place, changed, moves.told):
            return False  # another process has the job by now
        for one in moves.told:
            await self._tell(one)
        return True
