"""Failures of providers in the log."""

import logging

import pytest

from routergate.domain.errors import ProviderBroken, ProviderUnreachable, UpstreamError
from routergate.providers.status import reported


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
