"""The API as an OpenAPI document, made from the table of its endpoints."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

VERSION: Final = "3.1.0"
JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
TEXT: Final = "text/plain"
_PARAMETER: Final = re.compile(r"\{(\w+)(?::[^}]+)?\}")


class Opens(StrEnum):
    """Which key opens an endpoint."""

    ANY = "any"
    CALLER = "caller"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path, as it is served and as it is described."""

    method: str
    path: str
    """As aiohttp has it: a parameter may bear a pattern."""
    handler: Handler
    summary: str
    opens: Opens = Opens.CALLER
    takes: tuple[str, ...] | None = None
    """The fields that its JSON body must have; `None`: it reads no body."""
    gives: tuple[str, ...] = (JSON,)
    """The types of what it answers."""
    asks: tuple[str, ...] = ()
    """The parameters that its query may have."""
    heads: bool = True
    """Whether `GET` may be asked as `HEAD`: not where a provider is asked."""

    def route(self) -> web.RouteDef:
        """The same for aiohttp."""
        if self.method == "GET":
            return web.get(self.path, self.handler, allow_head=self.heads)
        return web.route(self.method, self.path, self.handler)


SCHEMES: Final[Mapping[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "rg_session"},
}
OPENED_BY: Final[Mapping[Opens, tuple[str, ...]]] = {
    Opens.ANY: (),
    Opens.CALLER: ("bearer", "x-api-key"),
    Opens.ADMIN: ("bearer", "x-api-key", "session"),
}
ERROR: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {
                "type": {"type": "string"},
                "message": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
                "metadata": {"type": "object"},
            },
        }
    },
}
FAILED: Final[Mapping[str, Any]] = {
    "description": "An error, in the format of the endpoint.",
    "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
}


def document(endpoints: Iterable[Endpoint]) -> Mapping[str, Any]:
    """What programs read of them. Bodies may have more fields than it says: all of them are passed on."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = _PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": VERSION,
        "info": {"title": "RouterGate", "version": "1", "summary": "One API for all language models."},
        "paths": paths,
        "components": {"securitySchemes": SCHEMES, "schemas": {"Error": ERROR}},
    }


def _operation(endpoint: Endpoint) -> Mapping[str, Any]:
    answered = {"description": endpoint.summary, "content": {kind: {} for kind in endpoint.gives}}
    body = {} if endpoint.takes is None else {"requestBody": _body(endpoint.takes)}
    return {
        "summary": endpoint.summary,
        "tags": [endpoint.opens],
        "security": [{scheme: []} for scheme in OPENED_BY[endpoint.opens]],
        "parameters": [
            *(_parameter(name, "path") for name in _PARAMETER.findall(endpoint.path)),
            *(_parameter(name, "query") for name in endpoint.asks),
        ],
        **body,
        "responses": {"200": answered, "default": FAILED},
    }


def _parameter(name: str, where: str) -> Mapping[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": {"type": "string"}}


def _body(fields: tuple[str, ...]) -> Mapping[str, Any]:
    schema = {"type": "object", "required": list(fields), "additionalProperties": True}
    return {"required": bool(fields), "content": {JSON: {"schema": schema}}}
