"""Telling whoever wants to know of budgets and models: one process at a time, at least once."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from routergate.config.spec import AlertFormat, AlertSpec, Config
from routergate.domain.alert import Alert
from routergate.domain.errors import StoreUnavailable
from routergate.domain.quality import Transition
from routergate.ledger.alerts import NEW, tell, untold
from routergate.ledger.names import ALERTING, ORGANISATIONS
from routergate.ledger.trust import StoredTrust
from routergate.ledger.turn import Turn
from routergate.ports import Clock
from routergate.spend.watch import limit_at
from routergate.store.client import Store
from routergate.telemetry.webhooks import (
    Payload,
    as_object,
    as_slack,
    listener,
    move_as_object,
    move_as_slack,
    posted,
)

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
PAUSES = (1.0, 5.0)
"""Seconds between the tries of one alert."""
REST = 60.0
"""Seconds until somebody who did not take an alert is tried again."""
FORMATS: Mapping[AlertFormat, Payload] = {AlertFormat.JSON: as_object, AlertFormat.SLACK: as_slack}
MOVES: Mapping[AlertFormat, Callable[[Transition], Mapping[str, Any]]] = {
    AlertFormat.JSON: move_as_object,
    AlertFormat.SLACK: move_as_slack,
}


class Alarms:
    """Each of those who are told has a task of its own: one who does not answer holds up nobody else."""

    def __init__(
        self, store: Store, session: aiohttp.ClientSession, clock: Clock, config: Callable[[], Config]
    ) -> None:
        self._store = store
        self._session = session
        self._clock = clock
        self._config = config
        self._turn = Turn(store, ALERTING)
        self._telling: dict[AlertSpec, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await self._stop()

    async def _stop(self) -> None:
        """Leave the rest to another process, at once."""
        for task in self._telling.values():
            task.cancel()
        await asyncio.gather(*self._telling.values(), return_exceptions=True)
        with suppress(StoreUnavailable):
            await self._turn.pass_on()

    async def _look(self) -> None:
        wanted = self._config().alerts
        self._telling = {spec: task for spec, task in self._telling.items() if not task.done()}
        try:
            if not wanted or not await self._turn.ours():
                return
            organisations = sorted(await self._store.members(ORGANISATIONS))
        except StoreUnavailable:
            return  # the store's own metrics and log tell of it
        for spec in wanted:
            if spec not in self._telling:
                self._telling[spec] = asyncio.create_task(self._tell(spec, organisations))

    async def _tell(self, spec: AlertSpec, organisations: Sequence[str]) -> None:
        """Everything that one of them has not been told, in order."""
        concerned = [name for name in organisations if spec.organisation in {None, name}]
        name = listener(spec.url.reveal())
        try:
            for alert in await untold(self._store, concerned, name, self._clock.epoch_ns() // 1_000_000):
                if not await self._turn.ours():
                    return
                if not await self._delivered(spec, self._payload(spec, alert)):
                    await asyncio.sleep(REST)
                    return
                await tell(self._store, alert, name)
            await self._tell_moves(spec, name)
        except StoreUnavailable as error:
            log.warning("alerts wait: %s", error)

    async def _tell_moves(self, spec: AlertSpec, name: str) -> None:
        """Models are everybody's: whoever is told of one organisation only is not told of them."""
        stored = StoredTrust(self._store)
        since = self._clock.epoch_ns() // 1_000_000 - NEW
        for place, moved in await stored.untold(name, since) if spec.organisation is None else ():
            if not await self._turn.ours():
                return
            if not await self._delivered(spec, MOVES[spec.format](moved)):
                await asyncio.sleep(REST)
                return
            await stored.tell(name, place)

    def _payload(self, spec: AlertSpec, alert: Alert) -> Mapping[str, Any]:
        rules = self._config().rules.of(alert.organisation)
        return FORMATS[spec.format](alert, limit_at(rules, alert.counter, alert.amount))

    async def _delivered(self, spec: AlertSpec, payload: Mapping[str, Any]) -> bool:
        url = spec.url.reveal()
        for pause in (*PAUSES, None):
            refusal = await posted(self._session, url, payload)
            if refusal is None:
                return True
            log.warning("an alert was not taken by %s: %s", urlsplit(url).hostname, refusal)
            if pause is not None:
                await asyncio.sleep(pause)
        return False
