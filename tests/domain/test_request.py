from routergate.domain.request import limited
from support.builders import a_request


def test_a_limit_takes_the_place_of_the_callers_under_the_same_names() -> None:
    payload = {"model": "auto", "max_tokens": 900, "top_p": 1}
    request = limited(a_request(payload=payload, limits=("max_tokens",), max_output_tokens=900), 50)
    assert request.payload == {"model": "auto", "max_tokens": 50, "top_p": 1}
    assert request.max_output_tokens == 50


def test_a_limit_that_the_caller_did_not_set_is_named_by_the_adapter() -> None:
    request = limited(a_request(payload={"model": "auto"}), 50)
    assert request.payload == {"model": "auto"}
    assert (request.limits, request.max_output_tokens) == ((), 50)


def test_no_input_has_more_tokens_than_bytes_and_media() -> None:
    assert a_request(size=100, attachment_tokens=765).most_input_tokens == 865
