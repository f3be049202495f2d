"""What a process does so that the promises of routes stay true: comparing, watching, telling."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from routergate.accounts.audit import AuditLog
from routergate.alarms import Alarms
from routergate.app import Parts
from routergate.comparing import Comparer
from routergate.config.spec import Config
from routergate.domain.errors import StoreUnavailable
from routergate.domain.feedback import Feedback
from routergate.domain.quality import Cause, Transition
from routergate.gateway import Gateway
from routergate.ledger.comparisons import ComparisonBook
from routergate.ledger.trust import StoredTrust
from routergate.providers.reading import ChatReader
from routergate.trusting import LOOK_EVERY, Watching, follow

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]


def overseen(parts: Parts, gateway: Callable[[], Gateway], config: Callable[[], Config]) -> Sequence[Job]:
    """The jobs of one worker."""
    comparer = Comparer(
        gateway=gateway,
        samples=parts.samples,
        book=ComparisonBook(parts.store, parts.clock),
        reader=ChatReader(),
        telemetry=parts.metrics.comparisons,
        clock=parts.clock,
        count=parts.metrics.comparisons.count,
    )
    watching = Watching(parts.store, parts.clock, lambda: config().shadows, lambda it: _tell(parts, it))
    return (
        Alarms(parts.store, parts.session, parts.clock, config).run,
        comparer.run,
        watching.run,
        lambda: follow(parts.store, parts.trusts, lambda: config().shadows),
        lambda: _show(parts),
    )


async def heard(parts: Parts, said: Sequence[Feedback]) -> None:
    """Feedback is in the books: count it; what it says of models may put them under watch, and no more."""
    parts.metrics.opinions.heard(said)
    news = list(parts.samples.volunteered(said, parts.clock.epoch_ns()))
    if news:
        with suppress(StoreUnavailable):  # a hint, which need not be there
            await StoredTrust(parts.store).say(news)


async def _tell(parts: Parts, moved: Transition) -> None:
    """To the log, the metrics and the audit log; webhooks read the store's own list."""
    log.warning("%s", moved.why)
    parts.metrics.comparisons.moved(moved)
    if moved.cause is Cause.HAND:
        return  # whoever it was has written it down
    audit = AuditLog(parts.store, parts.clock)
    await audit.note(
        "quality",
        "model_moved",
        str(moved.subject),
        trust={"from": moved.before.value, "to": moved.after.value},
        dry_run={"from": None, "to": moved.dry_run},
    )


async def _show(parts: Parts) -> None:
    """Keep the metrics of trust. Every worker does: their gauges are merged, not added."""
    while True:
        parts.metrics.comparisons.show(
            (subject, watch.trust) for subject, watch in parts.trusts.watches.items()
        )
        await asyncio.sleep(LOOK_EVERY)
