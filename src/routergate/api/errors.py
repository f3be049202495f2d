"""Errors as callers see them: OpenAI's object, and a status from a table."""

import logging
from collections.abc import Mapping
from math import ceil
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from routergate.api.limits import refusal_headers
from routergate.api.services import REQUEST_ID, SERVICES, Services
from routergate.domain.errors import (
    AllProvidersThrottled,
    BodyTooLarge,
    BodyTooSlow,
    BudgetEnded,
    ClientError,
    DeadlinePassed,
    Forbidden,
    InvalidRequest,
    KeyConflict,
    MethodNotAllowed,
    NoEligibleModel,
    NotFound,
    ProviderRefused,
    RouterGateError,
    StoreUnavailable,
    Unauthenticated,
    UnknownKey,
    UnknownModel,
    UnknownResponse,
    UpstreamError,
)
from routergate.domain.format import Format
from routergate.domain.once import IdempotencyConflict, IdempotencyInProgress, IdempotencyNotKept
from routergate.domain.operator import ConfigChanged, ConfigReadOnly, TooManyTries, UnknownEvent
from routergate.domain.refusals import BudgetHeld, GuardrailRefused, NotAdmitted, OverBudget

log = logging.getLogger(__name__)

UNREADABLE: Final = "The body cannot be read: its chunks or its Content-Encoding are broken."
DEFECT: Final = "The gateway failed. The operator's log has the reason."

STATUS: Final[dict[type[Exception], int]] = {
    InvalidRequest: 400,
    ClientError: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    UnknownModel: 404,
    NotFound: 404,
    UnknownResponse: 404,
    UnknownKey: 404,
    UnknownEvent: 404,
    MethodNotAllowed: 405,
    BodyTooSlow: 408,
    KeyConflict: 409,
    IdempotencyConflict: 409,
    IdempotencyInProgress: 409,
    IdempotencyNotKept: 409,
    ConfigChanged: 409,
    ConfigReadOnly: 409,
    BodyTooLarge: 413,
    NoEligibleModel: 422,
    NotAdmitted: 429,
    TooManyTries: 429,
    UpstreamError: 502,
    AllProvidersThrottled: 429,
    DeadlinePassed: 504,
    StoreUnavailable: 503,
    RouterGateError: 500,
}
KINDS: Final[dict[int, str]] = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "server_error",
    503: "server_error",
    504: "server_error",
}
"""OpenAI's `type` by status; everything else is an `invalid_request_error`."""
ANTHROPIC_KINDS: Final[dict[int, str]] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
}
"""Anthropic's, likewise."""
ADVICE: Final[Mapping[type[Exception], Mapping[str, str]]] = {
    IdempotencyConflict: {"x-should-retry": "false"},
    IdempotencyInProgress: {"retry-after": "1"},
    IdempotencyNotKept: {"x-should-retry": "false"},
    StoreUnavailable: {"retry-after": "1"},
}
"""What clients that try again by themselves are told."""


NAMED: Final = frozenset({Format.MESSAGES, Format.RESPONSES})
"""Formats whose events, and so whose errors, bear their name."""


def status_of(error: Exception) -> int:
    """The status of the nearest class that has one."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def error_object(error: RouterGateError, spoken: Format = Format.CHAT) -> dict[str, Any]:
    """The error object of the caller's format; what more is known, as of a limit, is its `metadata`."""
    told = {"type": type_of(error, spoken), "message": str(error), "code": code_of(error)}
    if spoken is not Format.MESSAGES:
        told["param"] = getattr(error, "param", None)
    return {
        **({"type": "error"} if spoken in NAMED else {}),
        "error": {**told, "metadata": facts} if (facts := getattr(error, "facts", None)) else told,
    }


def type_of(error: RouterGateError, spoken: Format = Format.CHAT) -> str:
    """The `type` of an error in the words of a format."""
    if spoken is Format.MESSAGES:
        return ANTHROPIC_KINDS.get(status_of(error), "invalid_request_error")
    if isinstance(error, GuardrailRefused):
        return "guardrail_refused"
    if isinstance(error, OverBudget | BudgetHeld | BudgetEnded):
        return "insufficient_quota"
    return KINDS.get(status_of(error), "invalid_request_error")


