"""Every fault, streamed and not: what the caller sees, what the providers see, and the ledger's row."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from routergate.store.client import Store
from routergate.testing import Call
from support.simulation import events, text_of
from support.stage import Reply
from support.wall import RATES, Wall, a_wall

SMALL, LARGE = ["small: ok"], ["large: ok"]
BROKEN, CUT, DENIED, DROPPED, SILENT, THROTTLED = (
    [f"small: {kind}"] for kind in ("broken", "cut", "denied", "dropped", "timeout", "throttled")
)


@dataclass(frozen=True)
class Whole:
    """A whole answer, after these calls."""

    results: list[str]


@dataclass(frozen=True)
class Refused:
    """An answer of the provider that finds the request at fault."""

    results: list[str]
    code: str
    outcome = "refused"
    status = 400


@dataclass(frozen=True)
class Failed:
    """No answer."""

    results: list[str]
    status: int = 502
    code: str = "upstream_exhausted"
    retry_after: str | None = None
    outcome = "failed"


@dataclass(frozen=True)
class BrokenOff:
    """The beginning of an answer, and an error in its stream."""

    results: list[str]
    code: str = "upstream_cut"


# Fault of the primary, plain, streamed: with a second candidate behind it.
WITH_A_SPARE: list[tuple[str, Any, Any]] = [
    ("", Whole(SMALL), Whole(SMALL)),
    ("429", Whole(THROTTLED + LARGE), Whole(THROTTLED + LARGE)),
    ("429:1", Whole(THROTTLED + LARGE), Whole(THROTTLED + LARGE)),
    ("once500", Whole(BROKEN + SMALL), Whole(BROKEN + SMALL)),
    ("500", Whole(BROKEN * 2 + LARGE), Whole(BROKEN * 2 + LARGE)),
    ("503", Whole(BROKEN * 2 + LARGE), Whole(BROKEN * 2 + LARGE)),
    ("401", Whole(DENIED + LARGE), Whole(DENIED + LARGE)),
    ("reset", Whole(DROPPED * 2 + LARGE), Whole(DROPPED * 2 + LARGE)),
    ("silent", Whole(SILENT + LARGE), Whole(SILENT + LARGE)),
    ("slow:0.05", Whole(SMALL), Whole(SMALL)),
    ("slow:30", Whole(SILENT + LARGE), Whole(SILENT + LARGE)),
    ("muttering", Whole(SMALL), Whole(SILENT + LARGE)),
    ("cut:0", Whole(CUT + LARGE), Whole(DROPPED * 2 + LARGE)),
    ("cut:1", Whole(CUT + LARGE), Whole(DROPPED * 2 + LARGE)),
    ("cut:5", Whole(CUT + LARGE), BrokenOff(CUT)),
    ("stall:1", Whole(SILENT + LARGE), Whole(SILENT + LARGE)),
    ("stall:5", Whole(SILENT + LARGE), BrokenOff(CUT)),
    ("stall:5!muttering", Whole(SILENT + LARGE), BrokenOff(CUT)),
    ("garbage", Whole(BROKEN * 2 + LARGE), BrokenOff(CUT)),
    ("error200", Whole(BROKEN * 2 + LARGE), Whole(BROKEN * 2 + LARGE)),
    ("empty", Whole(BROKEN * 2 + LARGE), Whole(BROKEN * 2 + LARGE)),
    ("nodone", Whole(SMALL), Whole(SMALL)),
    ("crlf", Whole(SMALL), Whole(SMALL)),
    ("comments", Whole(SMALL), Whole(SMALL)),
    ("split:1", Whole(SMALL), Whole(SMALL)),
    ("filter", Whole(SMALL), Whole(SMALL)),
    ("context", Whole(["small: context", *LARGE]), Whole(["small: context", *LARGE])),
    ("filtered", *(Refused(["small: filtered"], "content_filter"),) * 2),
    ("400", *(Refused(["small: refused"], "invalid_value"),) * 2),
]
THROTTLING = {"status": 429, "code": "upstream_throttled"}
# The same, with nobody else to ask.
ALONE: list[tuple[str, Any, Any]] = [
    ("429", *(Failed(THROTTLED * 3, **THROTTLING),) * 2),  # type: ignore[arg-type]  # of two types
    ("429:30", *(Failed(THROTTLED, **THROTTLING, retry_after="30"),) * 2),  # type: ignore[arg-type]  # the same
    ("once429:1", *(Whole(THROTTLED + SMALL),) * 2),
    ("once500", *(Whole(BROKEN + SMALL),) * 2),
    ("503", *(Failed(BROKEN * 2),) * 2),
    ("401", *(Failed(DENIED),) * 2),
    ("reset", *(Failed(DROPPED * 2),) * 2),
    ("silent", *(Failed(SILENT),) * 2),
    ("slow:30", *(Failed(SILENT),) * 2),
    ("stall:5", Failed(SILENT), BrokenOff(CUT)),
    ("cut:5", Failed(CUT * 2), BrokenOff(CUT)),
    ("garbage", Failed(BROKEN * 2), BrokenOff(CUT)),
    ("error200", *(Failed(BROKEN * 2),) * 2),
    ("context", *(Refused(["small: context"], "context_length_exceeded"),) * 2),
    ("filtered", *(Refused(["small: filtered"], "content_filter"),) * 2),
]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", WITH_A_SPARE, ids=lambda case: case[0])
async def test_with_a_second_candidate(
    tmp_path: Path, store: Store, case: tuple[str, Any, Any], stream: bool
) -> None:
    await asked(a_wall(tmp_path, store, timeouts=timeouts(case, stream)), "auto", case, stream=stream)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", ALONE, ids=lambda case: case[0])
async def test_with_nobody_else(
    tmp_path: Path, store: Store, case: tuple[str, Any, Any], stream: bool
) -> None:
    await asked(a_wall(tmp_path, store, timeouts=timeouts(case, stream)), "alone", case, stream=stream)


def timeouts(case: tuple[str, Any, Any], stream: bool) -> dict[str, float]:
    """Short only where the case is about it: the machine may be busy."""
    fault, *both = case
    expected = both[stream]
    if isinstance(expected, BrokenOff) and "stall" in fault:
        return {"idle": 0.2}
    return {"first_byte": 0.3, "first_token": 0.3} if SILENT[0] in expected.results else {}


async def asked(
    running: AbstractAsyncContextManager[Wall], model: str, case: tuple[str, Any, Any], *, stream: bool
) -> None:
    async with running as wall:
        wall.primary.fault = case[0]
        reply = await wall.ask(model, stream=stream)
        check(wall, reply, case[1:][stream], stream=stream)


def check(wall: Wall, reply: Reply, expected: Any, *, stream: bool) -> None:
    assert wall.results == expected.results
    asked = [result.partition(":")[0] for result in expected.results]
    assert wall.calls == (asked.count("small"), asked.count("large"))
    assert wall.clock.seconds <= longest_pauses(expected.results)
    assert len(wall.ledger.events) == 1
    if isinstance(expected, Whole):
        check_whole(wall, reply, stream=stream)
    elif isinstance(expected, BrokenOff):
        check_broken_off(wall, reply, expected)
    else:
        check_failed(wall, reply, expected)


def longest_pauses(results: list[str]) -> float:
    """Seconds that may lie between calls: a little before the same server is asked, and more each time."""
    again = [before for before, after in pairwise(results) if before.split(":")[0] == after.split(":")[0]]
    paused = [failure for failure in again if failure not in DROPPED]
    wished = 1.0 if "small: throttled" in again and len(again) == 1 else 0.0
    return sum((0.25 * 2**nth for nth in range(len(paused))), wished)


def check_whole(wall: Wall, reply: Reply, *, stream: bool) -> None:
    row, answered = wall.row, wall.results[-1].partition(":")[0]
    assert (reply.status, reply.headers["x-routergate-model"]) == (200, answered)
    assert reply.headers["x-routergate-attempts"] == str(len(row.attempts))
    if stream:
        assert (reply.body.rstrip().endswith(b"data: [DONE]"), b'"error"' in reply.body) == (True, False)
        assert text_of(events(reply.body))
    else:
        assert reply.json["choices"][0]["message"]["content"]
    assert (row.outcome, row.model, row.usage_source) == ("ok", answered, "provider")
    # To the token and the nano-dollar what the provider that answered has billed for this one answer.
    call = (wall.primary if answered == "small" else wall.spare).calls[-1]
    assert (row.input_uncached, row.output) == (call.prompt_tokens, call.output_tokens)
    assert row.cost_nanos == dollars(call, answered)
    assert [attempt.billed for attempt in row.attempts[:-1]] == [billed(it) for it in wall.results[:-1]]
    assert row.attempts[-1].billed is True


def check_broken_off(wall: Wall, reply: Reply, expected: BrokenOff) -> None:
    row = wall.row
    *said, last = events(reply.body)
    assert (reply.status, last["error"]["code"], text_of(said) != "") == (200, expected.code, True)
    assert b"[DONE]" not in reply.body
    assert (row.outcome, row.model, row.usage_source) == ("failed", "small", "counted")
    assert row.attempts[-1].billed is True
    assert row.output
    assert row.cost_nanos


def check_failed(wall: Wall, reply: Reply, expected: Refused | Failed) -> None:
    row = wall.row
    assert (reply.status, reply.error["code"]) == (expected.status, expected.code)
    if isinstance(expected, Failed):
        assert reply.headers.get("Retry-After") == expected.retry_after
    assert (row.outcome, row.model, row.quality) == (expected.outcome, None, None)
    perhaps = [billed(it) for it in wall.results]
    assert [attempt.billed for attempt in row.attempts] == perhaps
    # What nobody can know is unknown; what was surely not charged is nothing.
    assert row.cost_nanos == (None if None in perhaps else 0)


def dollars(call: Call, model: str) -> int:
    rate_in, rate_out = RATES[model]
    return call.prompt_tokens * rate_in + call.output_tokens * rate_out


def billed(result: str) -> bool | None:
    """Whether a call that failed before its answer may be charged."""
    return None if result.partition(": ")[2] in {"timeout", "cut", "dropped"} else False


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_who_comes_next_may_find_fault_with_the_request(wall: Wall, stream: bool) -> None:
    wall.primary.fault, wall.spare.fault = "503", "400"
    reply = await wall.ask("auto", stream=stream)
    assert (reply.status, reply.error["code"]) == (400, "invalid_value")
    assert wall.results == [*BROKEN, *BROKEN, "large: refused"]
    assert (wall.row.outcome, wall.row.cost_nanos) == ("refused", 0)


async def test_a_beginning_is_not_sent_to_somebody_who_would_refuse_it(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:5", "400"
    reply = await wall.ask("auto", stream=True)
    check(wall, reply, BrokenOff(CUT), stream=True)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_a_provider_that_is_down_is_not_hammered(wall: Wall, stream: bool) -> None:
    wall.primary.fault = "503"
    for _ in range(40):
        assert (await wall.ask("alone", stream=stream)).status == 502
    # One call each, and no more second ones than the purse of retries has: five, and a fifth of one for each.
    assert len(wall.primary.calls) <= 40 + 5 + 40 / 5
    assert len(wall.primary.calls) == sum(len(event.attempts) for event in wall.ledger.events)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_a_short_wish_to_be_left_alone_is_granted(wall: Wall, stream: bool) -> None:
    wall.primary.fault = "once429:1.5"
    reply = await wall.ask("alone", stream=stream)
    assert (reply.status, wall.results) == (200, THROTTLED + SMALL)
    assert wall.clock.seconds >= 1.5
    assert wall.row.overhead_seconds < 0.5


async def test_a_provider_that_wants_to_be_left_alone_is_by_all_requests(wall: Wall) -> None:
    wall.primary.fault = "429:20"
    await wall.ask("auto", stream=False)
    for _ in range(5):
        assert (await wall.ask("auto", stream=False)).headers["x-routergate-model"] == "large"
    wall.primary.fault = None
    wall.clock.seconds += 19.9
    await wall.ask("auto", stream=False)
    assert wall.calls == (1, 7)
    wall.clock.seconds += 0.2
    await wall.ask("auto", stream=False)
    assert wall.results == SMALL


async def test_a_primary_that_is_down_is_not_missed_and_comes_back_by_itself(wall: Wall) -> None:
    wall.primary.fault = "503"
    for second in range(120):
        assert (await wall.ask("auto", stream=second % 2 == 0)).headers["x-routergate-model"] == "large"
        wall.clock.seconds += 0.5
    probes = wall.primary.calls[5:]
    assert len(probes) <= 8
    wall.primary.fault, recovered = None, wall.clock.seconds
    while (await wall.ask("auto", stream=False)).headers["x-routergate-model"] == "large":
        wall.clock.seconds += 0.5
    assert wall.clock.seconds - recovered <= 30
    assert (await wall.ask("auto", stream=False)).headers["x-routergate-model"] == "small"


async def test_a_primary_that_comes_and_goes_is_never_seen_to(wall: Wall) -> None:
    for turn in range(12):
        wall.primary.fault = "503" if turn % 2 else None
        for _ in range(10):
            reply = await wall.ask("auto", stream=False)
            assert (reply.status, wall.row.outcome) == (200, "ok")
            wall.clock.seconds += 0.5
    billed = sum(dollars(call, "small") for call in wall.primary.calls)
    billed += sum(dollars(call, "large") for call in wall.spare.calls)
    assert sum(event.cost or 0 for event in wall.ledger.events) == billed


async def test_a_route_may_give_a_request_less_time(wall: Wall) -> None:
    wall.primary.fault = "silent"
    reply = await wall.ask("hasty", stream=False)
    assert (reply.status, reply.error["code"]) == (504, "upstream_deadline")
    assert wall.results == ["small: deadline"]
    assert wall.row.cost_nanos is None
