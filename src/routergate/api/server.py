"""The web application: which path leads where."""

from aiohttp import web
from aiohttp.typedefs import Handler

from routergate.api import catalogue, chat, keys, operations, responses
from routergate.api.caller import Reader
from routergate.api.completions import read_completions
from routergate.api.embeddings import read_embeddings
from routergate.api.errors import errors, signed
from routergate.api.idempotency import marked, once
from routergate.api.messages import read_messages
from routergate.api.responses import read_responses
from routergate.api.services import SERVICES, Services
from routergate.api.wire import read_chat


def application(services: Services, max_body_bytes: int) -> web.Application:
    """Everything that the gateway answers to."""
    app = web.Application(client_max_size=max_body_bytes, middlewares=[errors])
    app[SERVICES] = services
    app.on_response_prepare.append(signed)
    app.on_response_prepare.append(marked)
    app.add_routes(
        [
            web.post("/v1/chat/completions", answers(read_chat)),
            web.post("/v1/completions", answers(read_completions)),
            web.post("/v1/responses", answers(read_responses)),
            web.get("/v1/responses/{id}", responses.kept, allow_head=False),
            web.delete("/v1/responses/{id}", responses.kept),
            web.get("/v1/responses/{id}/input_items", responses.input_items, allow_head=False),
            web.post("/v1/embeddings", answers(read_embeddings)),
            web.post("/v1/messages", answers(read_messages)),
            web.post("/v1/messages/count_tokens", chat.count_tokens),
            web.post("/v1/route", chat.route),
            web.get("/v1/models", catalogue.models),
            web.get("/v1/models/{id:.+}", catalogue.model),
            web.get("/v1/usage", operations.usage),
            web.get("/healthz", operations.healthz),
            web.get("/readyz", operations.readyz),
            web.get("/metrics", operations.metrics),
            web.post("/admin/reload", operations.reload),
            web.get("/admin/keys", keys.listing),
            web.post("/admin/keys", keys.create),
            web.post("/admin/keys/{id}/rotate", keys.rotate),
            web.post("/admin/keys/{id}/disable", keys.disable),
            web.post("/admin/keys/{id}/enable", keys.enable),
            web.post("/admin/keys/{id}/revoke", keys.revoke),
            web.post("/admin/keys/{id}/budget", keys.budget),
            web.get("/admin/audit", keys.audit),
            web.get("/admin/budgets", operations.budgets),
        ]
    )
    return app


def answers(read: Reader) -> Handler:
    """A handler that gives answers in one format; a request with an `Idempotency-Key` gets one."""
    return once(chat.answering(read))
