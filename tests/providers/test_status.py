"""What providers' answers mean, and what the log says of them."""

import json
import logging
import time
from email.utils import formatdate
from typing import Any

import pytest

from routergate.domain.errors import (
    ContentFiltered,
    ContextExceeded,
    ProviderBroken,
    ProviderRefused,
    ProviderUnreachable,
    UpstreamError,
)
from routergate.providers.status import failure, refusal, reported, retry_after


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": "context_length_exceeded", "message": "Too long."}}, ContextExceeded),
        ({"type": "error", "error": {"message": "prompt is too long: 210000 tokens"}}, ContextExceeded),
        ({"error": {"code": "content_filter", "message": "No."}}, ContentFiltered),
        ({"error": {"code": None, "message": "Azure's content management policy."}}, ContentFiltered),
        ({"error": {"code": "invalid_value", "message": "content_type?"}}, ProviderRefused),
    ],
)
def test_a_refusal_is_known_by_its_reason(body: Any, kind: type[ProviderRefused]) -> None:
    refused = refusal(400, json.dumps(body).encode(), "application/json")
    assert type(refused) is kind
    assert (refused.status, json.loads(refused.body)) == (400, body)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"object": "error", "message": "The maximum context length is 8."}, ContextExceeded, "length is 8"),
        ({"error": "maximum context length"}, ContextExceeded, "maximum context length"),
        ({"detail": "Unexpected fields: {'brand_new'}"}, ProviderRefused, "brand_new"),
        ({"detail": [{"loc": ["body", "n"], "msg": "no number"}]}, ProviderRefused, '"msg":"no number"'),
        ({"weather": "fine"}, ProviderRefused, '{"weather":"fine"}'),
        (["context_length_exceeded"], ProviderRefused, "did not say why"),
        ("no", ProviderRefused, "did not say why"),
    ],
)
def test_a_refusal_without_an_error_object_gets_one(
    body: Any, kind: type[ProviderRefused], words: str
) -> None:
    refused = refusal(422, json.dumps(body).encode(), "text/plain")
    error = json.loads(refused.body)["error"]
    assert (type(refused), refused.content_type, set(error)) == (
        kind,
        "application/json",
        {"message", "type", "param", "code"},
    )
    assert words in error["message"]


def test_a_refusal_that_is_not_json_is_a_refusal() -> None:
    refused = refusal(400, b"<html>context window", "text/html")
    assert type(refused) is ProviderRefused
    assert "html" not in refused.body.decode()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": formatdate(0)}, 0.0),
    ],
)
def test_a_wish_to_be_left_alone_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_wish_may_be_a_date() -> None:
    seconds = retry_after({"retry-after": formatdate(time.time() + 100)})
    assert seconds is not None
    assert 50 < seconds <= 100


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_keeps_the_wish(status: int) -> None:
    assert failure(status, 3.0).retry_after == 3.0


def test_an_operator_reads_whose_failure_it_was_and_why(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(UpstreamError),
        reported("gpus"),
    ):
        raise ProviderUnreachable("the provider cannot be reached") from ConnectionRefusedError("port 8000")
    assert caplog.messages == ["provider gpus: the provider cannot be reached (port 8000)"]


def test_a_cause_that_may_quote_a_request_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(UpstreamError),
        reported("gpus"),
    ):
        raise ProviderBroken("the provider failed (500)") from ValueError("tell me about my rash")
    assert caplog.messages == ["provider gpus: the provider failed (500)"]
