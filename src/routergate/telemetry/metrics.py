"""Usage events and the state of the process, as Prometheus metrics."""

import logging
import platform
from collections.abc import Collection
from operator import attrgetter
from pathlib import Path

from routergate import __version__
from routergate.domain.answer import Flaw
from routergate.domain.caching import Recalled
from routergate.domain.decision import Catalogue
from routergate.domain.event import Attempt, Outcome, UsageEvent
from routergate.domain.identity import Attribution
from routergate.domain.money import NANOS_PER_USD
from routergate.domain.usage import KINDS, Usage
from routergate.ports import Telemetry
from routergate.telemetry import table
from routergate.telemetry.capital import CapitalMetrics
from routergate.telemetry.comparisons import ComparisonMetrics
from routergate.telemetry.files import Cell, Labels, Slot, exposition
from routergate.telemetry.fullness import Fullness
from routergate.telemetry.logs import ATTENTION
from routergate.telemetry.opinions import Opinions
from routergate.telemetry.providers import ProviderMetrics
from routergate.telemetry.purses import PurseMetrics
from routergate.telemetry.queues import QueueMetrics
from routergate.telemetry.rescues import Rescues
from routergate.telemetry.savings import Savings
from routergate.telemetry.timings import Timings

log = logging.getLogger(__name__)

OWNERS_LIMIT = 1000
"""Combinations of opt-in label values that a worker tells apart; the rest are counted as `other`."""
LABEL_LENGTH = 100
"""Characters of an opt-in label value; the rest are cut off."""
NONE, OTHER = "none", "other"
MARGINAL, LOADED = "marginal", "loaded"
FAILURE, FLAWS = "failure", frozenset(Flaw)

OPT_IN = {
    "organisation": attrgetter("identity.organisation"),
    "team": attrgetter("identity.team"),
    "key": attrgetter("identity.key"),
    "customer": attrgetter("customer"),
    "feature": attrgetter("feature"),
}
"""The labels that an operator may switch on, and where their values are in an `Attribution`."""


