from typing import Any

import pytest

from routergate.domain.model import Capability
from routergate.domain.request import limited
from support.builders import a_request

THINKING = {"type": "enabled", "budget_tokens": 8_000}


def test_a_limit_takes_the_place_of_the_callers_under_the_same_names() -> None:
    payload = {"model": "auto", "max_tokens": 900, "top_p": 1}
    request = limited(a_request(payload=payload, limits=("max_tokens",), max_output_tokens=900), 50)
    assert request.payload == {"model": "auto", "max_tokens": 50, "top_p": 1}
    assert request.max_output_tokens == 50


def test_a_limit_that_the_caller_did_not_set_is_named_by_the_adapter() -> None:
    request = limited(a_request(payload={"model": "auto"}), 50)
    assert request.payload == {"model": "auto"}
    assert (request.limits, request.max_output_tokens) == ((), 50)


@pytest.mark.parametrize(
    ("most", "thinking"),
    [
        (8_001, {"thinking": THINKING}),
        (8_000, {"thinking": {"type": "enabled", "budget_tokens": 4_000}}),
        (2_048, {"thinking": {"type": "enabled", "budget_tokens": 1_024}}),
        (2_047, {}),
    ],
)
def test_thoughts_stay_below_a_lower_limit_or_there_are_none(most: int, thinking: dict[str, Any]) -> None:
    asked = a_request(
        payload={"max_tokens": 9_000, "thinking": THINKING}, limits=("max_tokens",), thinking_tokens=8_000
    )
    assert limited(asked, most).payload == {"max_tokens": most, **thinking}


def test_no_input_has_more_tokens_than_bytes_and_media() -> None:
    sent = a_request(size=100, attachment_tokens=765)
    tools, images = frozenset({Capability.TOOLS}), frozenset({Capability.VISION})
    assert sent.most_input_tokens == 865
    assert a_request(size=100, needs=tools).most_input_tokens == 1_100
    assert a_request(size=100, attachment_tokens=765, needs=images).most_input_tokens == 100 + 64 * 765


def test_of_input_that_the_body_does_not_show_nobody_knows_the_most() -> None:
    assert a_request(size=100, hidden=True).most_input_tokens is None
