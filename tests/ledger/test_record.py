from dataclasses import replace

import msgspec

from routergate.domain.event import Attempt
from routergate.domain.money import Nanos
from routergate.domain.totals import MEASURES
from routergate.domain.usage import KINDS, Usage
from routergate.ledger.amended import duplicate, reversal
from routergate.ledger.record import EventRow, decode, encode, row
from support.events import an_attribution, an_event


def test_a_row_is_read_as_it_was_written() -> None:
    event = an_event(
        attribution=replace(an_attribution(customer="c", feature="f"), session="s", tags=("a", "b")),
        usage=Usage(input_uncached=1, cache_read=2, cache_write=3, output=4, reasoning=5, audio_input=6),
        attempts=(Attempt(model="mini", provider="p", result="throttled", seconds=0.1),) * 2,
    )

    assert decode(encode(row(event))) == row(event)


def test_a_row_is_flat_and_names_its_layout() -> None:
    written = msgspec.json.decode(encode(row(an_event())))

    assert (written["v"], written["class"], written["cost_nanos"]) == (1, "economy", 2_000_000)
    assert written["attempts"] == [
        {
            "model": "mini",
            "provider": "acme-ai",
            "result": "ok",
            "seconds": 0.4,
            "billed": None,
            "input_tokens": None,
            "output_tokens": None,
            "cost_nanos": None,
        }
    ]
    assert not any(isinstance(value, dict) for value in written.values())


def test_what_is_unknown_is_null() -> None:
    nothing = an_event(card=None, usage=None, cost=None, baseline=None, baseline_cost=None, quality=None)
    written = msgspec.json.decode(encode(row(nothing)))

    unknown = (
        "model",
        "provider",
        "class",
        *KINDS,
        "cost_nanos",
        "baseline",
        "baseline_cost_nanos",
        "quality",
    )
    assert [written[name] for name in unknown] == [None] * len(unknown)


def test_every_bucket_has_a_column_and_a_measure() -> None:
    buckets = {kind: n for n, kind in enumerate(KINDS, 1)}
    flat = row(an_event(usage=Usage(**buckets)))

    assert {kind: getattr(flat, kind) for kind in KINDS} == buckets
    assert set(KINDS) < set(MEASURES)


def test_half_a_character_is_no_reason_to_lose_a_row() -> None:
    flat = row(an_event(attribution=replace(an_attribution(customer="ü\ud800"), tags=("\udfff",))))

    assert (flat.customer, flat.tags) == ("ü?", ("?",))
    assert decode(encode(flat)) == flat


def test_a_field_that_a_later_version_adds_is_passed_over() -> None:
    later = {**msgspec.json.decode(encode(row(an_event()))), "weather": "fine"}

    assert isinstance(decode(msgspec.json.encode(later)), EventRow)


def test_a_row_from_before_the_bucket_for_an_hour_is_still_read() -> None:
    written = msgspec.json.decode(encode(row(an_event())))
    del written["cache_write_1h"]

    assert decode(msgspec.json.encode(written)).cache_write_1h is None


def test_a_rejected_answer_is_in_its_attempt_and_taken_back_with_the_row() -> None:
    paid = replace(
        an_event().attempts[0], result="refusal", usage=Usage(cache_read=7, output=3), cost=Nanos(11)
    )
    flat = row(an_event(attempts=(paid, *an_event().attempts)))

    def amounts(read: EventRow) -> list[tuple[int | None, ...]]:
        return [(call.input_tokens, call.output_tokens, call.cost_nanos) for call in read.attempts]

    assert amounts(flat) == [(7, 3, 11), (None, None, None)]
    assert amounts(reversal(flat)) == [(-7, -3, -11), (None, None, None)]
    assert amounts(duplicate(flat)) == [(None, None, None)] * 2
