"""The web application: which path leads where."""

from collections.abc import Iterable, Sequence
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from routergate.api import catalogue, chat, feedback, operations, responses
from routergate.api.admin import endpoints as admin
from routergate.api.caller import Reader
from routergate.api.completions import read_completions
from routergate.api.embeddings import read_embeddings
from routergate.api.errors import errors, signed
from routergate.api.idempotency import marked, once
from routergate.api.messages import read_messages
from routergate.api.openapi import EVENTS, JSON, TEXT, Endpoint, Opens, document
from routergate.api.responses import read_responses
from routergate.api.services import SERVICES, Services
from routergate.api.tracing import tracers
from routergate.api.wire import read_chat

BOTH: Final = (JSON, EVENTS)
METRICS: Final = "/metrics"
ANY: Final = Opens.ANY


def application(
    services: Services,
    max_body_bytes: int,
    more: Iterable[web.RouteDef] = (),
    *,
    scraped: bool = True,
) -> web.Application:
    """Everything that the gateway answers to; `more` is what is no part of the API.

    Unless it is to be `scraped` elsewhere, its metrics too.
    """
    app = web.Application(client_max_size=max_body_bytes, middlewares=[*tracers(services), errors])
    app[SERVICES] = services
    app.on_response_prepare.append(signed)
    app.on_response_prepare.append(marked)
    app.add_routes([one.route() for one in ENDPOINTS if scraped or one.path != METRICS])
    app.add_routes(more)
    return app


def monitoring(services: Services) -> web.Application:
    """What machines ask that look after it, and nothing else."""
    app = web.Application()
    app[SERVICES] = services
    app.add_routes([one.route() for one in ENDPOINTS if one.path in {METRICS, "/healthz", "/readyz"}])
    return app


def answers(read: Reader) -> Handler:
    """A handler that gives answers in one format; a request with an `Idempotency-Key` gets one."""
    return once(chat.answering(read))


async def described(_: web.Request) -> web.Response:
    """All endpoints, for programs."""
    return web.json_response(document(ENDPOINTS))


# fmt: off
ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("POST", "/v1/chat/completions", answers(read_chat), "Answers a chat.",
             takes=("model", "messages"), gives=BOTH),
    Endpoint("POST", "/v1/completions", answers(read_completions), "Completes a text.",
             takes=("model", "prompt"), gives=BOTH),
    Endpoint("POST", "/v1/responses", answers(read_responses), "Answers, in the format of Responses.",
             takes=("model",), gives=BOTH),
    Endpoint("GET", "/v1/responses/{id}", responses.kept, "Shows a response that is kept.", heads=False),
    Endpoint("DELETE", "/v1/responses/{id}", responses.kept, "Has a response kept no longer."),
    Endpoint("GET", "/v1/responses/{id}/input_items", responses.input_items,
             "Lists what a response was made from.", heads=False),
    Endpoint("POST", "/v1/embeddings", answers(read_embeddings), "Makes vectors.", takes=("model", "input")),
    Endpoint("POST", "/v1/messages", answers(read_messages), "Answers, in Anthropic's format.",
             takes=("model", "max_tokens", "messages"), gives=BOTH),
    Endpoint("POST", "/v1/messages/count_tokens", chat.count_tokens, "Counts the tokens of a message.",
             takes=("model", "messages")),
    Endpoint("POST", "/v1/route", chat.route, "Decides on a chat, and asks nobody.",
             takes=("model", "messages")),
    Endpoint("POST", "/v1/feedback", feedback.feedback, "Takes down how good answers were.", takes=()),
    Endpoint("GET", "/v1/models", catalogue.models, "Lists routes and models."),
    Endpoint("GET", "/v1/models/{id:.+}", catalogue.model, "Shows a route or model."),
    Endpoint("GET", "/v1/usage", operations.usage, "Sums up what the key has used."),
    Endpoint("GET", "/healthz", operations.healthz, "Says that the process is alive.", ANY),
    Endpoint("GET", "/readyz", operations.readyz, "Says whether it can serve.", ANY),
    Endpoint("GET", METRICS, operations.metrics, "Gives the metrics to Prometheus.", ANY, gives=(TEXT,)),
    Endpoint("GET", "/openapi.json", described, "Describes all endpoints.", ANY),
    *admin.ENDPOINTS,
)
# fmt: on