class Metrics:
    """What one worker counts. One per process, made after the fork.

    Nothing here waits for anything or raises, once it is made.
    """

    def __init__(self, directory: Path, slot: int = 0, labels: Collection[str] = ()) -> None:
        opt_in = tuple(name for name in OPT_IN if name in labels)
        self._directory, self._slot = directory, Slot(directory, slot)
        self._owners = Owners(opt_in, self._slot.cells(table.LABEL_OVERFLOW)[()])
        self._requests = self._slot.cells(table.REQUESTS, opt_in)
        self._tokens = self._slot.cells(table.TOKENS, opt_in)
        self._cost = self._slot.cells(table.COST, opt_in)
        self._attempts = self._slot.cells(table.ATTEMPTS)
        self._escalations = self._slot.cells(table.ESCALATIONS)
        self._http_errors = self._slot.cells(table.HTTP_ERRORS)
        self._replays = self._slot.cells(table.REPLAYS)[()]
        self._recalled = self._slot.cells(table.CACHE)
        self._not_admitted = self._slot.cells(table.NOT_ADMITTED)
        self._reservations_swept = self._slot.cells(table.RESERVATIONS_SWEPT)[()]
        self._events_corrected = self._slot.cells(table.EVENTS_CORRECTED)[()]
        self._unpriced = self._slot.cells(table.UNPRICED)
        self._savings, self._timings = Savings(self._slot), Timings(self._slot)
        self._rescues = Rescues(self._slot)
        self.opinions = Opinions(self._slot)
        self.providers = ProviderMetrics(self._slot)
        self.purses = PurseMetrics(self._slot)
        self.capital = CapitalMetrics(self._slot)
        self.fullness = Fullness(self._slot)
        self.queues, self.comparisons = QueueMetrics(self._slot), ComparisonMetrics(self._slot)
        self._events_pending = self._slot.cells(table.EVENTS_PENDING)
        self._reload_successful = self._slot.cells(table.RELOAD_SUCCESSFUL)
        self._reload_timestamp = self._slot.cells(table.RELOAD_TIMESTAMP)
        self._events_on_disk = self._slot.cells(table.EVENTS_ON_DISK)
        self._events_spooled = self._slot.cells(table.EVENTS_SPOOLED)[()]
        self._events_dropped = self._slot.cells(table.EVENTS_DROPPED)[()]
        self._spool_damaged = self._slot.cells(table.SPOOL_DAMAGED)[()]
        self._store_up = self._slot.cells(table.STORE_UP)
        self._store_failures = self._slot.cells(table.STORE_FAILURES)[()]
        self._ledger_lag = self._slot.cells(table.LEDGER_LAG)
        self._ledger_waiting = self._slot.cells(table.LEDGER_WAITING)
        # Made beforehand: lines come from any thread, and only one of them may make new cells.
        self._log_lines = {level: self._slot.cells(table.LOG_LINES)[(level,)] for level, _ in ATTENTION}
        self._workers_restarted = self._slot.cells(table.WORKERS_RESTARTED)[()]
        self._unrecorded = self._slot.cells(table.UNRECORDED)[()]
        self._slot.cells(table.BUILD_INFO)[__version__, platform.python_version()].set(1)
        self._complained = self._closed = False

    def announce(self, catalogue: Catalogue) -> None:
        """Let every known series begin at 0: Prometheus does not see a first step that comes from nowhere."""
        for card in catalogue.models.values():
            self._unpriced[(card.id,)].add(0)
        self.providers.announce(catalogue)
        self.opinions.announce(catalogue.routes)
        for route in catalogue.routes.values():
            for reason in (FAILURE, *(route.cascade.escalate_when if route.cascade else ())):
                self._escalations[route.id, reason].add(0)
            self._savings.announce(route.id)
            for result in Recalled if route.caching else ():
                self._recalled[route.id, result].add(0)
            self._rescues.announce(route.id)
        if not self._owners.opt_in:
            self._announce_owned(catalogue)

    def record(self, event: UsageEvent) -> None:
        """Count the event in the metrics, without blocking and without raising; after `close`, not at all."""
        if self._closed:
            return
        try:
            self._count(event)
            self._savings.count(event)
            self._rescues.count(event)
            self._timings.observe(event)
            self.opinions.count(event)
            self.capital.count(event)
        except Exception:
            self._unrecorded.add()
            if not self._complained:
                self._complained = True
                log.exception("a request is missing from the metrics; further ones are counted, not logged")

    def refused(self, status: int, code: str | None) -> None:
        """A request was refused before it was routed."""
        self._http_errors[str(status), code or NONE].add()

    def not_admitted(self, scope: str, reason: str) -> None:
        """A budget or limit of a scope turned a request away."""
        self._not_admitted[scope, reason].add()

    def reservations_swept(self, count: int) -> None:
        self._reservations_swept.add(count)

    def events_corrected(self, count: int) -> None:
        self._events_corrected.add(count)

    def replayed(self) -> None:
        """A request was answered with what it had been answered before."""
        self._replays.add()

    def events_waiting(self, pending: int, on_disk: int) -> None:
        """So many events have not reached the store, and so many of them wait on disk."""
        self._events_pending[()].set(pending)
        self._events_on_disk[()].set(on_disk)

    def events_spooled(self, count: int) -> None:
        self._events_spooled.add(count)

    def spool_damaged(self, lines: int) -> None:
        self._spool_damaged.add(lines)

    def events_dropped(self, count: int = 1) -> None:
        self._events_dropped.add(count)

    def store(self, *, up: bool, failures: int) -> None:
        """Whether the store answers, and how many calls more it did not answer."""
        self._store_up[()].set(up)
        self._store_failures.add(failures)

    def ledger(self, seconds: float, events: int) -> None:
        """So many events in the store are not in a file yet, and the oldest is so old."""
        self._ledger_lag[()].set(seconds)
        self._ledger_waiting[()].set(events)

    def logged(self, level: str) -> None:
        """A line of the log asks for attention."""
        self._log_lines[level].add()

    def config_read(self, at: float) -> None:
        """The configuration was read and is in force since `at`, in seconds since the epoch."""
        self._reload_successful[()].set(1)
        self._reload_timestamp[()].set(at)

    def config_rejected(self) -> None:
        """The configuration was read and cannot be used; the one before stays in force."""
        self._reload_successful[()].set(0)

    def worker_restarted(self) -> None:
        self._workers_restarted.add()

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """What all workers have counted, and its content type. Reads files: not for the event loop.

        The requests that buckets name, for those who accept OpenMetrics, are this worker's own.
        """
        return exposition(self._directory, accept, dict(self._timings.traces()))

    def close(self) -> None:
        """Let the files go. What was counted stays in them; nothing more can be."""
        self._closed = True
        self._slot.close()

    def _count(self, event: UsageEvent) -> None:
        owner = self._owners.of(event.attribution)
        model, bought = (event.card.id, event.card.model_class) if event.card else (NONE, NONE)
        self._requests[event.route, model, bought, event.outcome, *owner].add()
        if event.recalled:
            self._recalled[event.route, event.recalled].add()
        for attempt in event.attempts:
            self._attempts[attempt.model, attempt.provider, attempt.result].add()
            self._count_tokens(attempt.model, attempt.usage, owner)
        if event.card and event.attempts and event.attempts[0].model != model:
            self._escalations[event.route, _reason(event.attempts[0])].add()
        self._count_tokens(model, event.usage, owner)
        if event.cost is None:
            self._unpriced[(model,)].add()
        elif event.card or event.cost:
            self._cost[model, bought, MARGINAL, *owner].add(event.cost / NANOS_PER_USD)
            if event.loaded is not None:
                self._cost[model, bought, LOADED, *owner].add(event.loaded / NANOS_PER_USD)

    def _count_tokens(self, model: str, usage: Usage | None, owner: Labels) -> None:
        for kind, tokens in usage.by_kind().items() if usage else ():
            if tokens:
                self._tokens[model, kind, *owner].add(tokens)

    def _announce_owned(self, catalogue: Catalogue) -> None:
        for card in catalogue.models.values():
            for basis in (MARGINAL, LOADED):
                self._cost[card.id, card.model_class, basis].add(0)
            for kind in KINDS:
                self._tokens[card.id, kind].add(0)
        for route in catalogue.routes.values():
            for card in (catalogue.models[model] for model in route.candidates):
                self._requests[route.id, card.id, card.model_class, Outcome.OK].add(0)


class Owners:
    """The opt-in labels of a request, and how many combinations of them there may be."""

    def __init__(self, opt_in: Labels, overflow: Cell) -> None:
        self.opt_in = opt_in
        self._overflow = overflow
        self._read = tuple(OPT_IN[name] for name in opt_in)
        self._known: dict[tuple[str | None, ...], Labels] = {}

    def of(self, attribution: Attribution) -> Labels:
        """Label values in the order of `opt_in`."""
        values = tuple([read(attribution) for read in self._read])
        return self._known.get(values) or self._new(values)

    def _new(self, values: tuple[str | None, ...]) -> Labels:
        if not values:
            return ()
        if len(self._known) >= OWNERS_LIMIT:
            self._overflow.add()
            return (OTHER,) * len(values)
        known = self._known[values] = tuple(_label(value) for value in values)
        return known


def _reason(first: Attempt) -> str:
    """Why the first model's answer was not given."""
    return first.result if first.usage is not None and first.result in FLAWS else FAILURE


def _label(value: str | None) -> str:
    """`value` as a label; half a character, which no exposition can hold, becomes a question mark."""
    return (value or NONE)[:LABEL_LENGTH].encode("utf-8", "replace").decode()


_: type[Telemetry] = Metrics
