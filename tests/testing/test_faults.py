import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from routergate.testing import FAULTS, Ended, Faults, Simulator, UnknownFault, fault_table
from support.simulation import a_body, ask, ask_bytes, events, text_of, url

CUT, GONE, STUCK = "cut off", "disconnected", "stuck"


@dataclass(frozen=True)
class Seen:
    """What a caller sees of one request."""

    status: int | None
    body: bytes
    how: str = "whole"


async def look(sim: Simulator, *, stream: bool, model: str, patience: float = 60.0) -> Seen:
    """Make a request and keep what came of it; wait for the next byte only as long as `patience`."""
    timeout, status, body = aiohttp.ClientTimeout(sock_read=patience), None, b""
    options: dict[str, Any] = {"stream_options": {"include_usage": True}} if stream else {}
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            request = a_body(model, stream=stream, **options)
            async with session.post(url(sim), json=request) as response:
                status = response.status
                async for piece in response.content.iter_any():
                    body += piece
    except aiohttp.ClientPayloadError:
        return Seen(status, body, CUT)
    except aiohttp.ServerTimeoutError:
        return Seen(status, body, STUCK)
    except aiohttp.ServerDisconnectedError:
        return Seen(status, body, GONE)
    return Seen(status, body)


def done(seen: Seen) -> bool:
    return seen.body.endswith(b"data: [DONE]\n\n")


def said(seen: Seen) -> Any:
    return json.loads(seen.body)


def code(seen: Seen) -> Any:
    return said(seen)["error"]["code"]


def finish(seen: Seen) -> Any:
    return said(seen)["choices"][0]["finish_reason"]


def reports_usage(seen: Seen) -> bool:
    return any(chunk.get("usage") for chunk in events(seen.body))


def is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


# Fault, what must be true of the plain answer, what must be true of the streamed one.
CASES: dict[str, tuple[Any, Any]] = {
    "400": ((400, "whole"), lambda seen: said(seen)["error"]["type"] == "invalid_request_error"),
    "401": ((401, "whole"), lambda seen: code(seen) == "invalid_api_key"),
    "429": ((429, "whole"), lambda seen: code(seen) == "rate_limit_exceeded"),
    "500": ((500, "whole"), lambda seen: said(seen)["error"]["type"] == "server_error"),
    "503": ((503, "whole"), lambda seen: said(seen)["error"]["type"] == "server_error"),
    "529": ((529, "whole"), lambda seen: said(seen)["error"]["type"] == "server_error"),
    # The streamed request comes second, so it is answered.
    "once429:2": ((429, "whole"), done),
    "once500": ((500, "whole"), done),
    "context": ((400, "whole"), lambda seen: code(seen) == "context_length_exceeded"),
    "filtered": ((400, "whole"), lambda seen: code(seen) == "content_filter"),
    "filter": (
        lambda seen: finish(seen) == "content_filter",
        lambda seen: b'"content_filter"' in seen.body and done(seen),
    ),
    "reset": ((None, GONE), lambda seen: seen == Seen(None, b"", GONE)),
    "silent": ((None, STUCK), lambda seen: seen == Seen(None, b"", STUCK)),
    "slow:0.01": ((200, "whole"), done),
    "differs:3": (
        lambda seen: finish(seen) == "stop" and b" Another answer." in seen.body,
        lambda seen: b'" Another"' in seen.body and done(seen),
    ),
    # Only a request that ends with the beginning of its answer meets it.
    "noprefill": ((200, "whole"), done),
    "cut:5": ((200, CUT), lambda seen: seen.how == CUT and len(events(seen.body)) == 5),
    "stall:5": ((200, STUCK), lambda seen: seen.how == STUCK and len(events(seen.body)) == 5),
    "garbage": (
        lambda seen: seen.status == 200 and not is_json(seen.body),
        lambda seen: done(seen) and not all(map(is_json, seen.body.split(b"\n\ndata: ")[1:-1])),
    ),
    "nodone": (
        (200, "whole"),
        lambda seen: seen.how == "whole" and b"[DONE]" not in seen.body and b'"stop"' in seen.body,
    ),
    "nousage": (lambda seen: "usage" not in said(seen), lambda seen: done(seen) and not reports_usage(seen)),
    "empty": (
        lambda seen: said(seen)["choices"] == [],
        lambda seen: done(seen) and text_of(events(seen.body)) == "",
    ),
    "mute": (
        lambda seen: said(seen)["usage"]["completion_tokens"] == 0 and finish(seen) == "stop",
        lambda seen: done(seen) and text_of(events(seen.body)) == "",
    ),
    "spent:9": ((200, "whole"), done),
    "error200": (
        lambda seen: seen.status == 200 and "error" in said(seen),
        lambda seen: seen.status == 200 and "error" in events(seen.body)[0] and not done(seen),
    ),
    "crlf": (
        (200, "whole"),
        lambda seen: seen.body.endswith(b"data: [DONE]\r\n\r\n") and b"}\n" not in seen.body,
    ),
    "muttering:0.02": ((200, "whole"), lambda seen: seen.body.startswith(b": ") and done(seen)),
    "comments": ((200, "whole"), lambda seen: seen.body.startswith(b": ") and done(seen)),
    "usage-inline": (
        (200, "whole"),
        lambda seen: (
            [bool(c.get("usage")) for c in events(seen.body)[-2:]] == [False, True]
            and events(seen.body)[-1]["choices"][0]["finish_reason"] == "stop"
        ),
    ),
    "split:3": ((200, "whole"), done),
}


