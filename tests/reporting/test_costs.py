"""The price of a row in the engine is the price of `economics/price.py`, to the nano-dollar."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from routergate.config.costs import Prices
from routergate.config.ratecards import rate_card
from routergate.domain.event import UsageEvent
from routergate.domain.model import ModelCard, RateCard
from routergate.domain.rates import ContextTier, Tariff
from routergate.domain.usage import KINDS, Usage
from routergate.economics.price import price
from routergate.ledger.record import row
from routergate.ledger.totals import day_of
from routergate.reporting.costs import cost, expected, metered, scaled
from routergate.reporting.engine import fetched
from support.books import ledgered
from support.builders import a_card, a_rate_card
from support.events import an_event

DAY = 86_400 * 10**9
NOON = 1_700_000_000 * 10**9
CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.json"))
LATER = a_rate_card("0.2", "0.8", start=date(2023, 11, 15))
TIERED = a_rate_card(
    "1.25",
    "10",
    cache_read=Decimal("0.3125"),
    cache_write=Decimal("3.75"),
    cache_write_1h=Decimal(6),
    reasoning=Decimal("12.5"),
    audio_input=Decimal(40),
    audio_output=Decimal(80),
    context_tiers=(
        ContextTier(input=Decimal("2.5"), output=Decimal(15), above_input_tokens=2_000),
        ContextTier(input=Decimal(5), output=Decimal(30), above_input_tokens=5_000),
    ),
    service_tiers={
        "priority": Tariff(input=Decimal("2.1"), output=Decimal(17)),
        "flex": Tariff(input=Decimal("0.625"), output=Decimal(5)),
    },
    discount=Decimal("0.17"),
    minimum=Decimal("0.00021"),
    per_request=Decimal("0.0000123"),
    markup=Decimal("0.035"),
)
CARDS = {
    "plain": (a_rate_card(),),
    "dated": (a_rate_card(), LATER),
    "unpriced": (),
    "not yet": (a_rate_card(start=date(2030, 1, 1)),),
    "tiered": (TIERED,),
    "odd": (a_rate_card("0.0001237", "0.0003711", discount=Decimal("0.333"), markup=Decimal("0.0701")),),
    "timed": (a_rate_card("0", "0", per_second=Decimal("0.0006")),),
    "paced": (a_rate_card("0.01", "0", per_second=Decimal("0.000625"), tokens_per_second=Decimal(70)),),
    "dear": (a_rate_card("123456789.123456", "987654321.654321"),),
    "free": (a_rate_card("0", "0"),),
    "fee": (a_rate_card("0", "0", per_request=Decimal("0.01"), minimum=Decimal("0.02")),),
}


def the_models() -> dict[str, ModelCard]:
    ours = {name: a_card(name, prices=prices) for name, prices in CARDS.items()}
    return {**ours, **{path.stem: a_card(path.stem, prices=(_rates(path),)) for path in CORPUS}}


def _rates(path: Path) -> RateCard:
    return replace(
        rate_card(Prices.model_validate(json.loads(path.read_text())["rates"])), start=date(2020, 1, 1)
    )


def some_usage(dice: random.Random) -> Usage:
    return Usage(**{kind: dice.choice((0, 1, 7, dice.randrange(10**4))) for kind in KINDS})


def some_events() -> Iterator[UsageEvent]:
    dice = random.Random(7)
    for name, card in the_models().items():
        for n in range(40):
            usage = None if n % 13 == 12 else some_usage(dice)
            if n % 3 and usage:
                usage = replace(usage, audio_input=0, audio_output=0)
            yield an_event(
                id=f"{name}-{n}",
                at=NOON + dice.randrange(3) * DAY,
                card=card,
                usage=usage,
                service_tier=dice.choice((None, None, "default", "priority", "flex", "unheard of")),
                asked_tier=dice.choice((None, "priority", "auto")),
                timings=replace(
                    an_event().timings, answer=dice.choice((None, 0.1, 1e-05, dice.random() * 40))
                ),
            )


def the_price(event: UsageEvent) -> int | None:
    assert event.card is not None
    return price(
        event.card,
        event.usage,
        date.fromisoformat(day_of(row(event))),
        told=event.service_tier,
        asked=event.asked_tier,
        seconds=event.timings.answer,
    )


def costs_of(where: Path, events: list[UsageEvent], **models: ModelCard) -> dict[str, int | None]:
    with ledgered(where, *events) as rows:
        found = fetched(rows.select("id", cost=cost(metered(rows), rows.model, models)))
    return {one["id"]: one["cost"] for one in found}


def test_every_card_and_usage_costs_the_same_to_the_nano_dollar(tmp_path: Path) -> None:
    events = list(some_events())
    found = costs_of(tmp_path, events, **the_models())

    assert found == {event.id: the_price(event) for event in events}
    assert sum(one is not None for one in found.values()) > 500


def test_halves_of_a_nano_dollar_go_to_the_even_one(tmp_path: Path) -> None:
    card = a_card("half", prices=(a_rate_card("0.0005", "0"),))
    events = [an_event(id=str(n), card=card, usage=Usage(input_uncached=n)) for n in range(9)]

    assert list(costs_of(tmp_path, events, half=card).items()) == [
        (str(n), cents) for n, cents in enumerate([0, 0, 1, 2, 2, 2, 3, 4, 4])
    ]


def test_a_model_that_nobody_knows_has_no_price(tmp_path: Path) -> None:
    assert costs_of(tmp_path, [an_event()]) == {"event-1": None}
    assert costs_of(tmp_path, [an_event(card=None)], plain=a_card("plain")) == {"event-1": None}


def test_what_a_request_is_expected_to_cost_is_what_the_router_expects(tmp_path: Path) -> None:
    event = an_event(asked_tier="priority")
    card = a_card("tiered", prices=(TIERED,))
    with ledgered(tmp_path, event) as rows:
        asked = expected(rows, rows.output * 0 + 3000, rows.output * 0 + 1000, rows.output * 0 + 77)
        [found] = fetched(
            rows.select(
                cost=cost(
                    asked, rows.output.cast("string").nullif("20").fill_null("tiered"), {"tiered": card}
                )
            )
        )

    usage = Usage(input_uncached=2000, cache_read=1000, output=77)
    assert found["cost"] == price(card, usage, date(2023, 11, 14), asked="priority")


def test_another_tokenizer_cuts_the_same_text_into_other_tokens(tmp_path: Path) -> None:
    card = a_card("plain", prices=CARDS["plain"])
    with ledgered(tmp_path, an_event(usage=Usage(input_uncached=100, output=30), card=card)) as rows:
        [found] = fetched(rows.select(cost=cost(scaled(metered(rows), 1.25), rows.model, {"plain": card})))

    assert found["cost"] == price(card, Usage(input_uncached=125, output=38), date(2023, 11, 14))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_answers_of_providers_cost_what_was_worked_out_by_hand(path: Path, tmp_path: Path) -> None:
    case: dict[str, Any] = json.loads(path.read_text())
    card = a_card("case", prices=(_rates(path),))
    usage = Usage(**case["usage"])
    event = an_event(
        card=card,
        usage=usage,
        timings=replace(an_event().timings, answer=case.get("seconds")),
        service_tier=case.get("tier"),
    )
    known = the_price(event)

    assert costs_of(tmp_path, [event], case=card) == {"event-1": known}
