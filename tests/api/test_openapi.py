"""The description of the API, as programs read it."""

import json
import re
from typing import Any

import pytest

from routergate.api.openapi import document
from routergate.api.server import ENDPOINTS, application
from routergate.api.services import Services
from support.stage import Caller

NOTHING: Any = None
DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(ENDPOINTS)))
OPERATIONS = [
    (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


def test_every_route_is_described() -> None:
    services = Services(**dict.fromkeys(Services.__slots__, NOTHING))
    routes = application(services, 1).router.routes()
    served = {(r.method, r.resource.canonical) for r in routes if r.resource and r.method != "HEAD"}
    assert served == {(method.upper(), path) for method, path, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_an_operation_says_what_it_takes_and_who_may_ask(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    named = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
    assert named == re.findall(r"\{(\w+)\}", path)
    assert ("requestBody" in operation) <= (method in {"post", "put"})
    logs_in = (method, path) == ("post", "/admin/v1/session")
    assert bool(operation["security"]) == (path.startswith(("/v1/", "/admin/")) and not logs_in)


def test_a_stream_is_described_as_one() -> None:
    answered = DOCUMENT["paths"]["/v1/messages"]["post"]["responses"]["200"]
    assert set(answered["content"]) == {"application/json", "text/event-stream"}


async def test_the_description_is_served_to_anybody(caller: Caller) -> None:
    reply = await caller.ask("GET", "/openapi.json", headers={"Authorization": ""})
    assert (reply.status, json.loads(reply.body)) == (200, DOCUMENT)