def test_every_fault_has_a_case() -> None:
    assert [case.partition(":")[0] for case in CASES] == list(FAULTS)


@pytest.mark.parametrize("fault", CASES)
async def test_a_caller_sees_the_fault_that_was_asked_for(sim: Simulator, fault: str) -> None:
    stays_open = fault.startswith(("silent", "stall"))
    patience = 0.2 if stays_open else 60.0
    for stream, expected in zip((False, True), CASES[fault], strict=True):
        seen = await look(sim, stream=stream, model=f"sim-mini!{fault}", patience=patience)
        if callable(expected):
            assert expected(seen), seen
        else:
            assert (seen.status, seen.how) == expected
    calls = await sim.until(lambda calls: all(call.ended for call in calls))
    assert all(call.hung_up == stays_open for call in calls)


async def test_a_throttled_caller_is_told_when_to_come_back(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(url(sim), json=a_body("sim-mini!429:2")) as response:
            assert response.headers["retry-after"] == "2"
        async with session.post(url(sim), json=a_body("sim-mini!429")) as response:
            assert "retry-after" not in response.headers


async def test_the_first_call_fails_once_for_each_conversation(sim: Simulator) -> None:
    other = [{"role": "user", "content": "Something else."}]
    asked = [{}, {}, {"messages": other}, {"messages": other}]
    statuses = [(await ask(sim, model="sim-mini!once500", **more))[0] for more in asked]
    assert statuses == [500, 200, 500, 200]


async def test_split_bytes_are_the_same_bytes(sim: Simulator) -> None:
    whole = await ask_bytes(sim, model="sim-mini", stream=True, max_tokens=20)
    assert await ask_bytes(sim, model="sim-mini!split:1", stream=True, max_tokens=20) == whole


async def test_faults_can_be_combined(sim: Simulator) -> None:
    assert await ask_bytes(sim, model="sim-mini!nodone!crlf", stream=True) == (
        await ask_bytes(sim, model="sim-mini!crlf!nodone!split:4", stream=True)
    )


async def test_a_cut_never_lets_the_end_through(sim: Simulator) -> None:
    seen = await look(sim, stream=True, model="sim-mini!cut:100000")
    assert (seen.how, done(seen)) == (CUT, False)


async def test_only_what_was_written_is_billed(sim: Simulator) -> None:
    await look(sim, stream=True, model="sim-mini!cut:5")
    [call] = sim.calls
    # The first event has the role and no token.
    assert (call.ended, call.events, call.output_tokens) == (Ended.FAULTED, 5, 4)


async def test_a_provider_goes_down_and_comes_back(sim: Simulator) -> None:
    sim.fault = "503"
    down = [
        (await ask(sim))[0],
        await _status(f"{sim.root_url}/health"),
        await _status(f"{sim.base_url}/models"),
    ]
    sim.fault = None
    up = [(await ask(sim))[0], await _status(f"{sim.root_url}/health")]
    assert (down, up) == ([503, 503, 503], [200, 200])


@pytest.mark.parametrize("fault", ["reset", "silent"])
async def test_a_dead_provider_has_no_health(sim: Simulator, fault: str) -> None:
    sim.fault = fault
    timeout = aiohttp.ClientTimeout(sock_read=0.1)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ServerTimeoutError)):
            await session.get(f"{sim.root_url}/health")


async def _status(address: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return response.status


@pytest.mark.parametrize(
    "fault", ["bogus", "500:1", "split:0", "cut:", "cut:x", "cut:-1", "slow:inf", "crlf!"]
)
def test_a_fault_that_does_not_exist_is_named(sim: Simulator, fault: str) -> None:
    with pytest.raises(UnknownFault, match="fault"):
        sim.fault = fault


def test_faults_keep_their_arguments() -> None:
    faults = Faults.parse("crlf!cut") | Faults.parse("cut:2")
    assert ("crlf" in faults, faults.argument("cut"), faults.argument("crlf")) == (True, 2, None)


def test_every_fault_is_documented() -> None:
    documented = Path(__file__, "../../../docs/simulator.md").resolve().read_text(encoding="utf-8")
    assert fault_table() in documented


async def test_a_fault_can_be_lifted_while_a_request_waits(sim: Simulator) -> None:
    sim.fault = "silent"
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(look(sim, stream=False, model="sim-mini", patience=0.5))
        await sim.until(lambda calls: len(calls) == 1)
        sim.fault = None
        assert (await ask(sim))[0] == 200
    assert waiting.result().how == STUCK
