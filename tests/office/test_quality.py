"""What routes promise, and what is known of their models."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from routergate.config.spec import Config
from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import Subject, Trust
from routergate.ledger.beside import without_request
from routergate.ledger.record import EventRow
from routergate.office.quality import Quality
from routergate.quality.watch import begun
from routergate.store.client import Store
from support.events import LARGE, an_event
from support.ledgers import DAY, NOON
from support.office import Written, a_view, configured, in_a_thread, move, told, write
from support.redis import HandClock

DAYS = date(2023, 11, 10), date(2023, 11, 15)
SECOND = 1_000_000_000
CONFIG = """
version: 1
providers: {p: {kind: openai, base_url: http://127.0.0.1:9/v1}}
models:
  mini: {provider: p, class: economy, context_tokens: 9}
  large: {provider: p, class: frontier, context_tokens: 9}
routes: {auto: {candidates: [mini, large], baseline: large, quality: 0.95}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path, CONFIG)


def said(decision: str, rating: float, n: int = 0, **changes: Any) -> EventRow:
    of = {"rating_source": "user", "rating_weight": 1.0, "organisation": "acme", **changes}
    return without_request(
        kind="feedback", id=f"feedback:{decision}:{n}", at=NOON + (60 + n) * SECOND, decision=decision,
        rating=rating, **of,
    )  # fmt: skip


async def known(store: Store, ledger: Path, config: Config, organisation: str | None = None) -> list[Any]:
    view = a_view(store, HandClock(epoch=NOON + DAY), ledger, config)
    rows: list[Any] = (await Quality(view, in_a_thread).told(DAYS, organisation))["data"]
    return rows


@pytest.mark.parametrize("moved", ["nothing", "requests", "everything"])
async def test_estimates_and_what_was_said_are_told_beside_the_promise(
    store: Store, tmp_path: Path, config: Config, moved: str
) -> None:
    asked = [
        told(an_event(id="a", quality=0.96)),
        told(an_event(id="b", quality=0.90)),
        told(an_event(id="c", quality=None, task="code")),
        told(an_event(id="d", quality=1.0, card=LARGE)),
    ]
    words = [
        said("a", 0.0),
        said("a", 1.0, 1),  # who says it again means the latter
        said("a", 0.5, 2, rating_source="judge", rating_weight=3.0),
        said("c", 1.0),
        said("d", 0.0, organisation="globex"),  # not theirs
        said("nobody's", 0.0),
    ]
    ledger = tmp_path / "ledger"
    await write(store, map(Written, asked))
    if moved != "nothing":
        await move(store, ledger, "acme")
    await write(store, map(Written, words))
    if moved == "everything":
        await move(store, ledger, "acme", "globex")
    large, mini = await known(store, ledger, config)
    assert (mini["route"], mini["model"], mini["promised"], mini["baseline"]) == (
        "auto",
        "mini",
        0.95,
        "large",
    )
    assert (mini["requests"], mini["estimate"], mini["estimated"]) == (3, 0.93, 2)
    assert (mini["feedback"]["n"], mini["feedback"]["mean"]) == (2, 0.8125)
    assert 0 < mini["feedback"]["low"] < 0.8125 < mini["feedback"]["high"] < 1
    by_task = {one["task"]: one for one in mini["tasks"]}
    assert (by_task["chat"]["feedback"]["mean"], by_task["code"]["feedback"]["mean"]) == (0.625, 1.0)
    assert (large["estimate"], large["feedback"]) == (1.0, None)
    assert await known(store, ledger, config, "initech") == []


async def test_how_far_models_are_trusted_is_told_where_answers_are_compared(
    store: Store, tmp_path: Path
) -> None:
    shadow = "shadow: {share: 0.1, check: same, budget: {usd: 1, window: day}}"
    config = configured(tmp_path, CONFIG.replace("quality: 0.95}", f"quality: 0.95, {shadow}}}"))
    view = a_view(store, HandClock(epoch=NOON + DAY), tmp_path / "ledger", config)
    subject = Subject(route="auto", model=ModelId("mini"), task=TaskId("chat"))
    view.trusts.watches = {subject: replace(begun(NOON), trust=Trust.WATCHED)}
    await write(store, [Written(told(an_event(id="a")))])
    [mini] = (await Quality(view, in_a_thread).told(DAYS, None))["data"]
    assert (mini["state"], mini["tasks"][0]["state"]) == ("trusted", "watched")


async def test_a_request_that_was_corrected_counts_once(store: Store, tmp_path: Path, config: Config) -> None:
    rows = [
        told(an_event(id="a")),
        told(an_event(id="a"), kind="reversal", requests=-1),
        told(an_event(id="a"), kind="correction"),
    ]
    await write(store, map(Written, rows))
    [mini] = await known(store, tmp_path, config)
    assert (mini["requests"], mini["estimate"], mini["estimated"]) == (1, 0.93, 1)


async def test_a_route_that_is_gone_promises_nothing(store: Store, tmp_path: Path, config: Config) -> None:
    await write(store, [Written(told(an_event(id="a", route="gone")))])
    [mini] = await known(store, tmp_path, config)
    assert (mini["promised"], mini["tasks"][0]["threshold"], mini["calibrated"]) == (None, None, False)
