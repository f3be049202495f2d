"""Feedback: from the book, through the files, to rated answers."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from routergate.app import SystemClock
from routergate.domain.decision import Decision
from routergate.domain.errors import StoreUnavailable
from routergate.domain.feedback import Feedback
from routergate.domain.identity import Identity
from routergate.ledger.consumer import export
from routergate.ledger.decided import packed, unpacked
from routergate.ledger.feedback import FeedbackBook
from routergate.ledger.rated import rated
from routergate.ledger.shelf import Shelf
from routergate.store.client import Store, connect
from support.builders import a_decision, some_features
from support.events import an_event
from support.exports import settle

CALLER = Identity(key="key-1", organisation="acme", team="research")
WHEN = date(2023, 11, 1), date(2100, 1, 1)


def said(decision: str, rating: float, **more: object) -> Feedback:
    return replace(Feedback(decision=decision, rating=rating, source="user"), **more)  # type: ignore[arg-type]


def read(*latent: float) -> Decision:
    features = some_features()
    reading = replace(features.reading, latent=latent, estimator="like-this")
    return a_decision(features=replace(features, reading=reading))


async def booked(store: Store, *portions: list[Feedback]) -> None:
    book = FeedbackBook(store, SystemClock())
    for portion in portions:
        await book.book(CALLER, portion)


async def test_what_is_said_of_an_answer_is_joined_with_what_was_read_of_its_request(
    store: Store, tmp_path: Path
) -> None:
    shelf = Shelf(str(tmp_path))
    await settle(store, [an_event(id=f"d{n}", decision=read(n / 4, -1.5)) for n in range(3)])
    await booked(store, [said("d1", 0.25), said("d2", 1.0), said("nobody", 0.5)])
    assert await export(store, shelf, "acme") == 6
    one, two = rated(shelf, *WHEN)
    assert (one.model, one.estimator, one.rating) == ("mini", "like-this", 0.25)
    assert two.latent == pytest.approx((0.5, -1.5), abs=0.02)
    assert rated(shelf, *WHEN, organisation="other") == []


async def test_what_another_organisation_says_of_a_request_is_not_about_it(
    store: Store, tmp_path: Path
) -> None:
    shelf, stranger = Shelf(str(tmp_path)), replace(CALLER, organisation="globex")
    await settle(store, [an_event(id="d1", decision=read(1.0))])
    await FeedbackBook(store, SystemClock()).book(stranger, [said("d1", 0.0)])
    for organisation in ("acme", "globex"):
        await export(store, shelf, organisation)
    assert rated(shelf, *WHEN) == []


async def test_the_latest_word_of_each_source_counts_by_its_weight(store: Store, tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path))
    await settle(store, [an_event(id="d1", decision=read(1.0))])
    rule = said("d1", 0.0, source="rule", weight=3.0, outcome="ticket reopened")
    await booked(store, [said("d1", 0.0)], [rule], [said("d1", 1.0)])
    await export(store, shelf, "acme")
    [found] = rated(shelf, *WHEN)
    assert found.rating == 0.25


async def test_an_answer_that_nobody_rated_or_read_teaches_nothing(store: Store, tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path))
    await settle(store, [an_event(id="d1", decision=read(1.0)), an_event(id="d2")])
    await booked(store, [said("d2", 1.0)])
    await export(store, shelf, "acme")
    assert rated(shelf, *WHEN) == []


async def test_without_a_store_nobody_is_told_that_feedback_is_safe(tmp_path: Path) -> None:
    nowhere = connect(f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(StoreUnavailable, match="later"):
        await booked(nowhere, [said("d1", 1.0)])
    await nowhere.close()


def test_latent_numbers_are_packed_to_a_hundredth_and_within_their_bounds() -> None:
    assert unpacked(packed([0.0, 1.0, -4.0])) == pytest.approx([0.0, 1.0, -4.0], abs=0.016)
    assert unpacked(packed([99.0])) == [4.0]


async def test_what_was_read_is_kept_only_where_the_operator_wants_it(store: Store, tmp_path: Path) -> None:
    shelf, decision = Shelf(str(tmp_path)), read(1.0)
    features = decision.features
    silent = replace(features, reading=replace(features.reading, estimator=""))
    await settle(store, [an_event(id="d1", decision=replace(decision, features=silent))])
    await booked(store, [said("d1", 1.0)])
    await export(store, shelf, "acme")
    assert rated(shelf, *WHEN) == []
