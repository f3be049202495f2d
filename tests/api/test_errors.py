import json

import pytest

from routergate.api.errors import advice, error_object, error_response, in_band
from routergate.domain.errors import (
    AllProvidersFailed,
    BodyTooLarge,
    BodyTooSlow,
    ContextTooLong,
    Forbidden,
    InvalidRequest,
    MethodNotAllowed,
    NoEligibleModel,
    NotFound,
    ProviderRefused,
    RouterGateError,
    StoreUnavailable,
    StreamBroken,
    Unauthenticated,
    UnknownModel,
    UnsupportedContentType,
)
from routergate.domain.format import Format
from routergate.domain.refusals import OverBudget
from routergate.domain.reservation import Denied, Standing
from support.restraints import a_line

TABLE: list[tuple[RouterGateError, int, str, str | None]] = [
    (InvalidRequest("x"), 400, "invalid_request_error", None),
    (UnsupportedContentType("x"), 400, "invalid_request_error", "unsupported_content_type"),
    (ContextTooLong("x"), 400, "invalid_request_error", "context_length_exceeded"),
    (Unauthenticated("x"), 401, "authentication_error", "invalid_api_key"),
    (Forbidden("x"), 403, "permission_error", "not_allowed"),
    (UnknownModel("x"), 404, "invalid_request_error", "model_not_found"),
    (NotFound("x"), 404, "invalid_request_error", "unknown_url"),
    (MethodNotAllowed("x"), 405, "invalid_request_error", "method_not_allowed"),
    (BodyTooLarge("x"), 413, "invalid_request_error", "request_too_large"),
    (NoEligibleModel("x"), 422, "invalid_request_error", "no_eligible_model"),
    (RouterGateError("x"), 500, "server_error", None),
    (AllProvidersFailed("x"), 502, "server_error", "upstream_exhausted"),
    (StreamBroken("x"), 502, "server_error", "upstream_cut"),
    (StoreUnavailable("x"), 503, "server_error", "store_unavailable"),
    (BodyTooSlow("x"), 408, "invalid_request_error", "request_timeout"),
]


@pytest.mark.parametrize(("error", "status", "kind", "code"), TABLE)
def test_an_error_is_openais_object(error: RouterGateError, status: int, kind: str, code: str | None) -> None:
    response = error_response(error)
    assert (response.status, response.content_type) == (status, "application/json")
    assert isinstance(response.body, bytes)
    assert json.loads(response.body) == {"error": {"message": "x", "type": kind, "param": None, "code": code}}


def test_an_error_names_the_parameter_that_is_at_fault() -> None:
    assert error_object(InvalidRequest("x", param="messages[0].role"))["error"]["param"] == "messages[0].role"


def test_a_providers_refusal_is_passed_on_as_it_came() -> None:
    refused = ProviderRefused("x", status=422, body=b"their words", content_type="text/plain")
    response = error_response(refused)
    assert (response.status, response.body, response.content_type) == (422, b"their words", "text/plain")


def test_in_a_stream_an_error_is_an_event() -> None:
    event = in_band(StreamBroken("x\ny"))
    assert event.startswith(b"data: {")
    assert event.endswith(b"}\n\n")
    assert event.count(b"\n") == 2
    assert json.loads(event.removeprefix(b"data: "))["error"]["code"] == "upstream_cut"


@pytest.mark.parametrize(
    ("spoken", "kind"), [(Format.CHAT, "insufficient_quota"), (Format.MESSAGES, "rate_limit_error")]
)
def test_whose_limit_is_in_the_way_is_told_in_every_format(spoken: Format, kind: str) -> None:
    denied = Denied(line=a_line(1, 1), standing=Standing(spent=1, held=0), wait=0.0)
    refused = OverBudget("x", denied=denied, facts={"scope": "team"})
    error = error_object(refused, spoken)["error"]
    assert (error["type"], error["code"], error["metadata"]) == (kind, "budget_exceeded", {"scope": "team"})
    assert advice(refused)["x-should-retry"] == "false"
