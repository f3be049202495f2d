"""The endpoints of the admin API."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from routergate.api.admin import configuration, keys, reports, revenue, session, standing
from routergate.api.admin.door import operated
from routergate.api.openapi import Endpoint, Opens

BASE: Final = "/admin/v1"
ADMIN, ANY = Opens.ADMIN, Opens.ANY
PART: Final = ("limit", "cursor")
DAYS: Final = ("since", "until")

# fmt: off
_TABLE: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/session", session.show, "Says who is asking.", ADMIN),
    Endpoint("GET", "/live", reports.live, "Sums up the day so far.", ADMIN),
    Endpoint("GET", "/spend", reports.spend, "Sums up some days, grouped.", ADMIN,
             asks=(*DAYS, "by", *reports.DIMENSIONS)),
    Endpoint("GET", "/events", reports.events, "Lists single requests, the newest first.", ADMIN,
             asks=(*DAYS, *PART, *reports.MARKS)),
    Endpoint("GET", "/events/{id}", reports.event, "Shows a request, and why it went where it went.", ADMIN,
             asks=("organisation",)),
    Endpoint("GET", "/quality", reports.quality, "Compares what routes promise with what is known.", ADMIN,
             asks=(*DAYS, "organisation")),
    Endpoint("GET", "/portfolio", reports.portfolio, "Says what models really cost.", ADMIN, asks=DAYS),
    Endpoint("GET", "/budgets", standing.budgets, "Says how budgets and limits stand.", ADMIN,
             asks=(*PART, "organisation")),
    Endpoint("GET", "/providers", standing.providers, "Says how providers do.", ADMIN, asks=PART),
    Endpoint("GET", "/prices", standing.prices, "Says what models cost, and when.", ADMIN, asks=PART),
    Endpoint("GET", "/models", standing.models, "Lists the models.", ADMIN, asks=PART),
    Endpoint("GET", "/routes", standing.routes, "Lists the routes.", ADMIN, asks=PART),
    Endpoint("GET", "/keys", keys.listing, "Lists the keys.", ADMIN, asks=PART),
    Endpoint("POST", "/keys", keys.create, "Makes a key.", ADMIN, takes=("organisation",)),
    Endpoint("POST", "/keys/{id}/rotate", keys.rotate, "Makes a key that takes over.", ADMIN, takes=()),
    Endpoint("POST", "/keys/{id}/disable", keys.disable, "Disables a key.", ADMIN),
    Endpoint("POST", "/keys/{id}/enable", keys.enable, "Enables a key.", ADMIN),
    Endpoint("POST", "/keys/{id}/revoke", keys.revoke, "Revokes a key for good.", ADMIN),
    Endpoint("POST", "/keys/{id}/budget", keys.budget, "Says what a key may spend.", ADMIN, takes=()),
    Endpoint("GET", "/audit", standing.audit, "Says who did what, the newest first.", ADMIN,
             asks=(*PART, "key")),
    Endpoint("POST", "/revenue", revenue.post, "Takes down what was earned.", ADMIN, takes=("organisation",)),
    Endpoint("GET", "/config", configuration.show, "Shows the configuration.", ADMIN),
    Endpoint("PUT", "/config", configuration.put, "Replaces the configuration.", ADMIN,
             takes=("yaml", "digest")),
    Endpoint("POST", "/config/validate", configuration.validate, "Says what another one would do.", ADMIN,
             takes=("yaml",)),
    Endpoint("POST", "/reload", configuration.reload, "Takes the configuration up anew.", ADMIN),
)
# fmt: on
UNVERSIONED: Final = frozenset({"keys", "audit", "budgets", "revenue", "reload"})
"""What was there before the API had versions, and stays."""


def _at(base: str, endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, path=base + endpoint.path, handler=operated(endpoint.handler))


ALIASES: Final[Sequence[Endpoint]] = [
    _at("/admin", one) for one in _TABLE if one.path.split("/")[1] in UNVERSIONED
]
ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("POST", f"{BASE}/session", session.begin, "Logs in.", ANY, takes=("key",)),
    Endpoint("DELETE", f"{BASE}/session", session.end, "Logs out.", ADMIN),
    *(_at(BASE, one) for one in _TABLE),
    *ALIASES,
)
