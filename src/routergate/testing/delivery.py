"""An answer on its way to the socket, at the profile's pace and with the request's faults."""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from aiohttp import web

from routergate.testing import completions, messages_wire, responses, wire
from routergate.testing.answers import Answer
from routergate.testing.calls import Ended
from routergate.testing.refusals import Refused, broken
from routergate.testing.visit import Visit
from routergate.testing.wire import Event

MUTTER = 0.01
"""Seconds from one comment to the next."""
HEADERS = {"x-simulated": "true", "x-request-id": "req_simulated"}


@dataclass(frozen=True, slots=True)
class Shape:
    """How answers and errors are written in one format."""

    completion: Callable[[Answer], bytes]
    stream: Callable[[Answer], list[Event]]
    error_stream: Callable[[Answer, Refused], list[Event]]
    error_body: Callable[[Refused], bytes]


SHAPES: Mapping[str, Shape] = {
    "chat": Shape(wire.completion, wire.stream, wire.error_stream, wire.error_body),
    "completions": Shape(completions.completion, completions.stream, wire.error_stream, wire.error_body),
    "responses": Shape(responses.completion, responses.stream, responses.error_stream, wire.error_body),
    "messages": Shape(
        messages_wire.completion, messages_wire.stream, messages_wire.error_stream, messages_wire.error_body
    ),
}


async def deliver(answer: Answer, visit: Visit) -> web.StreamResponse:
    """Write the whole answer, or as much of it as its faults allow."""
    send = _send_stream if answer.asked.streamed else _send_plain
    response = await send(answer, visit)
    spoilt = answer.asked.faults.spoil(streamed=answer.asked.streamed)
    visit.end(Ended.FAULTED if spoilt else Ended.ANSWERED)
    await response.write_eof()
    return response


async def _send_plain(answer: Answer, visit: Visit) -> web.StreamResponse:
    faults, body = answer.asked.faults, _plain_body(answer)
    await asyncio.sleep(_first_delay(answer) + answer.tokens * answer.profile.seconds_per_token)
    headers = HEADERS | {"content-type": "application/json", "content-length": str(len(body))}
    response = await _prepared(visit, headers | _limits(answer) | visit.report())
    visit.note(prompt_tokens=answer.prompt_tokens, output_tokens=answer.tokens)
    if "cut" in faults or "stall" in faults:
        await response.write(body[: len(body) // 2])
        await _break_off(answer, visit)
    await response.write(body)
    return response


def _plain_body(answer: Answer) -> bytes:
    if "garbage" in answer.asked.faults:
        return b"<html><body>This is not JSON, as the simulator was asked to send.</body></html>"
    shape = SHAPES[answer.asked.format]
    return shape.error_body(broken()) if "error200" in answer.asked.faults else shape.completion(answer)


async def _send_stream(answer: Answer, visit: Visit) -> web.StreamResponse:
    events, whole = _events(answer)
    headers = HEADERS | {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
    await asyncio.sleep(_first_delay(answer))
    response = await _prepared(visit, headers | _limits(answer))
    # Nothing yet, but it sends the headers, even if no event will follow.
    await response.write(b"")
    if whole:
        await _mutter(answer, response)
    for event in events:
        await asyncio.sleep(event.tokens * answer.profile.seconds_per_token)
        visit.wrote(event.tokens, answer.prompt_tokens)
        await response.write(event.data)
    if not whole:
        visit.stuck = "stall" in answer.asked.faults
        await _mutter(answer, response)
        await _break_off(answer, visit)
    return response


async def _mutter(answer: Answer, response: web.StreamResponse) -> None:
    """Say that the connection is alive, and nothing else, for as long as the fault says."""
    for _ in range(math.ceil((answer.asked.faults.argument("muttering") or 0.0) / MUTTER)):
        await response.write(b": still here\n\n")
        await asyncio.sleep(MUTTER)


def _events(answer: Answer) -> tuple[Sequence[Event], bool]:
    """What is written one by one, and whether the stream then comes to its end."""
    faults = answer.asked.faults
    if "error200" in faults:
        return SHAPES[answer.asked.format].error_stream(answer, broken()), True
    events, limit = (
        SHAPES[answer.asked.format].stream(answer),
        faults.argument("cut" if "cut" in faults else "stall"),
    )
    if limit is not None:
        events = events[: min(int(limit), len(events) - 1)]
    size = faults.argument("split")
    return events if size is None else resplit(events, int(size)), limit is None


def resplit(events: Sequence[Event], size: int) -> list[Event]:
    """The same bytes in pieces of `size`; tokens are billed with the last byte of their event."""
    data = b"".join(event.data for event in events)
    owed: Counter[int] = Counter()
    for event, end in zip(events, accumulate(len(event.data) for event in events), strict=True):
        owed[(end - 1) // size] += event.tokens
    return [Event(data[start : start + size], owed[start // size]) for start in range(0, len(data), size)]


def _first_delay(answer: Answer) -> float:
    return answer.profile.first_token_seconds + (answer.asked.faults.argument("slow") or 0.0)


def _limits(answer: Answer) -> dict[str, str]:
    """What is left of a limit: nothing, where the fault says so, and no word of it otherwise."""
    if (seconds := answer.asked.faults.argument("spent")) is None:
        return {}
    if answer.asked.format == "messages":
        name, reset = "anthropic-ratelimit-requests-{}", _date(seconds)
    else:
        name, reset = "x-ratelimit-{}-requests", f"{seconds:g}s"
    return {name.format("limit"): "60", name.format("remaining"): "0", name.format("reset"): reset}


def _date(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()  # noqa: TID251 - a server has a clock


async def _prepared(visit: Visit, headers: dict[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    await response.prepare(visit.request)
    visit.note(status=200)
    return response


async def _break_off(answer: Answer, visit: Visit) -> None:
    if "cut" in answer.asked.faults:
        await visit.close()
    await visit.hang()