def advice(error: RouterGateError) -> Mapping[str, str]:
    """How the limit in the way stands, and when to try again, as OpenAI's clients understand it."""
    wait = error.wait if isinstance(error, NotAdmitted) else getattr(error, "retry_after", None)
    standing = refusal_headers(error) if isinstance(error, NotAdmitted) else {}
    if wait is not None:
        return {**standing, "retry-after": str(ceil(wait)), "retry-after-ms": str(ceil(wait * 1000))}
    if isinstance(error, NotAdmitted):
        return {**standing, "x-should-retry": "false"}
    return ADVICE.get(type(error), {})


def code_of(error: RouterGateError) -> str | None:
    """OpenAI's `code`, or a word of ours where it has none."""
    if isinstance(error, UpstreamError):
        return f"upstream_{error.kind}"
    if isinstance(error, StoreUnavailable):
        return "store_unavailable"
    if isinstance(error, BudgetEnded):
        return "budget_ended"
    return getattr(error, "code", None)


def error_response(error: RouterGateError, spoken: Format = Format.CHAT) -> web.Response:
    """The whole answer to a request that failed. A provider's own refusal is passed on as it came."""
    if isinstance(error, ProviderRefused):
        return web.Response(status=error.status, body=error.body, content_type=error.content_type)
    return web.Response(
        status=status_of(error),
        headers=advice(error),
        body=msgspec.json.encode(error_object(error, spoken)),
        content_type="application/json",
    )


def in_band(error: RouterGateError, spoken: Format = Format.CHAT) -> bytes:
    """The last event of a stream that broke off: the status line is gone, this is all that is left."""
    name = b"event: error\n" if spoken in NAMED else b""
    return name + b"data: " + msgspec.json.encode(error_object(error, spoken)) + b"\n\n"


def _spoken(path: str) -> Format:
    """The format in which whoever asks there wants errors."""
    return Format.MESSAGES if path.startswith("/v1/messages") else Format.CHAT


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure becomes an error object, one log line without the prompt, and a count."""
    services = request.app[SERVICES]
    request[REQUEST_ID] = services.new_id()
    services.concerns(request[REQUEST_ID])
    try:
        return await handler(request)
    except RouterGateError as error:
        return told(services, request, error)
    except web.HTTPException as error:
        response = told(services, request, _foreign(request, error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except web.RequestPayloadError:
        response = told(services, request, InvalidRequest(UNREADABLE))
        response.force_close()  # nobody knows where the next request would begin
        return response
    except ConnectionError:
        raise
    except Exception:
        if request.writer.output_size > 0:
            raise
        # A traceback names lines of code; it holds no values, so no prompt.
        log.exception("a defect", extra={"path": request.path})
        return told(services, request, RouterGateError(DEFECT))


async def signed(request: web.Request, response: web.StreamResponse) -> None:
    """A hook: every answer, streamed or not, is signed before it goes."""
    sign(request, response)


def sign(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Say which request the answer belongs to, and who gave it."""
    response.headers["x-request-id"] = request[REQUEST_ID]
    if _spoken(request.path) is Format.MESSAGES:
        response.headers["request-id"] = request[REQUEST_ID]  # where Anthropic's clients look for it
    response.headers["Server"] = "routergate"


def told(services: Services, request: web.BaseRequest, error: RouterGateError) -> web.Response:
    """The answer to a request that failed; it is logged and counted."""
    response = error_response(error, _spoken(request.path))
    code = code_of(error) or "-"
    level = logging.WARNING if response.status >= 500 else logging.INFO
    facts = {"status": response.status, "code": code, "path": request.path}
    # Only what is nobody's fault here is told in full: the others' words may be the caller's own.
    what = str(error) if isinstance(error, UpstreamError | StoreUnavailable) else type(error).__name__
    log.log(level, "request failed: %s", what, extra=facts)
    services.refused(response.status, code)
    if isinstance(error, NotAdmitted):
        services.not_admitted(error.denied.line.counter.scope, error.reason)
    return response


def _foreign(request: web.Request, error: web.HTTPException) -> RouterGateError:
    """aiohttp's own refusals, in our words."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return MethodNotAllowed(f"{request.method} is not allowed here; use {allowed}.")
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return BodyTooLarge(
            f"The body is larger than the {request.client_max_size} bytes that this gateway takes. "
            "Send less, or ask its operator to raise 'server.max_body_mb'."
        )
    if isinstance(error, web.HTTPNotFound):
        return NotFound(
            f"Unknown request URL: {request.method} {request.path}. A client's base URL ends in /v1."
        )
    return InvalidRequest(f"The request cannot be read: {error.reason}.")
