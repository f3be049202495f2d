"""The web application: which path leads where."""

from aiohttp import web

from routergate.api import catalogue, chat, keys, operations
from routergate.api.errors import errors, signed
from routergate.api.idempotency import marked, once
from routergate.api.services import SERVICES, Services


def application(services: Services, max_body_bytes: int) -> web.Application:
    """Everything that the gateway answers to."""
    app = web.Application(client_max_size=max_body_bytes, middlewares=[errors])
    app[SERVICES] = services
    app.on_response_prepare.append(signed)
    app.on_response_prepare.append(marked)
    app.add_routes(
        [
            web.post("/v1/chat/completions", once(chat.chat)),
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
