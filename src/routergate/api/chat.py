"""Answers, streamed or not, in every format; and `POST /v1/route`."""

import asyncio

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Raw

from routergate.api.caller import Reader, key_of, read_call
from routergate.api.cut import cut_short
from routergate.api.errors import in_band
from routergate.api.limits import limit_headers
from routergate.api.messages import read_counted
from routergate.api.services import REQUEST_ID, SERVICES
from routergate.api.stream import EventStream
from routergate.api.wire import read_chat
from routergate.domain.errors import BodyTooSlow, BudgetEnded, UnsupportedContentType, UpstreamError
from routergate.domain.money import Nanos, usd_text
from routergate.gateway import Answer, Incoming
from routergate.ports import Chunk
from routergate.route.explain import explain

_object = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode

BODY_SECONDS = 60.0
"""How long a body may take to arrive."""


def answering(read: Reader) -> Handler:
    """A handler that gives the answer of the cheapest adequate model, in one of the formats."""

    async def handler(request: web.Request) -> web.StreamResponse:
        async with request.app[SERVICES].gateway().chat(incoming(request, read)) as answer:
            if answer.call.request.stream:
                return await _stream(request, answer)
            return await _plain(answer)

    return handler


async def route(request: web.Request) -> web.Response:
    """The decision, without the call."""
    gateway = request.app[SERVICES].gateway()
    decision = await gateway.route(incoming(request))
    told = explain(decision, gateway.router.estimator.moved)
    return web.Response(body=_encode(told), content_type="application/json")


async def count_tokens(request: web.Request) -> web.Response:
    """How many input tokens a Messages request has; nothing is due."""
    counted = await request.app[SERVICES].gateway().count(incoming(request, read_counted))
    return web.json_response({"input_tokens": counted})


def incoming(request: web.Request, read: Reader = read_chat) -> Incoming:
    """The request, as the gateway takes it."""
    return Incoming(
        id=request[REQUEST_ID],
        token=key_of(request.headers),
        peer=request.remote,
        receive=lambda: json_body(request),
        parse=lambda caller, body: read_call(caller, request.headers, body, read),
    )


async def json_body(request: web.Request) -> bytes:
    """The body, if it is said to be JSON and arrives in time."""
    if request.content_type != "application/json":
        raise UnsupportedContentType(
            f"Unsupported content type: '{request.content_type}'. Send 'application/json'."
        )
    if request.content.is_eof():
        return await request.read()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise BodyTooSlow(f"The body did not arrive within {BODY_SECONDS:g} seconds.") from None


async def _plain(answer: Answer) -> web.Response:
    [chunk] = [chunk async for chunk in answer.chunks]
    cost, baseline = answer.costs()
    headers = _headers(answer)
    if cost is not None:
        headers["x-routergate-cost-usd"] = usd_text(cost)
    if baseline is not None:
        headers["x-routergate-baseline-cost-usd"] = usd_text(baseline)
    return web.Response(
        body=with_cost(chunk.data, cost, baseline), headers=headers, content_type="application/json"
    )


async def _stream(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = EventStream(request, {**_headers(answer), **EVENT_STREAM})
    await response.prepare(request)
    last = b""
    try:
        async for chunk in answer.chunks:
            if shown := _shown(chunk, answer):
                last = shown
                await response.write(last)
    except BudgetEnded as error:
        if end := cut_short(answer, error, last):
            await response.write(end)
        else:
            await response.cut(in_band(error, answer.call.request.format))
    except UpstreamError as error:
        await response.cut(in_band(error, answer.call.request.format))
    await response.write_eof()
    return response


EVENT_STREAM = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


def _shown(chunk: Chunk, answer: Answer) -> bytes:
    """What the caller sees of a chunk: usage only if it was asked for, and then with its cost."""
    if chunk.usage is None:
        return chunk.data
    if not answer.call.request.wants_usage:
        return b"" if chunk.usage_only else chunk.data
    cost, baseline = answer.costs()
    return _event_with_cost(chunk.data, cost, baseline)


def _event_with_cost(event: bytes, cost: Nanos | None, baseline: Nanos | None) -> bytes:
    """The same event, whatever other lines it has, with the cost in its data."""
    lines = event.splitlines()
    data = b"\n".join(line[5:] for line in lines if line.startswith(b"data:"))
    others = [line for line in lines if line and not line.startswith(b"data:")]
    return b"\n".join([*others, b"data: " + with_cost(data, cost, baseline), b"", b""])


def with_cost(body: bytes, cost: Nanos | None, baseline: Nanos | None) -> bytes:
    """The same JSON with `cost` and `cost_details` in its usage; every other value byte for byte."""
    whole = _object(body)
    if "usage" not in whole and "response" in whole:
        return _encode({**whole, "response": Raw(with_cost(bytes(whole["response"]), cost, baseline))})
    if bytes(whole.get("usage", b"null")) == b"null":
        return body
    priced = _json_usd(cost)
    details = b'{"upstream_inference_cost":%b,"baseline_cost":%b}' % (priced, _json_usd(baseline))
    usage = {**_object(whole["usage"]), "cost": Raw(priced), "cost_details": Raw(details)}
    return _encode({**whole, "usage": usage})


def _json_usd(amount: Nanos | None) -> bytes:
    return b"null" if amount is None else usd_text(amount).encode()


def _headers(answer: Answer) -> dict[str, str]:
    """What the answer's headers say of the decision."""
    winner, decision, recalled = answer.winner, answer.decision, answer.meter.recalled
    return {
        **({"x-routergate-cache": recalled.value} if recalled else {}),
        "x-routergate-model": winner.card.id,
        "x-routergate-class": winner.card.model_class.value,
        "x-routergate-decision-id": decision.id,
        "x-routergate-attempts": str(len(answer.meter.attempts)),
        "x-routergate-quality": f"{winner.quality.mean:.4f}",
        "x-routergate-complexity": f"{decision.features.reading.complexity:.4f}",
        "x-routergate-overhead-ms": f"{answer.overhead * 1e3:.3f}",
        **({"x-routergate-arm": decision.assignment.arm.value} if decision.assignment else {}),
        **limit_headers(answer.reservation),
    }
