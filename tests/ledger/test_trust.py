"""How far models are trusted, in a real store."""

from routergate.domain.quality import EVERY, Comparison, Trust
from routergate.ledger.comparisons import ComparisonBook
from routergate.ledger.names import events_key
from routergate.ledger.record import decode
from routergate.ledger.trust import StoredTrust, field_of, subject_of
from routergate.quality.kept import watch_of
from routergate.quality.standings import Moves, Order
from routergate.store.client import Store
from support.comparisons import SUBJECT, a_comparison, a_plan
from support.redis import HandClock

ORDER = Order(subject=SUBJECT, trust=Trust.DEMOTED, said="cli:ann", at=5)


async def moved(stored: StoredTrust) -> Moves:
    """What is new, taken into account and not written yet."""
    _, news = await stored.news((await stored.kept()).place)
    moves = Moves({"auto": a_plan()}, {})
    moves.take(news)
    return moves


async def test_news_comes_back_in_order_and_is_forgotten_once_it_counts(store: Store) -> None:
    stored = StoredTrust(store)
    said: list[Comparison | Order] = [a_comparison(), ORDER, a_comparison(0.0)]
    await stored.say(said)

    before = await stored.kept()
    place, news = await stored.news(before.place)
    assert news == said
    assert await stored.write(before, place, {}, [])

    assert (await stored.kept()).place == place
    assert await stored.news(place) == (place, [])


async def test_whoever_was_away_too_long_writes_nothing(store: Store) -> None:
    stored = StoredTrust(store)
    await stored.say([ORDER])
    before, moves = await stored.kept(), await moved(stored)

    assert await stored.write(before, before.place, moves.watches, moves.told)
    assert not await stored.write(before, before.place, {}, moves.told)

    kept = await stored.kept()
    assert watch_of(kept.watches[field_of(SUBJECT)].decode()).trust is Trust.DEMOTED
    assert [one for _, one in await stored.untold("somebody", 0)] == moves.told


async def test_each_listener_is_told_of_each_move_once(store: Store) -> None:
    stored = StoredTrust(store)
    await stored.say([ORDER])
    moves = await moved(stored)
    await stored.write(await stored.kept(), "0-0", moves.watches, moves.told)

    [(place, _)] = await stored.untold("one", 0)
    await stored.tell("one", place)

    assert await stored.untold("one", 0) == []
    assert len(await stored.untold("another", 0)) == 1


async def test_a_comparison_is_a_row_of_the_ledger_and_counts_twice(store: Store) -> None:
    one = a_comparison(0.5, inclusion=0.25)
    await ComparisonBook(store, HandClock()).book("acme", "req_1", one, 0.01)

    [(_, fields)] = await store.call("XRANGE", events_key("acme"), "-", "+")
    [row] = [decode(text) for text in fields.values() if text.startswith(b"{")]
    assert (row.kind, row.requests, row.model, row.decision) == ("comparison", 0, "mini", "req_1")
    assert (row.rating, row.rating_source, row.propensity) == (0.5, "exact", 0.25)
    _, [told, whole] = await StoredTrust(store).news("0-0")
    assert told == one
    assert (whole.subject.task, getattr(whole, "least", None)) == (EVERY, 0.01)


def test_a_subject_has_a_name() -> None:
    assert subject_of(field_of(SUBJECT)) == SUBJECT
